"""Who is billed, what is right below them, and how much time there was."""

import datetime as dt

from device_configs.holidays import load_holidays
from device_configs.tariff_hours import TariffPeriod
from device_configs.tariffs import Pays, Tariffs, load_tariffs
from ingest.counters import INTERVAL_MS
from reports.cost import Payer, stretches
from reports.cost_units import expected, units_of
from reports.meter_tree import meter_tree
from tests.reports.cost_towns import G1, G2, S1, S2, TOWN, X1
from tests.reports.estates import device, estate
from tests.reports.ledgers import SHANGHAI, ms


def test_units_are_the_balances_with_their_sub_meters() -> None:
    one, two = units_of(TOWN, meter_tree(TOWN, "town"), None)
    assert (one.site, one.imports, one.exports, one.billed) == ("c1", (G1,), (X1,), True)
    assert one.submeters == {"s1": (S1,), "s2": (S2,)}
    assert (two.site, two.imports, two.submeters) == ("c2", (G2,), {})


def test_a_sub_meter_below_another_is_not_right_below() -> None:
    deep = estate(
        {"c1": None},
        [
            device("g1", "electricity_meter", "c1", role="grid"),
            device("s1", "electricity_meter", "c1", role="submeter", of="g1"),
            device("s2", "electricity_meter", "c1", role="submeter", of="s1"),
        ],
    )
    [unit] = units_of(deep, meter_tree(deep, "c1"), None)
    assert set(unit.submeters) == {"s1"}


def test_a_building_is_itself_and_no_bill() -> None:
    [unit] = units_of(TOWN, meter_tree(TOWN, "b1"), None)
    assert (unit.site, unit.imports, unit.billed) == ("b1", (S1,), False)
    assert units_of(TOWN, meter_tree(TOWN, "town"), frozenset({"b1"})) == ()


def test_the_time_of_each_period_until_now() -> None:
    pays = [
        Pays.model_validate({"site": "c1", "from": "2025-06-01", "tariff": "js_commercial_tou"})
    ]
    payer = Payer(TOWN, Tariffs(load_tariffs().tariffs, pays), load_holidays())
    [november] = stretches(payer, "c1", [(dt.date(2026, 11, 1), dt.date(2026, 12, 1))])
    whole = expected(november, SHANGHAI, ms("2027-01-01 00:00"))
    hour = 4 * INTERVAL_MS
    assert whole == {
        TariffPeriod.PEAK: 210 * hour, TariffPeriod.VALLEY: 240 * hour,
        TariffPeriod.FLAT: 270 * hour,
    }  # fmt: skip
    running = expected(november, SHANGHAI, ms("2026-11-01 15:05"))
    assert running == {
        TariffPeriod.PEAK: 300_000, TariffPeriod.VALLEY: 8 * hour, TariffPeriod.FLAT: 7 * hour,
    }  # fmt: skip
