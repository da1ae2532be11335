"""What was drawn in a period, with its shares."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from device_configs.carriers import Carrier
from ingest.interval_tables import Series
from records.engine import reading
from reports.carriers import Intake
from reports.drawn import Drawn, drawn_of_sites, stored, within
from reports.periods import Step, parse_period, steps_of
from tests.reports.estates import estate
from tests.reports.ledgers import SHANGHAI, book, fill, ledger, ms

ONE, TWO = Series("w1", "volume_total"), Series("w2", "volume_total")


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(min_value=0, max_value=400), min_size=3, max_size=3))
def test_days_add_up_to_their_period(amounts: list[int]) -> None:
    engine = ledger()
    for day, amount in zip(("2026-01-31", "2026-02-01", "2026-02-02"), amounts, strict=True):
        fill(engine, ONE, day, amount)
    period = parse_period("2026-01-31..2026-02-02", SHANGHAI)
    water = Intake(Carrier.WATER, (ONE,))
    with reading(engine) as connection:
        (days,) = drawn_of_sites(
            connection, estate({}, []), [[water]], period, ms("2026-03-01 00:00")
        )
    whole = within(days, period, 0)
    assert whole == sum((within(days, cut, 0) for cut in steps_of(period, Step.DAY)), Drawn())
    assert stored(whole, water.carrier) == Fraction(sum(amounts) * 96, 1000)
    assert whole.shares.missing == 0


def test_what_is_taken_off_must_be_known() -> None:
    engine = ledger()
    fill(engine, ONE, "2026-02-01", 100)
    book(engine, ONE, "2026-02-02 10:00", 100, recovered=True)
    book(engine, TWO, "2026-02-02 10:00", 40)
    period = parse_period("2026-02-01..2026-02-02", SHANGHAI)
    water = Intake(Carrier.WATER, (ONE,), (TWO,))
    with reading(engine) as connection:
        (((_, (first,)), (_, (second,))),) = drawn_of_sites(
            connection, estate({}, []), [[water]], period, ms("2026-02-02 12:00")
        )
    assert (stored(first, water.carrier), first.shares.missing) == (None, 1.0)
    assert stored(second, water.carrier) == Fraction(60_000, 1_000_000)
    assert second.shares.recovered == 1.0
    assert round(second.shares.missing, 4) == round(1 - 2 / 96, 4)
