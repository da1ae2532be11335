"""The PV report, from quarters of an hour to the last cell."""

from collections.abc import Mapping, Sequence

import pytest

from collectors.sample import Quality
from ingest.interval_tables import Series
from ingest.rollup_tables import ensure_rollups
from ingest.stores.store import Aggregate, Reading
from records.engine import transaction
from reports.document import Report
from tests.reports.charging_towns import (
    TOTAL,
    TOWN,
    cells,
    documented,
    made,
    quarters,
    with_tariff,
)
from tests.reports.estates import device, estate
from tests.reports.ledgers import book, fill, ledger, ms

DOC, DAY = "pv.md", "2026-11-23"
HOUR_MS = 3_600_000


class Held:
    """Readings by device and point, one an hour or one in all."""

    def __init__(self, values: Mapping[tuple[str, str], Mapping[int, float | str]]) -> None:
        self.values = values

    def series(
        self, device: str, points: Sequence[str], start: int, end: int,
        step_ms: int | None = None, aggregate: Aggregate = Aggregate.MEAN, limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:  # fmt: skip
        return {
            point: [
                Reading(at, value, Quality.GOOD)
                for at, value in self.values[device, point].items()
                if start <= at < end
            ]
            for point in points
            if (device, point) in self.values
        }


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Report:
    engine = ledger()
    quarters(engine, DAY, documented(DOC, "quarter"))
    folder = with_tariff(tmp_path_factory.mktemp("estate"))
    light = Held({("sun", "irradiance"): {ms(f"{DAY} 12:00"): 500.0}})
    return made(engine, "pv", DAY, folder=folder, readings=light)


def test_the_line_of_the_site_is_that_of_the_document(example: Report) -> None:
    keys = ("yield", "specific", "used", "fed_in", "self_consumption", "self_sufficiency",
            "irradiation", "ratio", "saved", "earned")  # fmt: skip
    assert cells(example.sheet("sites"), *keys)[0] == documented(DOC, "yield [kWh]")[0]


def test_steps_and_hours_are_the_quarters_of_the_document(example: Report) -> None:
    rows = documented(DOC, "quarter")
    used = sum(int(row[4]) for row in rows)
    for sheet, place in (("steps", 0), ("hours", 12)):
        found = cells(example.sheet(sheet), "yield", "used", "fed_in", "imported")[place]
        assert found == ["4", f"{used / 1000}", "1.5", "2.1"]
    assert cells(example.sheet("hours"), "yield")[11] == [""]


def test_emission_is_a_memo_by_a_factor_that_is_named(example: Report) -> None:
    (site, total) = cells(example.sheet("sites"), "carbon")
    factors = [one for one in example.sources if one.kind.value == "factor"]
    assert site == total != [""]
    assert [one.id.partition("@")[0] for one in factors] == ["grid_jiangsu"]
    assert "memo" in {one.key for one in example.notes}


def test_without_data_everything_is_unknown_and_nothing_zero() -> None:
    found = made(ledger(), "pv", DAY)
    for key in ("yield", "used", "fed_in", "self_consumption", "ratio", "saved", "earned"):
        assert cells(found.sheet("sites"), key) == [[""], [""]]
    assert cells(found.sheet("inverters"), "yield", "availability", "down", "lost") == [[""] * 4]
    assert cells(found.sheet("years"), "measure", "change") == [
        ["less than two years are known", ""]
    ]


def test_an_inverter_that_stops_is_down_and_what_it_lost_is_by_its_peers() -> None:
    names = ["a", "b", "c", "d"]
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid"),
        *(device(name, "pv_inverter", "c1", rating_w=10_000, points=(TOTAL, "state"))
          for name in names),
    ])  # fmt: skip
    engine = ledger()
    for name in names:
        for hour in ("10", "11", "12"):
            for minute in ("00", "15", "30", "45"):
                stopped = name == "d" and hour != "10"
                book(engine, Series(name, TOTAL), f"{DAY} {hour}:{minute}", 0 if stopped else 1000)
    states = Held({("d", "state"): {ms(f"{DAY} 11:00"): "fault", ms(f"{DAY} 12:00"): "off"}})
    found = made(engine, "pv", DAY, of=town, readings=states).sheet("inverters")
    assert cells(found, "availability", "down", "fault", "lost")[2:] == [
        ["100.00", "0", "0", "0"], ["33.33", "2", "1", "8"],
    ]  # fmt: skip
    assert cells(found, "specific") == [["1.20"], ["1.20"], ["1.20"], ["0.40"]]


def test_strings_against_each_other() -> None:
    names = tuple(f"string{n}_current" for n in range(1, 6))
    town = estate({"c1": None}, [
        device("m1", "electricity_meter", "c1", role="grid"),
        device("pv1", "pv_inverter", "c1", points=(TOTAL, *names)),
    ])  # fmt: skip
    start = ms(f"{DAY} 00:00")
    currents = Held({("pv1", name): {start: 4.0 if n else 2.9} for n, name in enumerate(names)})
    found = made(ledger(), "pv", DAY, of=town, readings=currents).sheet("strings")
    assert cells(found, "string", "current", "deviation", "verdict")[:2] == [
        ["string1", "2.9", "-27.5", "more than 20 % off"],
        ["string2", "4", "0.0", "nothing to be seen"],
    ]


def test_a_year_is_held_against_the_year_before_only_if_both_are_known() -> None:
    engine = ledger()
    days = [f"{year}-{month:02d}-{day:02d}" for year in (2024, 2025) for month in range(1, 13)
            for day in range(1, 32) if _is_day(year, month, day)]  # fmt: skip
    for day in days:
        fill(engine, Series("pv1", TOTAL), day, 100 if day < "2025" else 97)
    with transaction(engine) as connection:
        ensure_rollups(connection, TOWN.timezone)
    found = made(engine, "pv", "2025-12", now="2026-01-03 00:00")
    rows = cells(found.sheet("years"), "measure", "before", "now", "uncertainty")
    assert rows[0][0] == "Specific yield [kWh/kW]"
    assert [float(one) for one in rows[0][1:3]] == [366 * 0.96, 365 * 0.96 * 0.97]
    assert rows[0][3] == "13.86"
    short = made(engine, "pv", "2025-06", now="2026-01-03 00:00")
    assert cells(short.sheet("years"), "change") == [[""]]


def _is_day(year: int, month: int, day: int) -> bool:
    thirty = {4, 6, 9, 11}
    february = 29 if year == 2024 else 28
    return day <= (february if month == 2 else 30 if month in thirty else 31)
