"""Energy and temperature from a file that somebody sends: rows of time, kWh and degC."""

import csv
import datetime as dt
import io
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.energy_model import Observation

_NAMES: Mapping[str, frozenset[str]] = {
    "time": frozenset({"time", "timestamp", "datetime", "date", "start", "时间", "日期"}),
    "energy": frozenset({"kwh", "energy", "electricity", "usage", "consumption", "observed",
                         "meter_reading", "value", "电量", "用电量"}),
    "temperature": frozenset({"temperature", "temp", "air_temperature", "airtemperature", "oat",
                              "t_out", "tout", "气温", "温度"}),
}  # fmt: skip
_UNKNOWN = frozenset({"", "na", "nan", "null", "none", "-", "—"})
_FORMS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%m/%d/%Y %H:%M", "%m/%d/%Y")


class EnergyFileError(Exception):
    """A file of energy and temperature that cannot be read; the message names the line."""


@dataclass(frozen=True)
class EnergyRow:
    """One row."""

    start: dt.datetime
    energy: float
    """[kWh]; NaN where it is not given."""
    temperature: float
    """[degC]; NaN where it is not given."""


def read_energy(text: str, *, fahrenheit: bool = False) -> list[EnergyRow]:
    """Read rows in order of time.

    The first line names the columns: a time, an energy in kWh and a temperature; others are left
    alone. An empty cell is unknown.

    Raises:
        EnergyFileError: a column is missing, or a cell cannot be read.
    """
    lines = text.removeprefix("\ufeff")
    delimiter = max(",;\t", key=lines.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    places = {what: _place(header, what) for what in _NAMES}
    rows = []
    for number, cells in enumerate(reader, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < len(header):
            raise EnergyFileError(f"line {number} has {len(cells)} cells, not {len(header)}")
        start = _time(cells[places["time"]], number)
        warm = _number(cells[places["temperature"]], number, header[places["temperature"]])
        used = _number(cells[places["energy"]], number, header[places["energy"]])
        rows.append(EnergyRow(start, used, (warm - 32) / 1.8 if fahrenheit else warm))
    if len({row.start.tzinfo is None for row in rows}) > 1:
        raise EnergyFileError("some times have a zone and others have none")
    return sorted(rows, key=lambda row: row.start)


def _place(header: Sequence[str], what: str) -> int:
    found = [n for n, name in enumerate(header) if name.split("[")[0].split("(")[0].strip()
             in _NAMES[what]]  # fmt: skip
    if len(found) != 1:
        many = "more than one" if found else "no"
        known = ", ".join(sorted(_NAMES[what]))
        raise EnergyFileError(f"line 1 names {many} column of {what}; it may be called {known}")
    return found[0]


def _time(cell: str, line: int) -> dt.datetime:
    text = cell.strip()
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - local time, as in the file
        except ValueError:
            continue
    raise EnergyFileError(f"line {line}: {text!r} is no time like 2026-11-25 14:00")


def _number(cell: str, line: int, column: str) -> float:
    text = cell.strip()
    if text.lower() in _UNKNOWN:
        return math.nan
    try:
        found = float(text)
    except ValueError:
        raise EnergyFileError(f"line {line}: {text!r} in {column!r} is no number") from None
    return found if math.isfinite(found) else math.nan


def by_step(
    rows: Sequence[EnergyRow], step: str, is_rest: Callable[[dt.date], bool]
) -> list[Observation]:
    """Add rows up to days or hours; a step of which a row is missing or unknown is unknown.

    How many rows a step has is what most steps have.
    """
    buckets: dict[dt.datetime, list[EnergyRow]] = {}
    for row in rows:
        hour = 0 if step == "day" else row.start.hour
        start = row.start.replace(hour=hour, minute=0, second=0, microsecond=0)
        buckets.setdefault(start, []).append(row)
    if not buckets:
        return []
    usual = Counter(len(each) for each in buckets.values()).most_common(1)[0][0]
    found = []
    for start, each in sorted(buckets.items()):
        warm = [row.temperature for row in each if math.isfinite(row.temperature)]
        used = [row.energy for row in each]
        whole = len(each) == usual and all(math.isfinite(one) for one in used)
        found.append(
            Observation(
                start,
                math.fsum(used) if whole else math.nan,
                math.fsum(warm) / len(warm) if len(warm) * 4 >= usual * 3 else math.nan,
                is_rest(start.date()),
            )
        )
    return found
