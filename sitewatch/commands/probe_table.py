"""How a probed device looks on a terminal."""

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from collectors.probe import ProbedPoint, ProbeQuality
from collectors.recorded_registers import MadeRequest
from collectors.sample import Value

STYLES = {ProbeQuality.GOOD: "", ProbeQuality.BAD: "yellow", ProbeQuality.MISSING: "dim"}
_WORDS = 6
"""Words that are shown of a long text. The JSON document has them all."""


def device_table(points: Mapping[str, ProbedPoint]) -> Table:
    """The points of one device."""
    table = plain_table("point", ">value", "unit", "quality", "raw words")
    for name, point in points.items():
        table.add_row(
            name, value_text(point.value), point.unit, quality_text(point), words_text(point.raw)
        )
    return table


def request_table(requests: Sequence[MadeRequest]) -> Table:
    """The requests of one reading."""
    table = plain_table(">function", ">address", ">count", ">ms", "error")
    for request in requests:
        table.add_row(
            str(request.function), str(request.address), str(request.count),
            f"{request.ms:.1f}", request.error or "",
        )  # fmt: skip
    return table


def plain_table(*columns: str) -> Table:
    """A table without frames, so that a line can be copied; `>` aligns a column to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left")
    return table


def value_text(value: Value) -> str:
    """A value as a person reads it: not more digits than a measurement has."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.7g}" if isinstance(value, float) and abs(value) < 1e7 else str(value)


def quality_text(point: ProbedPoint) -> Text:
    """The quality with its reason."""
    reason = f": {point.reason.value.replace('_', ' ')}" if point.reason else ""
    return Text(point.quality.value + reason, style=STYLES[point.quality])


def words_text(words: Sequence[int]) -> str:
    """Registers in hexadecimal, as protocol documents write them."""
    shown = " ".join(f"{word:04X}" for word in words[:_WORDS])
    return f"{shown} ... ({len(words)})" if len(words) > _WORDS else shown
