"""Devices, parts, live values and history; and what lies outside a person's sites."""

import datetime as dt
from pathlib import Path

import pytest

from api.items import Item
from api.schemas import LatestItem
from records.people import Role
from tests.api.house import EVIL, NOW, STALE_MS, Built, built

START = dt.datetime.fromtimestamp(NOW / 1000, dt.UTC)


def iso(offset_s: float = 0) -> str:
    return (START + dt.timedelta(seconds=offset_s)).isoformat()


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("all", Role.OPERATOR)
    town.person("north", Role.OPERATOR, sites=("north",))
    town.heard("grid", active_power=1500.0, voltage_l1=None)
    town.heard("north-grid", active_power=20.0)
    town.heard("panel", fire=False)
    town.heard("panel/p001", smoke=False)
    town.heard("panel/p002", smoke=True)
    return town


async def test_what_must_be_known_to_be_normal_is_told(seen: Built) -> None:
    async with seen.signed_in("all") as client:
        rows = {row["id"]: row for row in (await client.get("/api/v1/devices")).json()}
    assert set(rows["panel"]["safety_points"]) >= {"fire", "fault"}
    assert "smoke" in rows["panel"]["part_safety_points"]
    assert "active_power" not in rows["grid"]["safety_points"]
    assert rows["north-smoke"]["part_safety_points"] == []


async def test_history_as_a_table_to_be_kept(seen: Built) -> None:
    asked = {"points": "active_power", "start": iso(-60), "end": iso(60), "format": "csv"}
    async with seen.signed_in("all") as client:
        answer = await client.get("/api/v1/devices/grid/series", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="grid.csv"'
    lines = answer.text.splitlines()
    assert lines[1] == "grid,active_power,2026-09-21T22:13:20.000+08:00,1500.0,W,good"


async def test_the_list_says_what_each_is_and_how_it_answers(seen: Built) -> None:
    seen.alarm("panel/p001")
    async with seen.signed_in("all") as client:
        rows = {row["id"]: row for row in (await client.get("/api/v1/devices")).json()}
    assert set(rows) == {"grid", "pv", "pile", "panel", "north-grid", "north-smoke", "evil"}
    assert rows["grid"]["connected"] is True
    assert (rows["pv"]["connected"], rows["pv"]["reason"]) == (False, "no_answer")
    assert rows["panel"]["connected"] is None
    assert rows["panel"]["parts"] == 242
    assert rows["panel"]["alarms"] == 1
    assert rows["grid"]["last_seen_at"] == "2026-09-21T14:13:20Z"
    assert rows["pile"]["last_seen_at"] is None
    assert rows["north-grid"]["community"] == "north"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("site=north", {"north-grid", "north-smoke"}),
        ("site=tower", {"pv", "panel", "evil"}),
        ("kind=fire_panel", {"panel"}),
        ("site=centre&system=energy", {"grid", "evil"}),
        ("kind=elevator", set()),
    ],
)
async def test_the_list_is_filtered(seen: Built, query: str, found: set[str]) -> None:
    async with seen.signed_in("all") as client:
        rows = (await client.get(f"/api/v1/devices?{query}")).json()
    assert {row["id"] for row in rows} == found


async def test_a_device_with_points_and_parts(seen: Built) -> None:
    seen.heard("panel/x999", smoke=True)
    async with seen.signed_in("all") as client:
        panel = (await client.get("/api/v1/devices/panel")).json()
    assert {"fire", "fault", "test"} <= {point["name"] for point in panel["points"]}
    assert {"smoke", "shielded"} <= {point["name"] for point in panel["part_points"]}
    parts = {part["id"]: part for part in panel["part_list"]}
    assert len(parts) == 243
    assert parts["panel/p002"]["place"] == "north-hall"
    assert parts["panel/x999"]["unplaced"] is True
    assert panel["link"] == "modbus_tcp host=127.0.0.1 port=1502 unit=4"


