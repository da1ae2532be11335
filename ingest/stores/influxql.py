"""Questions in InfluxQL and what the answers mean.

InfluxQL on `/query` is the one language that InfluxDB 1, 2 and 3 all answer. Source: InfluxDB OSS
v1 documentation, "Influx Query Language (InfluxQL) reference".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.sample import Quality, Value
from ingest.stores.line_protocol import LAG_FIELD, NO_REASON, NS_PER_MS, REASON_SUFFIX
from ingest.stores.store import Aggregate, LatestValue, Reading

_FUNCTIONS = {
    Aggregate.MEAN: "mean",
    Aggregate.MIN: "min",
    Aggregate.MAX: "max",
    Aggregate.LAST: "last",
    Aggregate.COUNT: "count",
}

Rows = Sequence[Mapping[str, Any]]


def identifier(name: str) -> str:
    """A quoted name of a measurement, field or database."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """A quoted string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class Span:
    """The readings of one device in a time."""

    kind: str
    device: str
    start: int
    """[ms, UTC]"""
    end: int
    """Not included. [ms, UTC]"""

    @property
    def where(self) -> str:
        """The condition of a question."""
        return (
            f'FROM {identifier(self.kind)} WHERE "device" = {literal(self.device)}'
            f" AND time >= {self.start}ms AND time < {self.end}ms"
        )


def raw(span: Span, point: str, limit: int) -> str:
    """Ask for every reading of a point."""
    value, reason = identifier(point), identifier(point + REASON_SUFFIX)
    return f"SELECT {value} AS v, {reason} AS r {span.where} LIMIT {limit}"


def stepped(
    span: Span, point: str, step_ms: int, aggregate: Aggregate, field_type: str | None, limit: int
) -> tuple[str, str]:
    """Ask for one value a step, and beside it how many readings were suspect or missing."""
    function = _FUNCTIONS[aggregate]
    if field_type != "float" and aggregate is not Aggregate.COUNT:
        function = "last"
    value, reason = identifier(point), identifier(point + REASON_SUFFIX)
    by = f"GROUP BY time({step_ms}ms, {span.start % step_ms}ms) fill(none) LIMIT {limit}"
    marked = f"SELECT {value} AS v, {reason} AS r {span.where} AND {reason} =~ /./"
    return (
        f"SELECT {function}({value}) AS v {span.where} {by}",
        f"SELECT count(v) AS suspect, count(r) AS marked FROM ({marked})"
        f" WHERE time >= {span.start}ms AND time < {span.end}ms {by}",
    )


def newest(kind: str, point: str) -> tuple[str, str]:
    """Ask for the newest value, and for the newest reason, of a point of each device."""
    value, reason, lag = (identifier(name) for name in (point, point + REASON_SUFFIX, LAG_FIELD))
    source = f'FROM {identifier(kind)} GROUP BY "device"'
    return (
        f"SELECT last({value}) AS v, {reason} AS r, {lag} AS l {source}",
        f"SELECT last({reason}) AS r, {value} AS v, {lag} AS l {source}",
    )


def rows(result: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, str], Mapping[str, Any]]]:
    """The rows of one statement's answer, each with the tags of its series."""
    for series in result.get("series", ()):
        tags, columns = series.get("tags", {}), series["columns"]
        for values in series.get("values", ()):
            yield tags, dict(zip(columns, values, strict=True))


def _value(value: Value) -> Value:
    """JSON writes the float 1.0 as 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return float(value)


def _quality(value: Value, reason: str | None) -> Quality:
    if value is None:
        return Quality.MISSING
    return Quality.GOOD if reason is None else Quality.SUSPECT


def readings(result: Mapping[str, Any]) -> list[Reading]:
    """The answer to `raw`."""
    return [
        Reading(
            row["time"] // NS_PER_MS, _value(row.get("v")), _quality(row.get("v"), row.get("r"))
        )
        for _, row in rows(result)
    ]


def steps(
    values: Mapping[str, Any], marks: Mapping[str, Any], aggregate: Aggregate, limit: int
) -> list[Reading]:
    """The answers to `stepped`."""
    found: dict[int, Reading] = {}
    suspect: set[int] = set()
    for _, row in rows(marks):
        at = row["time"] // NS_PER_MS
        if row.get("suspect"):
            suspect.add(at)
        empty = 0 if aggregate is Aggregate.COUNT else None
        found[at] = Reading(at, empty, Quality.MISSING)
    for _, row in rows(values):
        at = row["time"] // NS_PER_MS
        quality = Quality.SUSPECT if at in suspect else Quality.GOOD
        value = row["v"] if aggregate is Aggregate.COUNT else _value(row["v"])
        found[at] = Reading(at, value, quality)
    return [found[at] for at in sorted(found)][:limit]


def newest_values(
    point: str, values: Mapping[str, Any], reasons: Mapping[str, Any]
) -> list[LatestValue]:
    """The answers to `newest`: of value and reason the newer one, for each device."""
    found: dict[str, Mapping[str, Any]] = {}
    for result in (values, reasons):
        for tags, row in rows(result):
            # Version 3 gives a tag that is grouped by as a column in some of its releases.
            device = tags.get("device") or row["device"]
            if device not in found or row["time"] > found[device]["time"]:
                found[device] = row
    return [_latest(device, point, row) for device, row in found.items()]


def _latest(device: str, point: str, row: Mapping[str, Any]) -> LatestValue:
    at, value, lag = row["time"] // NS_PER_MS, _value(row.get("v")), row.get("l")
    said = row.get("r")
    reason = None if said == NO_REASON else said
    quality = _quality(value, reason)
    if lag is None:
        return LatestValue(device, point, value, quality, reason, None, at)
    return LatestValue(device, point, value, quality, reason, at, at + int(lag))
