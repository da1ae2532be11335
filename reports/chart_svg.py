"""A report's chart as SVG, for what prints it; lengths are in pixels."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from reports.document import Chart, ChartKind, Report, Weight
from reports.forms import forms
from reports.frame import cell_exact, cell_text
from reports.report_texts import report_texts
from reports.texts import Language, in_language

FONT = "Noto Sans CJK SC"
COLOURS = ("#1F4E79", "#E07B39", "#3A9D6E", "#C2A500", "#7B5EA7", "#C0504D", "#4BACC6", "#7F7F7F")
WIDTH, HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 26, 34, 34
_LABELS = 10
"""Most labels along the axis."""
_TICKS = 5

Values = Sequence[float | None]


@dataclass(frozen=True)
class _Plot:
    """The figures and how they become places."""

    names: Sequence[str]
    series: Sequence[Values]
    low: float
    high: float
    step: float

    @property
    def slot(self) -> float:
        """Width of one step along the axis."""
        return (WIDTH - _LEFT - _RIGHT) / max(len(self.names), 1)

    def x(self, place: float) -> float:
        return _LEFT + place * self.slot

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def has_figures(report: Report, chart: Chart) -> bool:
    """Whether there is anything to draw; axes without a figure would look like nothing used."""
    sheet = report.sheet(chart.sheet)
    places = [n for n, column in enumerate(sheet.columns) if column.key in chart.series]
    return any(
        cell_exact(row.cells[place], sheet.columns[place].form) is not None
        for row in sheet.rows
        if row.weight is Weight.NORMAL
        for place in places
    )


def chart_svg(report: Report, chart: Chart, language: Language) -> str:
    """The chart; what is unknown is a gap."""
    sheet = report.sheet(chart.sheet)
    keys = [column.key for column in sheet.columns]
    rows = [row for row in sheet.rows if row.weight is Weight.NORMAL]
    x = keys.index(chart.x)
    names = [cell_text(row.cells[x], sheet.columns[x].form, language) for row in rows]
    places = [keys.index(key) for key in chart.series]
    series: list[Values] = []
    for place in places:
        found = [cell_exact(row.cells[place], sheet.columns[place].form) for row in rows]
        series.append([None if one is None else float(one) for one in found])
    plot = _Plot(names, series, *_scale(chart.kind, series))
    unit = forms()[sheet.columns[places[0]].form].unit if places else None
    labels = [in_language(report_texts(report.kind).columns[key], language) for key in chart.series]
    drawn = _lines(plot) if chart.kind is ChartKind.LINE else _bars(plot, chart.kind)
    inside = [
        *_grid(plot), *drawn, *_axis(plot),
        *_legend(labels, "" if unit is None else in_language(unit, language)),
    ]  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{FONT}" font-size="11">{"".join(inside)}</svg>'
    )


def _scale(kind: ChartKind, series: Sequence[Values]) -> tuple[float, float, float]:
    """Lowest and highest place of the axis and the step of its marks; 0 is always on it."""
    if kind is ChartKind.STACKED:
        columns = list(zip(*series, strict=True))
        ends = [sum(v for v in column if v is not None and v > 0) for column in columns]
        ends += [sum(v for v in column if v is not None and v < 0) for column in columns]
    else:
        ends = [value for values in series for value in values if value is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    if low == high:
        return 0.0, 1.0, 0.2
    raw = (high - low) / _TICKS
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.9999)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _grid(plot: _Plot) -> Iterator[str]:
    count = round((plot.high - plot.low) / plot.step)
    digits = max(0, -math.floor(math.log10(plot.step) + 1e-9))
    digits += 1 if f"{plot.step * 10**digits:.3g}".startswith("2.5") else 0
    for mark in range(count + 1):
        value = plot.low + mark * plot.step
        y = plot.y(value)
        colour = "#808080" if abs(value) < plot.step / 2 else "#DDDDDD"
        yield (
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-width="0.7"/>'
        )
        yield _text(_LEFT - 6, y + 4, f"{value + 0.0:,.{digits}f}", "end")


def _axis(plot: _Plot) -> Iterator[str]:
    every = max(1, math.ceil(len(plot.names) / _LABELS))
    for place in range(0, len(plot.names), every):
        name = plot.names[place]
        short = name if len(name) <= 12 else name[:11] + "…"
        yield _text(plot.x(place + 0.5), HEIGHT - _BOTTOM + 18, short, "middle")


def _legend(labels: Sequence[str], unit: str) -> Iterator[str]:
    yield _text(_LEFT - 6, 16, unit, "end")
    x = float(_LEFT)
    for place, label in enumerate(labels):
        colour = COLOURS[place % len(COLOURS)]
        yield f'<rect x="{x:.1f}" y="7" width="10" height="10" fill="{colour}"/>'
        yield _text(x + 15, 16, label, "start")
        x += 30 + sum(11 if ord(one) > 0x2E80 else 6.5 for one in label)


def _lines(plot: _Plot) -> Iterator[str]:
    for number, values in enumerate(plot.series):
        colour = COLOURS[number % len(COLOURS)]
        for stretch in _known(values):
            points = " ".join(f"{plot.x(at + 0.5):.1f},{plot.y(v):.1f}" for at, v in stretch)
            yield (
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6" '
                'stroke-linecap="round"/>'
            )
            if len(stretch) == 1:
                at, value = stretch[0]
                yield (
                    f'<circle cx="{plot.x(at + 0.5):.1f}" cy="{plot.y(value):.1f}" r="2" '
                    f'fill="{colour}"/>'
                )


def _known(values: Values) -> list[list[tuple[int, float]]]:
    """The stretches of a series without a gap."""
    found: list[list[tuple[int, float]]] = []
    before = False
    for place, value in enumerate(values):
        if value is not None:
            if not before:
                found.append([])
            found[-1].append((place, value))
        before = value is not None
    return found


def _bars(plot: _Plot, kind: ChartKind) -> Iterator[str]:
    stacked = kind is ChartKind.STACKED
    width = plot.slot * 0.78 / (1 if stacked else max(len(plot.series), 1))
    above, below = [0.0] * len(plot.names), [0.0] * len(plot.names)
    for number, values in enumerate(plot.series):
        for place, value in enumerate(values):
            if value is None:
                continue
            foot = 0.0
            if stacked:
                heap = above if value >= 0 else below
                foot, heap[place] = heap[place], heap[place] + value
            x = plot.x(place + 0.11) + (0 if stacked else number * width)
            top, bottom = plot.y(max(foot, foot + value)), plot.y(min(foot, foot + value))
            yield (
                f'<rect x="{x:.2f}" y="{top:.1f}" width="{width:.2f}" '
                f'height="{bottom - top:.2f}" fill="{COLOURS[number % len(COLOURS)]}"/>'
            )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    clean = escape("".join(one for one in text if one.isprintable()))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#333">{clean}</text>'
