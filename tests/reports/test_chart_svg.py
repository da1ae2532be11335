"""Charts as SVG."""

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.chart_svg import HEIGHT, chart_svg, has_figures
from reports.document import Cell, Chart, ChartKind
from reports.texts import Language
from tests.reports.days import daily as daily
from tests.reports.days import november

pytestmark = pytest.mark.usefixtures("daily")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(kind: ChartKind, *amounts: Cell, series: tuple[str, ...] = ("amount",)) -> Xml.Element:
    rows: list[list[Cell]] = [[f"<{place}>", one, one, None] for place, one in enumerate(amounts)]
    chart = Chart(kind, "days", "day", series)
    report = replace(november(*rows, ["合计", 0, 0, 0]), charts=(chart,))
    return Xml.fromstring(chart_svg(report, chart, Language.EN))  # noqa: S314 - made by us


def test_what_is_unknown_is_a_gap_in_a_line() -> None:
    found = drawn(ChartKind.LINE, 1000, 2000, None, 3000, 4000)
    lines = [one.attrib["points"] for one in found.iter(f"{SVG}polyline")]
    assert [len(line.split()) for line in lines] == [2, 2]


def test_bars_stand_on_nothing_and_are_as_high_as_their_figure() -> None:
    found = drawn(ChartKind.BAR, 1_000_000, 500_000, None, -500_000)
    bars = [one for one in found.iter(f"{SVG}rect") if float(one.attrib["height"]) != 10]
    heights = [float(one.attrib["height"]) for one in bars]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.1)
    assert heights[1] == pytest.approx(heights[2], abs=0.1)
    foot = float(bars[0].attrib["y"]) + heights[0]
    assert float(bars[2].attrib["y"]) == pytest.approx(foot, abs=0.1)


def test_names_are_text_and_the_axis_is_in_the_unit_shown() -> None:
    texts = [one.text for one in drawn(ChartKind.BAR, 1_000_000, 1).iter(f"{SVG}text")]
    assert {"<0>", "kWh", "Energy", "0", "1,000", "200"} <= set(texts)


@given(
    st.sampled_from(ChartKind),
    st.lists(st.none() | st.integers(-(10**14), 10**14) | st.floats(-1e9, 1e9), min_size=1),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_drawn_outside(kind: ChartKind, amounts: list[Cell]) -> None:
    found = drawn(kind, *amounts, series=("amount", "amount"))
    for one in found.iter(f"{SVG}rect"):
        top, height = float(one.attrib["y"]), float(one.attrib["height"])
        assert 0 <= top <= top + height <= HEIGHT
    for one in found.iter(f"{SVG}polyline"):
        places = [float(text) for text in re.findall(r",([-0-9.]+)", one.attrib["points"])]
        assert all(0 <= place <= HEIGHT for place in places)


def test_what_is_all_unknown_is_not_drawn() -> None:
    chart = Chart(ChartKind.BAR, "days", "day", ("amount",))
    assert not has_figures(november(["a", None, 1, None], ["合计", 5, 1, None]), chart)
    assert has_figures(november(["a", 0, 1, None], ["合计", 5, 1, None]), chart)
