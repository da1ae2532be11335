"""Proofs and rescues by the interface: who may, what is refused, and what is kept."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alerts.alarm import Severity
from records.people import Role
from tests.api.house import NOW, Built, built

LIFT = """
- id: lift
  profile: generic_elevator_mqtt
  place: lobby
  link: {mqtt: {}}
  elevator:
    registration_code: "31103204002016000001"
    rescue_code: WJ1234
    firm: {name: {zh: 某电梯公司, en: Lift firm}, phone: "0519-88880000"}
    maintained: 2026-09-10
    next_inspection: 2026-09-01
    load_kg: 1000
"""
TODAY = dt.datetime.fromtimestamp(NOW / 1000, dt.timezone(dt.timedelta(hours=8))).date()


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with built(tmp_path_factory.mktemp("house"), more=LIFT) as made:
        made.person("keeper", Role.MAINTAINER)
        made.person("viewer", Role.VIEWER)
        made.person("north", Role.MAINTAINER, sites=("north",))
        yield made


async def _get(house: Built, path: str, name: str = "keeper") -> Any:
    async with house.signed_in(name) as client:
        return await client.get(f"/api/v1/{path}")


async def _post(house: Built, path: str, body: Mapping[str, object], name: str = "keeper") -> Any:
    async with house.signed_in(name) as client:
        return await client.post(f"/api/v1/{path}", json=body)


async def test_an_elevator_shows_its_register_and_where_it_stands(house: Built) -> None:
    found = (await _get(house, "devices/lift/proofs", "viewer")).json()
    assert found["elevator"]["registration_code"] == "31103204002016000001"
    assert found["elevator"]["firm"]["phone"] == "0519-88880000"
    standings = {one["kind"]: one for one in found["standings"]}
    assert (standings["inspection"]["due_on"], standings["inspection"]["overdue"]) == (
        "2026-09-01", dt.date(2026, 9, 1) < TODAY,
    )  # fmt: skip
    assert standings["maintenance"]["due_on"] == "2026-09-25"
    assert standings["functional_test"]["due_on"] is None
    assert not standings["functional_test"]["overdue"]


async def test_a_proof_is_noted_by_name_and_taken_back(house: Built) -> None:
    done = {"kind": "maintenance", "done_on": TODAY.isoformat(), "note": "all in order"}
    answer = await _post(house, "devices/lift/proofs", done)
    assert answer.status_code == 201
    noted = answer.json()
    assert (noted["by"], noted["note"]) == ("person:keeper", "all in order")
    found = (await _get(house, "devices/lift/proofs")).json()
    standings = {one["kind"]: one for one in found["standings"]}
    due = (TODAY + dt.timedelta(days=15)).isoformat()
    assert standings["maintenance"]["due_on"] == due
    back = await _post(house, f"proofs/{noted['id']}/take-back", {})
    assert back.json()["taken_back_by"] == "person:keeper"
    assert (await _post(house, f"proofs/{noted['id']}/take-back", {})).status_code == 409
    found = (await _get(house, "devices/lift/proofs")).json()
    assert found["standings"][1]["due_on"] == "2026-09-25"
    assert [one["id"] for one in found["proofs"]] == [noted["id"]]


@pytest.mark.parametrize(
    ("device", "body", "status"),
    [
        ("lift", {"kind": "maintenance", "done_on": "2999-01-01"}, 409),
        ("lift", {"kind": "inspection", "done_on": "2026-01-01"}, 409),
        ("panel", {"kind": "maintenance", "done_on": "2026-01-01"}, 409),
        ("panel/p001", {"kind": "functional_test", "done_on": "2026-01-01", "with_parts": 1}, 422),
        ("lift", {"kind": "maintenance"}, 422),
        ("nobody", {"kind": "maintenance", "done_on": "2026-01-01"}, 404),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    house: Built, device: str, body: dict[str, object], status: int
) -> None:
    assert (await _post(house, f"devices/{device}/proofs", body)).status_code == status


async def test_who_may_not_see_it_does_not_note_it(house: Built) -> None:
    body: dict[str, object] = {"kind": "functional_test", "done_on": "2026-01-01"}
    assert (await _post(house, "devices/lift/proofs", body, "north")).status_code == 404
    assert (await _post(house, "devices/lift/proofs", body, "viewer")).status_code == 403
    noted = (await _post(house, "devices/lift/proofs", body)).json()
    back = await _post(house, f"proofs/{noted['id']}/take-back", {}, "north")
    assert back.status_code == 404
    assert (await _post(house, "proofs/999/take-back", {})).status_code == 404


async def test_the_parts_of_a_panel_are_tested_with_it(house: Built) -> None:
    body: dict[str, object] = {
        "kind": "functional_test", "done_on": "2026-08-01", "with_parts": True,
    }  # fmt: skip
    await _post(house, "devices/panel/proofs", body)
    part = (await _get(house, "devices/panel/p001/proofs")).json()
    assert part["standings"][0]["done_on"] == "2026-08-01"
    assert part["elevator"] is None


async def test_the_steps_of_a_rescue(house: Built) -> None:
    number = house.alarm("lift", Severity.EMERGENCY, rule="elevator_entrapment")
    answer = await _post(house, f"alarms/{number}/rescue", {"step": "on_site"})
    assert answer.status_code == 409
    assert "rescue clock" in answer.json()["title"] or "rescue clock" in answer.json()["detail"]
    missing = await _post(house, "alarms/999/rescue", {"step": "on_site"})
    assert missing.status_code == 404
    wrong = await _post(house, f"alarms/{number}/rescue", {"step": "home"})
    assert wrong.status_code == 422
