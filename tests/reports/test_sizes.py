"""Areas and people over a period."""

from fractions import Fraction
from pathlib import Path

from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from reports.periods import Step, parse_period, steps_of
from reports.sizes import floor_area, people

FILE = """
estate: town
communities:
  - {id: c1, role: compound, name: {zh: 一, en: One}, occupants: 100,
     area_m2: [{from: 2020-01-01, value: 1000}, {from: 2026-04-16, value: 2000}]}
  - {id: c2, role: compound, name: {zh: 二, en: Two}, occupants: 50,
     buildings: [{id: b1, name: {zh: 楼, en: B}, area_m2: 300}, {id: b2, name: {zh: 楼, en: B}}]}
  - {id: c3, role: compound, name: {zh: 三, en: Three}, parent: c1, area_m2: 5}
"""


def town(folder: Path) -> Estate:
    (folder / "estate.yaml").write_text(FILE)
    return load_estate(folder, SCHEMAS)


def test_an_area_that_changes_is_weighted_by_days(tmp_path: Path) -> None:
    estate = town(tmp_path)
    month = parse_period("2026-04", estate.timezone)
    assert floor_area(estate, "c1", month) == 1500
    assert people(estate, "c1", month) == 100


def test_a_part_without_an_area_makes_the_sum_unknown(tmp_path: Path) -> None:
    estate = town(tmp_path)
    month = parse_period("2026-04", estate.timezone)
    assert floor_area(estate, "b1", month) == 300
    assert floor_area(estate, "c2", month) is None
    assert floor_area(estate, "town", month) is None


def test_the_whole_is_the_sum_of_its_communities_and_not_of_those_inside(tmp_path: Path) -> None:
    estate = town(tmp_path)
    assert people(estate, "town", parse_period("2026-W20", estate.timezone)) == Fraction(150)


def test_a_mean_over_a_year_is_that_of_its_days(tmp_path: Path) -> None:
    estate = town(tmp_path)
    year = parse_period("2026", estate.timezone)
    days = [floor_area(estate, "c1", day) for day in steps_of(year, Step.DAY)]
    assert floor_area(estate, "c1", year) == sum(day or 0 for day in days) / 365
    assert {1000, 2000} == set(days)
