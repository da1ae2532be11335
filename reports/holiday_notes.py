"""What a report says of years whose public holidays are not known."""

import datetime as dt
from collections.abc import Iterator

from device_configs.holidays import Holidays
from reports.document import Note
from reports.periods import Period


def holiday_notes(holidays: Holidays, *periods: Period) -> Iterator[Note]:
    """A note for each year of some periods of which only the weekends are known."""
    a_day = dt.timedelta(days=1)
    years = {
        year
        for period in periods
        for year in holidays.unknown_years(period.start.date(), (period.end - a_day).date())
    }
    for year in sorted(years):
        yield Note("holidays_unknown", {"year": str(year)})
