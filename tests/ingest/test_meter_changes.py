"""Meter changes of the estate and of people, as counters need them."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from device_configs.estate import Estate
from ingest.counters import MeterChange
from ingest.interval_tables import Series
from ingest.meter_changes import meter_changes, moved, put_applied, read_applied, to_stored
from records.meter_changes import RecordedChange
from tests.reports import estates
from tests.reports.ledgers import ledger, ms

POINT = "active_energy_import"
METER = Series("m1", POINT)
AT = ms("2026-11-23 14:30")


def an_estate(*changes: dict[str, object]) -> Estate:
    meter = estates.device("m1", "electricity_meter", "c1", meter_changes=changes)
    water = estates.device("w1", "water_meter", "c1")
    pile = estates.device("pile", "ev_charger", "c1", parts=("c1",))
    return estates.estate({"c1": None}, [meter, water, pile])


def recorded(device: str, point: str, last: float, first: float, at: int = AT) -> RecordedChange:
    return RecordedChange(1, device, point, at, last, first, "")


@pytest.mark.parametrize("at", ["2026-11-23T14:30", "2026-11-23T06:30Z", "2026-11-23 14:30:00"])
def test_the_estates_are_in_kwh_and_in_its_time_zone(at: str) -> None:
    estate = an_estate({"at": at, "readings": {POINT: [12_345.67, 0.5]}})
    assert meter_changes(estate, []) == {METER: (MeterChange(AT, 12_345_670_000, 500_000),)}


def test_those_of_people_go_before_and_are_put_in_order() -> None:
    estate = an_estate({"at": "2026-11-23T14:30", "readings": {POINT: [1, 0]}})
    entered = [recorded("m1", POINT, 2_000.0, 3.0), recorded("m1", POINT, 9.0, 0.0, AT - 5)]
    assert meter_changes(estate, entered) == {
        METER: (MeterChange(AT - 5, 9_000, 0), MeterChange(AT, 2_000_000, 3_000))
    }


def test_water_and_parts_have_them_too_and_what_is_no_counter_has_none() -> None:
    entered = [
        recorded("w1", "volume_total", 7.5, 0.25),
        recorded("pile/c1", "active_energy_total", 5_000.0, 0.0),
        recorded("m1", "active_power", 1.0, 0.0),
        recorded("nobody", POINT, 1.0, 0.0),
    ]
    assert meter_changes(an_estate(), entered) == {
        Series("w1", "volume_total"): (MeterChange(AT, 7_500_000, 250_000),),
        Series("pile/c1", "active_energy_total"): (MeterChange(AT, 5_000_000, 0),),
    }


def test_people_read_kwh_kvarh_and_m3() -> None:
    assert [to_stored(2.5, unit) for unit in ("Wh", "varh", "m3")] == [2_500, 2_500, 2.5]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = ledger()
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_what_was_applied_comes_back_and_what_differs_is_told(connection: sa.Connection) -> None:
    one, two = MeterChange(1, 2, 3), MeterChange(5, 6, 7)
    put_applied(connection, {METER: (one, two)})
    assert read_applied(connection) == {METER: (one, two)}
    corrected = MeterChange(5, 6, 8)
    assert moved(read_applied(connection), {METER: (one, corrected)}) == {METER: (5,)}
    assert moved({METER: (one,)}, {}) == {METER: (1,)}
    assert moved({METER: (one,)}, {METER: (one,)}) == {}
    put_applied(connection, {})
    assert read_applied(connection) == {}
