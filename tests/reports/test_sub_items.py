"""Sub-items add up, however the meters stand."""

from hypothesis import given
from hypothesis import strategies as st

from device_configs.energy_codes import load_energy_codes
from ingest.interval_tables import Series
from ingest.rollup import Amounts
from reports.sub_items import CodedMeter, own_counts, sub_items, top_counts

CODES = load_energy_codes()
_NAMES = [code for code in CODES.codes if code.startswith("01")]


@st.composite
def meters(draw: st.DrawFn) -> list[CodedMeter]:
    count = draw(st.integers(1, 8))
    found = []
    for n in range(count):
        above = draw(st.sampled_from([None, *(f"m{k}" for k in range(n))]))
        code = draw(st.sampled_from(_NAMES))
        found.append(CodedMeter(f"m{n}", code, (Series(f"m{n}", "x"),), above))
    return found


@given(meters(), st.data())
def test_every_wh_stands_once(every: list[CodedMeter], data: st.DataObject) -> None:
    amounts = {
        one.series[0]: Amounts(data.draw(st.integers(0, 10**9)), covered_ms=1)
        for one in every
        if data.draw(st.booleans())
    }
    own = own_counts(every, amounts)
    # What the topmost meters with data counted is the whole, whatever stands below them.
    known = {one.id for one in every if one.series[0] in amounts}
    above = {one.id: one.above for one in every}

    def is_top(name: str) -> bool:
        step = above[name]
        while step is not None and step not in known:
            step = above[step]
        return step is None

    whole = sum(amounts[Series(name, "x")].amount for name in known if is_top(name))
    assert (top_counts(own) or 0) == whole
    items = {one.code: one.counts for one in sub_items(CODES, every, own)}
    if own:
        assert items["01000"] == whole


@given(meters(), st.permutations(range(8)))
def test_the_order_of_meters_says_nothing(every: list[CodedMeter], order: list[int]) -> None:
    amounts = {one.series[0]: Amounts(n + 1, covered_ms=1) for n, one in enumerate(every)}
    shuffled = [every[n] for n in order if n < len(every)]
    assert own_counts(every, amounts) == own_counts(shuffled, amounts)


def test_a_meter_without_data_is_unknown_and_hides_nothing() -> None:
    top = CodedMeter("m0", "01A00", (Series("m0", "x"),), None)
    below = CodedMeter("m1", "01A20", (Series("m1", "x"),), "m0")
    own = own_counts([top, below], {Series("m1", "x"): Amounts(5, covered_ms=1)})
    assert {one.code: one.counts for one in sub_items(CODES, [top, below], own)} == {
        "01000": 5, "01A00": 5, "01A20": 5,
    }  # fmt: skip
    assert own_counts([top], {}) == {}
