"""The tree and its state: what is unknown stays unknown, and nobody sees more than theirs."""

import datetime as dt
from typing import Any

import pytest

from alerts.alarm import Severity
from api.site_state import read_present
from ingest.quality_book import DAY_MS
from ingest.quality_tables import put_run
from records.engine import transaction
from records.people import Role
from tests.api.house import STALE_MS, Built


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("all", Role.OPERATOR)
    town.person("north", Role.OPERATOR, sites=("north",))
    return town


async def _sites(town: Built, name: str = "all", query: str = "") -> dict[str, dict[str, Any]]:
    async with town.signed_in(name) as client:
        rows = (await client.get(f"/api/v1/sites{query}")).json()
    return {row["id"]: row for row in rows}


async def test_parents_come_before_children(seen: Built) -> None:
    rows = await _sites(seen)
    order = list(rows)
    assert order[0] == "town"
    for row in rows.values():
        assert row["parent"] is None or order.index(row["parent"]) < order.index(row["id"])
    assert rows["centre"]["role"] == "centre"
    assert (rows["centre"]["area_m2"], rows["centre"]["occupants"]) == (10000, 900)
    assert rows["tower"]["area_m2"] == 8000
    assert rows["lobby"]["area_m2"] is None


async def test_before_anything_was_heard_every_power_is_unknown(seen: Built) -> None:
    state = (await _sites(seen))["town"]["state"]
    for figure in ("power_now", "grid_now", "pv_now", "charging_now"):
        assert state[figure] is None
    assert state["shares"]["grid"] == {"known": None, "sources": 2, "unknown": 2}
    assert state["protected"] == 0
    assert state["unprotected"] > 0


async def test_power_is_grid_plus_pv(seen: Built) -> None:
    seen.heard("grid", active_power=-2000.0)
    seen.heard("pv", active_power=5000.0)
    seen.heard("pile", active_power=700.0, state="charging")
    seen.heard("north-grid", active_power=100.0)
    rows = await _sites(seen)
    centre, town = rows["centre"]["state"], rows["town"]["state"]
    assert (centre["power_now"], centre["grid_now"], centre["pv_now"]) == (3000, -2000, 5000)
    assert (centre["charging_now"], centre["charging_sessions"]) == (700, 1)
    assert (town["power_now"], town["grid_now"]) == (3100, -1900)
    north = rows["north"]["state"]
    assert (north["power_now"], north["pv_now"]) == (100, None)
    assert north["shares"]["pv"] == {"known": None, "sources": 0, "unknown": 0}


async def test_one_silent_meter_makes_the_whole_unknown_and_says_what_is_known(
    seen: Built,
) -> None:
    seen.heard("grid", active_power=1000.0)
    seen.heard("pv", active_power=500.0)
    seen.clock.now += STALE_MS + 1
    seen.heard("grid", active_power=1000.0)
    seen.heard("north-grid", active_power=100.0)
    town = (await _sites(seen))["town"]["state"]
    assert (town["power_now"], town["pv_now"]) == (None, None)
    assert town["grid_now"] == 1100
    assert town["shares"]["power"] == {"known": 100, "sources": 2, "unknown": 1}


async def test_a_value_out_of_range_is_not_added(seen: Built) -> None:
    seen.heard("grid", active_power=True)
    assert (await _sites(seen))["centre"]["state"]["grid_now"] is None


async def test_alarms_are_counted_upwards_and_tests_apart(seen: Built) -> None:
    seen.alarm("panel/p001", Severity.EMERGENCY)
    seen.alarm("panel/p002", Severity.HIGH, acked=True, rule="r2")
    seen.alarm("north-smoke", Severity.EMERGENCY, test=True)
    rows = await _sites(seen)
    town, north = rows["town"]["state"], rows["north"]["state"]
    assert town["alarms"] == {"emergency": 1, "high": 1, "medium": 0, "info": 0}
    assert (town["unacked"], town["worst"], town["tests"]) == (1, "emergency", 1)
    assert (north["worst"], north["unacked"], north["tests"]) == ("high", 0, 1)
    assert rows["lobby"]["state"]["worst"] == "emergency"
    assert rows["plant"]["state"]["worst"] is None


async def test_an_alarm_of_a_place_that_is_gone_still_counts(seen: Built) -> None:
    seen.alarm("removed", Severity.HIGH, place="demolished")
    assert (await _sites(seen))["town"]["state"]["worst"] == "high"


async def test_devices_and_their_links_are_counted(seen: Built) -> None:
    rows = await _sites(seen)
    assert (rows["town"]["state"]["devices"], rows["town"]["state"]["devices_connected"]) == (7, 2)
    assert (rows["north"]["state"]["devices"], rows["north"]["state"]["devices_connected"]) == (
        2,
        1,
    )


