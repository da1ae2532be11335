"""Any report: what hypothesis tries renderers with."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from device_configs.quantities import Label
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Shares,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.forms import Form
from reports.periods import parse_period

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
LABELS = st.builds(lambda zh, en: Label(zh=zh, en=en), TEXT, TEXT)
_SHARE = st.floats(0, 1)
FIGURES = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(-1e12, 1e12),
    st.decimals(Decimal("-1e12"), Decimal("1e12"), allow_nan=False, places=6),
    st.fractions(-(10**12), 10**12, max_denominator=10**6),
)
CELLS: st.SearchStrategy[Cell] = st.one_of(st.none(), TEXT, LABELS, FIGURES)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    forms = draw(st.lists(st.sampled_from(Form), min_size=1, max_size=4))
    row = st.builds(
        Row,
        st.tuples(*(CELLS for _ in forms)),
        st.none() | st.builds(Shares, _SHARE, _SHARE, _SHARE),
        st.sampled_from([(), ("m1",), ("m1", "m2")]),
        st.sampled_from(Weight),
        st.integers(0, 3),
    )
    columns = tuple(Column(f"c{place}", form) for place, form in enumerate(forms))
    rows = tuple(draw(st.lists(row, max_size=4)))
    return Sheet("days", columns, rows, (Note("price", {"price": draw(TEXT)}),))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of one sheet, of any kind of cell, without a catalogue of its own."""
    sheet = draw(sheets())
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
    period = draw(st.sampled_from(["2026", "2026-H2", "2026-10", "2026-03-29", "2026-W13"]))
    return Report(
        "daily",
        "town",
        draw(LABELS),
        parse_period(period, ZoneInfo(zone)),
        zone,
        draw(TEXT),
        draw(st.integers(0, 2**42)),
        (sheet,),
        (Chart(draw(st.sampled_from(ChartKind)), "days", "c0", ("c0",)),),
        (),
        (
            Source("m1", SourceKind.METER, draw(LABELS), draw(TEXT), draw(TEXT), draw(TEXT)),
            Source("m2", draw(st.sampled_from(SourceKind)), draw(LABELS)),
        ),
    )