async def test_a_part_is_found_by_its_id(seen: Built) -> None:
    async with seen.signed_in("all") as client:
        for address in ("panel/p002", "panel%2Fp002"):
            part = (await client.get(f"/api/v1/devices/{address}")).json()
            assert (part["id"], part["kind"]) == ("panel/p002", "smoke_detector")
            assert (part["place"], part["community"]) == ("north-hall", "north")
            assert part["name"]["en"] == "Detector 2"
        for gone in ("panel/p999", "panel/", "nothing", "../grid", "grid/x/y", "%00"):
            assert (await client.get(f"/api/v1/devices/{gone}")).status_code == 404


async def test_latest_keeps_what_is_unknown_unknown(seen: Built) -> None:
    async with seen.signed_in("all") as client:
        items = (await client.get("/api/v1/latest?device=grid")).json()["items"]
        by_point = {item["point"]: item for item in items}
        assert by_point["active_power"]["value"] == 1500.0
        assert by_point["active_power"]["unit"] == "W"
        assert by_point["active_power"]["quality"] == "good"
        assert by_point["active_power"]["received_at"] == "2026-09-21T14:13:20Z"
        assert (by_point["voltage_l1"]["value"], by_point["voltage_l1"]["quality"]) == (
            None, "missing",
        )  # fmt: skip
        seen.clock.now += STALE_MS + 1
        items = (await client.get("/api/v1/latest?device=grid")).json()["items"]
        stale = next(item for item in items if item["point"] == "active_power")
        assert (stale["quality"], stale["reason"]) == ("stale", "not_current")


@pytest.mark.parametrize(
    ("query", "devices"),
    [
        ("", {"grid", "north-grid", "panel", "panel/p001", "panel/p002"}),
        ("site=north", {"north-grid", "panel/p002"}),
        ("site=lobby", {"panel", "panel/p001"}),
        ("kind=smoke_detector", {"panel/p001", "panel/p002"}),
        ("device=panel", {"panel", "panel/p001", "panel/p002"}),
        ("device=panel/p002", {"panel/p002"}),
    ],
)
async def test_latest_is_filtered(seen: Built, query: str, devices: set[str]) -> None:
    async with seen.signed_in("all") as client:
        items = (await client.get(f"/api/v1/latest?{query}")).json()["items"]
    assert {item["device"] for item in items} == devices