async def test_states_are_worked_out_once_a_second(seen: Built) -> None:
    seen.heard("north-grid", active_power=1.0)
    assert (await _sites(seen))["north"]["state"]["grid_now"] == 1
    seen.heard("north-grid", active_power=2.0)
    seen.clock.now += 999
    assert (await _sites(seen))["north"]["state"]["grid_now"] == 1
    seen.clock.now += 1
    assert (await _sites(seen))["north"]["state"]["grid_now"] == 2


async def test_whoever_has_a_branch_sees_that_branch(seen: Built) -> None:
    rows = await _sites(seen, "north")
    assert set(rows) == {"north", "north-hall"}
    assert rows["north"]["parent"] is None
    async with seen.signed_in("north") as client:
        for path in ("sites?site=town", "sites?site=centre", "coverage?site=lobby"):
            assert (await client.get(f"/api/v1/{path}")).status_code == 404
        places = {item["place"] for item in (await client.get("/api/v1/coverage")).json()["items"]}
    assert places == {"north-hall"}


async def test_coverage_counts_what_it_lists(seen: Built) -> None:
    seen.heard("panel", fire=False)
    seen.heard("panel/p002", smoke=False)
    seen.heard("north-smoke", smoke=False)
    async with seen.signed_in("all") as client:
        found = (await client.get("/api/v1/coverage")).json()
    states = {item["place"]: item["state"] for item in found["items"]}
    assert states == {"lobby": "unprotected", "north-hall": "protected"}
    assert (found["protected"], found["unprotected"], found["degraded"]) == (1, 1, 0)


def test_where_nobody_watches_no_place_is_protected(seen: Built) -> None:
    seen.heard("panel/p002", smoke=False)
    seen.heard("panel", fire=False)
    seen.heard("north-smoke", smoke=False)
    house, estate, now = seen.house, seen.house.estate(), seen.house.now_ms()

    def states(*, is_watched: bool) -> set[str]:
        found = read_present(house.latest, estate, {}, {}, (), now, is_watched=is_watched)
        return {item.state.value for item in found.coverage}

    assert "protected" in states(is_watched=True)
    assert states(is_watched=False) == {"unprotected"}


async def test_a_new_estate_is_taken_up_at_once(seen: Built) -> None:
    old = seen.house.estate()
    assert "plant" in await _sites(seen)
    sites = {name: site for name, site in old.sites.items() if name != "plant"}
    devices = {name: device for name, device in old.devices.items() if name != "evil"}
    seen.estates.append(type(old)(old.id, old.name, old.timezone, sites, devices, old.profiles))
    assert "plant" not in await _sites(seen)


async def _coverage(town: Built, name: str = "all") -> dict[str, Any]:
    async with town.signed_in(name) as client:
        found: dict[str, Any] = (await client.get("/api/v1/coverage")).json()
    return found


async def test_when_sitewatch_did_not_run_is_said(seen: Built) -> None:
    now = seen.clock()
    with transaction(seen.house.engine) as connection:
        put_run(connection, now - 50 * DAY_MS, now - 40 * DAY_MS)
        put_run(connection, now - 20 * DAY_MS, now - 3_600_000)
        put_run(connection, now - 3_000_000, now)
    blind = (await _coverage(seen))["blind"]
    assert [sorted(one) for one in blind] == [["from", "to"], ["from", "to"]]
    spans = [(ms(one["from"]), ms(one["to"])) for one in blind]
    assert spans == [
        (now - 3_600_000, now - 3_000_000), (now - 40 * DAY_MS, now - 20 * DAY_MS),
    ]  # fmt: skip


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


async def test_tests_that_are_noted_show_in_coverage_at_once(seen: Built) -> None:
    seen.person("keeper", Role.MAINTAINER)
    for part in range(1, 33):
        seen.heard(f"panel/p{part:03d}", smoke=False)
    before = {(one["place"], one["system"]): one for one in (await _coverage(seen))["items"]}
    assert before["lobby", "fire"]["never_tested"] == before["lobby", "fire"]["units"]
    done = {"kind": "functional_test", "done_on": "2026-08-01", "with_parts": True}
    async with seen.signed_in("keeper") as client:
        assert (await client.post("/api/v1/devices/panel/proofs", json=done)).status_code == 201
    seen.clock.now += 1001
    after = await _coverage(seen)
    lobby = next(one for one in after["items"] if one["place"] == "lobby")
    assert (lobby["proven"], lobby["oldest_proof"]) == (lobby["units"], "2026-08-01")
    branch = {one["community"]: one for one in after["branches"]}["north"]
    assert branch["units"] == 2
    assert branch["proven_share"] == 0.5
    assert (await _coverage(seen, "north"))["branches"] == [branch]


async def test_alarms_by_class_leave_tests_out(seen: Built) -> None:
    seen.alarm("panel")
    seen.alarm("panel", rule="shielded", alarm_class="impairment")
    seen.alarm("panel/p002", test=True)
    seen.alarm("north-smoke")
    rows = await _sites(seen)
    assert rows["town"]["state"]["classes"] == {"fire": 2, "impairment": 1}
    assert rows["north"]["state"]["classes"] == {"fire": 1}
