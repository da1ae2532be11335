"""The shapes of data quality."""

import datetime as dt

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.schemas import Labelled, Shape
from reports.quality import By

_FIGURES: JsonDict = {
    "devices": 1,
    "completeness": 0.982,
    "online": 0.9931,
    "fresh": 1,
    "good": 84845,
    "due": 86400,
    "suspect": {"out_of_range": 12},
    "missing": {"no_answer": 720},
    "counted_minutes": 1440,
    "down_minutes": 10,
    "stored_days": 0,
}
_QUALITY: JsonDict = {
    "by": "device",
    "first": "2026-11-24",
    "last": "2026-11-24",
    "timezone": "Asia/Shanghai",
    "until": "2026-11-24T16:00:00Z",
    "count": 1,
    "items": [
        {
            "key": "m1",
            "name": {"zh": "总表", "en": "Main meter"},
            "figures": _FIGURES,
            "days": {
                "2026-11-24": {
                    "completeness": 0.982,
                    "online": 0.9931,
                    "down_minutes": 10,
                    "stored_days": 0,
                    "suspect": {},
                    "missing": {},
                },
            },
            "heard_at": "2026-11-24T15:59:58Z",
            "allowed_s": 30.0,
        }
    ],
    "total": _FIGURES,
}


class QualityFigures(Shape):
    """How good the data of some devices was; the shares are 0 to 1, null where unknown."""

    devices: int
    """Those of which anything is known."""
    completeness: float | None
    """Good readings of those due; of a device that reports, the time a good value covers."""
    online: float | None
    """The time in which a device was heard within its allowed silence."""
    fresh: int
    """Devices whose newest value was not too old at the end."""
    good: int
    due: int
    """Readings; of devices that are polled."""
    suspect: dict[str, int]
    """Values by reason."""
    missing: dict[str, int]
    """Values by reason."""
    counted_minutes: int
    """Of all devices together."""
    down_minutes: int
    """In which sitewatch was not running; they count as not covered."""
    stored_days: int
    """Days of devices that were counted again from the stored readings: because of an import, or
    of what came too late for its day."""


class QualityCell(Shape):
    """One day of one row."""

    completeness: float | None
    online: float | None
    down_minutes: int
    stored_days: int
    """Devices of the row whose day was counted again from the stored readings."""
    suspect: dict[str, int]
    missing: dict[str, int]
    """Values by reason; only where `device` is asked for."""


class QualityItem(Shape):
    """One device, site, kind, line or day."""

    key: str
    name: Labelled
    figures: QualityFigures | None
    """Null where nothing is known."""
    days: dict[str, QualityCell]
    """By date, those that are known."""
    heard_at: dt.datetime | None
    """When the device was last heard, by the end of the period."""
    allowed_s: float | None
    """How long the device may be silent. [s]"""


class Quality(Shape):
    """`GET quality`: the worst first, days in their order."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [_QUALITY]},
    )

    by: By
    first: dt.date
    last: dt.date
    timezone: str
    until: dt.datetime | None
    """The figures hold until here; null while nothing is booked."""
    count: int
    """All rows there are; `items` has the first `limit` of them."""
    items: list[QualityItem]
    total: QualityFigures | None