async def test_another_branch_does_not_exist(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        rows = (await client.get("/api/v1/devices")).json()
        assert {row["id"] for row in rows} == {"north-grid", "north-smoke"}
        items = (await client.get("/api/v1/latest")).json()["items"]
        assert {item["device"] for item in items} == {"north-grid", "panel/p002"}
        span = f"start={iso(-60).replace('+', '%2B')}&end={iso(60).replace('+', '%2B')}"
        for path in (
            "devices?site=centre", "devices?site=town", "latest?site=lobby", "devices/grid",
            "latest?device=grid", "devices/panel", "devices/panel/p001",
            f"devices/grid/series?points=active_power&{span}",
            f"devices/panel/p001/series?points=smoke&{span}",
        ):  # fmt: skip
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code == 404, path
        assert (await client.get("/api/v1/devices/panel/p002")).status_code == 200


async def test_history(seen: Built) -> None:
    seen.clock.now += 10_000
    seen.heard("grid", active_power=500.0, voltage_l1=231.0)
    async with seen.signed_in("all") as client:
        query = {"points": "active_power,voltage_l1", "start": iso(), "end": iso(60)}
        raw = (await client.get("/api/v1/devices/grid/series", params=query)).json()["points"]
        assert raw["active_power"] == {
            "unit": "W",
            "data": [
                ["2026-09-21T14:13:20Z", 1500.0, "good"],
                ["2026-09-21T14:13:30Z", 500.0, "good"],
            ],
        }
        assert raw["voltage_l1"]["data"][0][1:] == [None, "missing"]
        query |= {"step": "1min", "aggregate": "mean"}
        step = (await client.get("/api/v1/devices/grid/series", params=query)).json()["points"]
        assert step["active_power"]["data"] == [["2026-09-21T14:13:20Z", 1000.0, "good"]]
        query |= {"points": "active_power", "aggregate": "count"}
        count = (await client.get("/api/v1/devices/grid/series", params=query)).json()["points"]
        assert count["active_power"] == {
            "unit": "count", "data": [["2026-09-21T14:13:20Z", 2.0, "good"]],
        }  # fmt: skip


async def test_the_history_of_a_part(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        query = {"points": "smoke", "start": iso(-1), "end": iso(60), "step": "3600"}
        answer = await client.get("/api/v1/devices/panel/p002/series", params=query)
    data = answer.json()["points"]["smoke"]["data"]
    assert [row[1:] for row in data] == [[True, "good"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": "nothing"},
        {"points": ""},
        {"points": ",".join(f"mppt{n}_power" for n in range(60))},
        {"start": "2026-11-23T00:00:00"},
        {"start": "yesterday"},
        {"end": "2020-01-01T00:00:00Z"},
        {"step": "0"},
        {"step": "-5"},
        {"step": "1 fortnight"},
        {"step": "1ms"},
        {"aggregate": "median"},
        {"points": "active_power' OR 1=1 --"},
    ],
)
async def test_what_cannot_be_asked(seen: Built, wrong: dict[str, str]) -> None:
    query = {"points": "active_power", "start": iso(), "end": iso(60)} | wrong
    async with seen.signed_in("all") as client:
        answer = await client.get("/api/v1/devices/grid/series", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_names_are_data_and_nothing_else(seen: Built) -> None:
    async with seen.signed_in("all") as client:
        answer = await client.get("/api/v1/devices/evil")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["name"]["en"] == EVIL


async def test_a_store_that_is_down_is_said_and_no_more(seen: Built) -> None:
    seen.house.store.latest()
    seen.house.store.close()
    async with seen.signed_in("all") as client:
        query = {"points": "active_power", "start": iso(), "end": iso(60)}
        answer = await client.get("/api/v1/devices/grid/series", params=query)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:sitewatch:unavailable"
        assert answer.json()["detail"] is None
        assert (await client.get("/api/v1/latest?device=grid")).status_code == 200


def test_the_fast_item_is_the_published_item() -> None:
    assert list(LatestItem.model_fields) == list(Item.__struct_fields__)


@pytest.mark.parametrize(
    "extreme",
    [
        {"start": "0001-01-01T00:00:00+23:59"},
        {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"},
        {"end": "9999-12-31T23:59:59-23:59"},
        {"end": "9999-12-31T23:59:59Z", "step": "999999999d"},
        {"step": "9" * 30},
        {"points": "active_power," * 2000},
    ],
)
async def test_extremes_are_no_error_of_ours(seen: Built, extreme: dict[str, str]) -> None:
    query = {"points": "active_power", "start": iso(), "end": iso(60)} | extreme
    async with seen.signed_in("all") as client:
        answer = await client.get("/api/v1/devices/grid/series", params=query)
    assert answer.status_code in {200, 422}, answer.text


async def test_the_rating_and_floors_are_what_the_estate_says(tmp_path: Path) -> None:
    more = """
- id: lift
  profile: generic_elevator_modbus
  place: tower
  elevator: {floors: 9, stops: 8}
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 20}}
- id: roof
  profile: goodwe_dt
  place: tower
  rating_w: 50000
  link: {modbus_tcp: {host: 127.0.0.1, port: 1502, unit: 21}}
"""
    with built(tmp_path, more=more) as town:
        town.person("all", Role.VIEWER)
        async with town.signed_in("all") as client:
            rows = {row["id"]: row for row in (await client.get("/api/v1/devices")).json()}
    assert (rows["lift"]["floors"], rows["lift"]["rating_w"]) == (9, None)
    assert (rows["roof"]["floors"], rows["roof"]["rating_w"]) == (None, 50000)
