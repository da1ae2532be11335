"""The history of points as the interface gives it: as JSON, and as a table to be kept."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from api.items import moment
from api.schemas import Series, SeriesPoint
from ingest.stores.store import Reading
from reports.render_csv import table_csv

CSV = "text/csv; charset=utf-8"
Readings = Mapping[str, Sequence[Reading]]


def to_series(found: Readings, unit_of: Callable[[str], str]) -> Series:
    """Readings by point, in the interface's shape."""
    return Series(
        points={
            name: SeriesPoint(
                unit=unit_of(name),
                data=[
                    (moment(reading.at), reading.value, reading.quality.value)
                    for reading in readings
                ],
            )
            for name, readings in found.items()
        }
    )


def series_name(device: str) -> str:
    """What the file is called; of a part, its slash cannot stand in a name."""
    return f"{device.replace('/', '_')}.csv"


def series_csv(device: str, found: Readings, unit_of: Callable[[str], str], zone: dt.tzinfo) -> str:
    """One line a value, in the order of the points and then of time; an unknown one is empty."""

    def local(at: int) -> str:
        return moment(at).astimezone(zone).isoformat(timespec="milliseconds")

    return table_csv(
        ("device", "point", "time", "value", "unit", "quality"),
        (
            (device, name, local(one.at), _cell(one.value), unit_of(name), one.quality.value)
            for name, readings in found.items()
            for one in readings
        ),
    )


def _cell(value: float | bool | str | None) -> float | str | None:
    return str(value).lower() if isinstance(value, bool) else value
