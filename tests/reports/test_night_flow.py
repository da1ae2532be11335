"""The nights of a meter, also where clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

from ingest.counters import INTERVAL_MS
from ingest.interval_tables import Series, add_amounts
from records.engine import reading, transaction
from reports.night_flow import nights_of
from reports.periods import Step, parse_period, steps_of
from tests.reports.estates import estate
from tests.reports.ledgers import ledger

BERLIN = ZoneInfo("Europe/Berlin")
METER = Series("w1", "volume_total")


def test_a_night_is_three_hours_from_two_by_the_local_clock() -> None:
    """On 29 March 2026 the clock goes from 2 to 3: what is 2 o'clock by it is 3."""
    engine = ledger()
    days = steps_of(parse_period("2026-03-27..2026-03-31", BERLIN), Step.DAY)
    quarters = {
        (*METER, start): [(100 + number) * 1000, 0, INTERVAL_MS, 0]
        for day in days
        for number, start in enumerate(range(day.span.start, day.span.end, INTERVAL_MS))
    }
    # Of one night a quarter is bridged: it says nothing.
    bridged = days[4].span.start + 10 * INTERVAL_MS
    quarters[*METER, bridged] = [1000, 1000, 0, INTERVAL_MS]
    with transaction(engine) as connection:
        add_amounts(connection, quarters)
    plan = estate({}, [], "Europe/Berlin")
    until = days[-1].span.end
    with reading(engine) as connection:
        found = nights_of(connection, plan, [METER], days, until, "volume")[METER]
    assert [night.day for night in found] == [dt.date(2026, 3, day) for day in (27, 28, 29, 30)]
    # The ninth to the twentieth quarter of each day; a night without 2 o'clock begins at 3.
    flow = sum(range(108, 120)) / 12 * 4 / 1000
    assert {round(night.flow, 9) for night in found} == {round(flow, 9)}
    assert {night.least for night in found} == {0.432}
    with reading(engine) as connection:
        assert not nights_of(connection, plan, [METER], days, days[0].span.start, "volume")[METER]
    engine.dispose()
