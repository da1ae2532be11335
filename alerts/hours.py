"""The times at which a route holds: hours, weekdays, holidays, on the wall of the estate."""

import datetime as dt
from typing import Annotated

from pydantic import Field

from alerts.duty import Calendar, minutes
from alerts.targets import Several
from device_configs.quantities import Strict

_SPAN = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"


class Hours(Strict):
    """When a route holds; what is not given is not asked."""

    hours: Annotated[tuple[Annotated[str, Field(pattern=_SPAN)], ...], Several] = ()
    """`08:00-18:00`; over midnight `20:00-08:00`."""
    weekdays: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Several] = ()
    """1 is Monday."""
    working: bool | None = None
    """Working days by the calendar of the duty list (holidays and 调休), or the others."""

    def holds(self, local: dt.datetime, calendar: Calendar) -> bool:
        """Whether it holds at a moment on the wall."""
        return (
            (not self.hours or any(_within(span, local) for span in self.hours))
            and (not self.weekdays or local.isoweekday() in self.weekdays)
            and (self.working is None or self.working == calendar.working(local.date()))
        )


def _within(span: str, local: dt.datetime) -> bool:
    start, end = (minutes(one) for one in span.split("-"))
    now = local.hour * 60 + local.minute
    return start <= now < end if start < end else now >= start or now < end
