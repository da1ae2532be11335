import dataclasses

import pytest

from alerts.alarm import Alarm
from alerts.coverage import PlaceCoverage, Protection, coverage
from alerts.texts import keys
from collectors.sample import Quality, Reason, Value
from device_configs.estate import Device
from ingest.stores.store import LatestValue
from tests.alerts.desk import START, Desk
from tests.alerts.estates import device, make_estate

PLACES = {f"p{n:03d}": "room-2" for n in range(2, 243)}


def panel() -> Device:
    return device("panel-1", "fire_panel", parts="smoke_detector", part_places=PLACES)


class Latest:
    """The latest values of a test."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], LatestValue] = {}

    def put(self, name: str, point: str, value: Value, quality: Quality = Quality.GOOD) -> None:
        self.values[name, point] = LatestValue(name, point, value, quality, None, None, START)

    def refuse(self, name: str, point: str) -> None:
        self.values[name, point] = LatestValue(
            name, point, None, Quality.MISSING, Reason.REFUSED, None, START
        )

    def get(self, name: str, point: str) -> LatestValue | None:
        return self.values.get((name, point))

    def panel(self) -> None:
        self.put("panel-1", "fire", False)
        for n in range(1, 243):
            self.put(f"panel-1/p{n:03d}", "smoke", False)


def covered(latest: Latest, *alarms: Alarm) -> dict[str, PlaceCoverage]:
    estate = make_estate([panel(), device("lift-1", "elevator"), device("m", "electricity_meter")])
    items = coverage(estate, latest.get, alarms, START)
    return {f"{item.place}/{item.system}": item for item in items}


def test_what_was_never_heard_protects_nothing() -> None:
    found = covered(Latest())
    assert set(found) == {"hall/fire", "room-2/fire", "hall/elevator"}
    for item in found.values():
        assert item.state is Protection.UNPROTECTED
        assert item.reasons == ("no_data",)
        assert item.community == "centre"


def test_a_place_with_working_detectors_is_protected() -> None:
    latest = Latest()
    latest.panel()
    latest.put("lift-1", "occupied", False)
    found = covered(latest)
    assert {item.state for item in found.values()} == {Protection.PROTECTED}
    assert found["hall/fire"].devices == ("panel-1/p001",)


@pytest.mark.parametrize(
    ("point", "reason"), [("shielded", "shielded"), ("fault", "fault"), ("test", "in_test")]
)
def test_one_of_many_degrades_and_the_only_one_unprotects(point: str, reason: str) -> None:
    latest = Latest()
    latest.panel()
    latest.put("panel-1/p001", point, True)
    latest.put("panel-1/p077", point, True)
    found = covered(latest)
    assert found["hall/fire"].state is Protection.UNPROTECTED
    assert found["room-2/fire"].state is Protection.DEGRADED
    assert found["room-2/fire"].reasons == (reason,)
    assert found["room-2/fire"].devices == ("panel-1/p077",)


def test_a_panel_in_test_leaves_its_places_unprotected_a_panel_fault_does_not() -> None:
    latest = Latest()
    latest.panel()
    latest.put("panel-1", "fault", True)
    latest.put("panel-1", "shielded", True)
    assert covered(latest)["room-2/fire"].state is Protection.PROTECTED
    latest.put("panel-1", "test", True)
    found = covered(latest)
    assert found["room-2/fire"].state is Protection.UNPROTECTED
    assert found["room-2/fire"].reasons == ("in_test",)


def test_stale_and_missing_values_protect_nothing() -> None:
    latest = Latest()
    latest.panel()
    latest.put("panel-1/p001", "smoke", False, Quality.STALE)
    latest.put("panel-1/p002", "smoke", None, Quality.MISSING)
    found = covered(latest)
    assert found["hall/fire"].reasons == ("silent",)
    assert found["room-2/fire"].state is Protection.DEGRADED
    assert found["room-2/fire"].reasons == ("no_data",)


def test_a_panel_whose_monitoring_is_lost_takes_its_parts_along() -> None:
    desk = Desk(make_estate([panel(), device("lift-1", "elevator")]))
    desk.tick(40)
    alarms = desk.repository.open_alarms()
    desk.close()
    latest = Latest()
    latest.panel()
    latest.put("lift-1", "occupied", False)
    found = covered(latest, *alarms)
    assert {item.state for item in found.values()} == {Protection.UNPROTECTED}
    assert found["room-2/fire"].reasons == ("monitoring_lost",)
    over = [dataclasses.replace(alarm, active=False) for alarm in alarms]
    assert {item.state for item in covered(latest, *over).values()} == {Protection.PROTECTED}


def test_a_panel_counts_only_where_there_is_no_detector() -> None:
    alone = device("panel-9", "fire_panel", "gate")
    items = coverage(make_estate([alone]), Latest().get, (), START)
    assert [(item.place, item.state.value) for item in items] == [("gate", "unprotected")]


def test_a_detector_that_refuses_what_it_sees_with_protects_nobody() -> None:
    latest = Latest()
    latest.panel()
    latest.refuse("panel-1/p001", "smoke")
    latest.refuse("panel-1/p002", "smoke")
    found = covered(latest)
    assert found["hall/fire"].state is Protection.UNPROTECTED
    assert found["hall/fire"].reasons == ("no_data", "refused")
    assert found["room-2/fire"].state is Protection.DEGRADED
    assert found["room-2/fire"].devices == ("panel-1/p002",)


def test_a_refused_safety_point_degrades_what_still_sees_with_others() -> None:
    latest = Latest()
    latest.panel()
    latest.put("lift-1", "occupied", False)
    latest.refuse("lift-1", "alarm_button")
    latest.refuse("panel-1", "test")
    found = covered(latest)
    assert found["hall/elevator"].state is Protection.DEGRADED
    assert found["hall/elevator"].reasons == ("refused",)
    assert found["hall/fire"].state is Protection.DEGRADED
    assert found["hall/fire"].devices == ("panel-1",)
    assert found["room-2/fire"].state is Protection.PROTECTED


def test_a_refused_point_that_protects_nobody_is_no_matter_of_coverage() -> None:
    latest = Latest()
    latest.panel()
    latest.put("lift-1", "occupied", False)
    latest.refuse("lift-1", "trip_count")
    latest.refuse("panel-1/p001", "battery")
    assert {item.state for item in covered(latest).values()} == {Protection.PROTECTED}


def test_every_reason_has_its_words() -> None:
    for reason in (
        "no_data", "silent", "in_test", "shielded", "fault", "monitoring_lost", "refused",
    ):  # fmt: skip
        assert f"coverage.{reason}" in keys()
