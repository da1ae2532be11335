"""Which days are worked: weekends, public holidays, and the weekend days that make up for them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_LIBRARY = Path(__file__).with_name("holiday_years")
_SATURDAY = 5


class Rest(Strict):
    """Days off that follow each other, both ends included."""

    from_: dt.date = Field(alias="from")
    to: dt.date

    @model_validator(mode="after")
    def _ascending(self) -> "Rest":
        if self.from_ > self.to:
            raise ValueError("'from' is after 'to'")
        return self


class HolidayFile(Strict):
    """A file of holidays: of the library by year, or an estate's `holidays.yaml`."""

    source: str
    rest: Sequence[Rest] = ()
    work: Sequence[dt.date] = ()


@dataclass(frozen=True)
class Holidays:
    """The days that differ from the week."""

    rest: frozenset[dt.date] = frozenset()
    work: frozenset[dt.date] = frozenset()

    def is_rest(self, day: dt.date) -> bool:
        """Whether a day is not worked; a year without a file has its weekends only."""
        if day in self.work:
            return False
        return day in self.rest or day.weekday() >= _SATURDAY

    def unknown_years(self, first: dt.date, last: dt.date) -> list[int]:
        """The years of some days of which only the weekends are known."""
        known = {day.year for day in self.rest}
        return [year for year in range(first.year, last.year + 1) if year not in known]


def load_holidays(estate_folder: Path | None = None) -> Holidays:
    """The holidays of the library, and an estate's own over them.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    files = sorted(_LIBRARY.glob("*.yaml"))
    if estate_folder is not None and (own := estate_folder / "holidays.yaml").exists():
        files.append(own)
    rest: set[dt.date] = set()
    work: set[dt.date] = set()
    faults: list[Fault] = []
    for path in files:
        try:
            document = read_yaml(path)
        except InvalidConfigError as error:
            faults += error.faults
            continue
        try:
            file = HolidayFile.model_validate(document.data)
        except ValidationError as error:
            faults += from_validation(error, path, document.lines, model=HolidayFile)
            continue
        off = {day for one in file.rest for day in _days(one)}
        rest, work = (rest | off) - set(file.work), (work - off) | set(file.work)
    if faults:
        raise InvalidConfigError(faults)
    return Holidays(frozenset(rest), frozenset(work))


def _days(rest: Rest) -> list[dt.date]:
    count = (rest.to - rest.from_).days + 1
    return [rest.from_ + dt.timedelta(days=n) for n in range(count)]
