"""Pricing: the parts add up to the last Wh and fen, and unknown is never 0."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from device_configs.holidays import load_holidays
from device_configs.tariff import Component, price_of
from device_configs.tariff_hours import FLAT_DAY, TariffPeriod
from device_configs.tariffs import Pays, Tariffs, load_tariffs
from ingest.counters import INTERVAL_MS
from ingest.rollup import Amounts
from reports.cost import Cell, Payer, Stretch, Use, cost_of, energy_of, priced, stretches, together
from reports.fen import fen_of, rounded
from tests.reports.estates import estate

TOWN = estate({"c1": None, "c2": None}, [])
LIBRARY = load_tariffs().tariffs


def payer(*pays: Mapping[str, object]) -> Payer:
    entries = [Pays.model_validate(one) for one in pays]
    return Payer(TOWN, Tariffs(LIBRARY, entries), load_holidays())


TOU = payer({"site": "c1", "from": "2025-06-01", "tariff": "js_commercial_tou"})
MONTHS = [(dt.date(2026, m, 1), dt.date(2026, m + 1, 1)) for m in range(1, 12)]
DAYS = [
    (dt.date(2026, 1, 1) + dt.timedelta(days=n), dt.date(2026, 1, 2) + dt.timedelta(days=n))
    for n in range(334)
]


def test_a_tariff_without_holidays_is_cut_by_months_only() -> None:
    cuts = stretches(TOU, "c1", MONTHS)
    assert [(one.first, one.after) for one in cuts] == MONTHS
    assert cuts[0].slots[14 * 4] is TariffPeriod.PEAK
    assert cuts[2].slots[14 * 4] is TariffPeriod.FLAT


def test_stretches_are_the_steps_without_gap_or_overlap() -> None:
    changing = payer(
        {"site": "town", "from": "2026-02-10", "tariff": "js_industrial_sharp"},
        {"site": "c1", "from": "2026-05-20", "tariff": "js_commercial_tou"},
    )
    cuts = stretches(changing, "c1", MONTHS)
    assert cuts[0].due is None
    assert cuts[0].slots == FLAT_DAY
    days = [
        one.first + dt.timedelta(days=n)
        for one in cuts
        for n in range((one.after - one.first).days)
    ]
    assert days == [first for first, _ in DAYS]
    names = {day: one.due.tariff.tariff if one.due else "" for one in cuts for day in [one.first]}
    assert names[dt.date(2026, 2, 10)] == "js_industrial_sharp"
    assert names[dt.date(2026, 5, 20)] == "js_commercial_tou"


def uses(cuts: tuple[Stretch, ...], counts: Mapping[tuple[int, TariffPeriod], int]) -> list[Use]:
    return [
        Use("c1", cuts[n % len(cuts)], period, Amounts(count, covered_ms=INTERVAL_MS), INTERVAL_MS)
        for (n, period), count in counts.items()
    ]


COUNTS = st.dictionaries(
    st.tuples(
        st.integers(0, 333),
        st.sampled_from([TariffPeriod.PEAK, TariffPeriod.FLAT, TariffPeriod.VALLEY]),
    ),
    st.integers(0, 10**12),
    min_size=1, max_size=80,
)  # fmt: skip


@given(COUNTS)
def test_days_and_components_add_up_to_the_month_rounded_once(
    counts: Mapping[tuple[int, TariffPeriod], int],
) -> None:
    by_day = uses(stretches(TOU, "c1", DAYS), counts)
    cells = priced(by_day)
    assert energy_of(cells).amount == sum(counts.values())
    exact: dict[tuple[dt.date, TariffPeriod], Fraction] = defaultdict(Fraction)
    found: dict[tuple[dt.date, TariffPeriod], int] = defaultdict(int)
    components: dict[Component, int] = defaultdict(int)
    for cell in cells:
        due = cell.use.stretch.due
        assert due is not None
        assert due.prices is not None
        prices = price_of(due.prices, due.version, cell.use.period)
        assert prices is not None
        key = cell.use.stretch.month, cell.use.period
        exact[key] += fen_of(cell.use.amounts.amount, Fraction(sum(prices.values())))
        assert cell.total is not None
        found[key] += cell.total
        for name, fen in (cell.fen or {}).items():
            components[name] += fen
    assert found == {key: rounded(fen) for key, fen in exact.items()}
    assert cost_of(cells) == sum(found.values()) == sum(components.values())


@given(COUNTS)
def test_days_cost_what_the_month_costs(counts: Mapping[tuple[int, TariffPeriod], int]) -> None:
    days = stretches(TOU, "c1", DAYS)
    months = stretches(TOU, "c1", MONTHS)
    merged: dict[tuple[int, TariffPeriod], int] = defaultdict(int)
    for (n, period), count in counts.items():
        merged[days[n].month.month - 1, period] += count
    assert cost_of(priced(uses(days, counts))) == cost_of(priced(uses(months, merged)))


def test_what_has_no_tariff_or_no_price_costs_an_unknown_amount() -> None:
    known = Amounts(1_000_000, covered_ms=INTERVAL_MS)
    nobody = stretches(payer(), "c1", MONTHS)[0]
    unpriced = payer({"site": "c1", "from": "2025-06-01", "tariff": "js_two_part_tou"})
    without = stretches(unpriced, "c1", MONTHS)[0]
    paid = stretches(TOU, "c1", MONTHS)[0]

    def cells(*pairs: tuple[Stretch, Amounts]) -> list[Cell]:
        return priced(
            Use("c1", one, TariffPeriod.FLAT, amounts, INTERVAL_MS) for one, amounts in pairs
        )

    assert cost_of(cells((nobody, known))) is None
    assert cost_of(cells((without, known))) is None
    assert cost_of(cells((paid, known))) == 74
    assert cost_of(cells((paid, known), (nobody, known))) is None
    assert cost_of(cells((paid, known), (nobody, Amounts()))) == 74
    assert cost_of(cells((paid, Amounts()))) is None
    assert cost_of([]) is None


def test_together_is_unknown_where_a_part_is() -> None:
    assert together([1, 2]) == 3
    assert together([1, None]) is None
    assert together([]) is None
