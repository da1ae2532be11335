import dataclasses

import pytest

from alerts.alarm import Alarm
from alerts.coverage import PlaceCoverage, Protection, Scene, coverage
from alerts.coverage_shares import branches
from alerts.drills import Announced, Drill
from alerts.proofs import Done, ProofBook
from alerts.texts import keys
from collectors.sample import Quality, Reason, Value
from device_configs.estate import Device
from device_configs.kinds import FUNCTIONAL_TEST
from ingest.stores.store import LatestValue
from tests.alerts.desk import START, Desk
from tests.alerts.estates import device, make_estate
from tests.alerts.registered import TODAY, day, with_test

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
        "no_data", "silent", "in_test", "shielded", "fault", "monitoring_lost", "refused", "drill",
        "not_proven",
    ):  # fmt: skip
        assert f"coverage.{reason}" in keys()


class Known:
    """What is known of tests and drills, beside the values."""

    def __init__(self, *, panel_tested: int | None = None, noted: tuple[Done, ...] = ()) -> None:
        one = panel() if panel_tested is None else with_test(panel(), day(panel_tested))
        self.estate = make_estate([one, device("lift-1", "elevator")])
        self.noted = noted
        self.drills: list[Drill] = []
        self.latest = Latest()
        self.latest.panel()
        self.latest.put("lift-1", "occupied", False)

    def drill(self, *devices: str, site: str | None = None, alarm_class: str = "fire") -> None:
        ends = START + 3_600_000
        self.drills.append(
            Drill(1, "li", "drill", alarm_class, site, devices, START - 1, ends, "li", START)
        )

    def found(self, *alarms: Alarm) -> dict[str, PlaceCoverage]:
        book = ProofBook(self.estate, self.noted)
        scene = Scene(TODAY, book, Announced(self.estate, self.drills))
        items = coverage(self.estate, self.latest.get, alarms, START, scene)
        return {f"{item.place}/{item.system}": item for item in items}


def _done(name: str, at: int, *, with_parts: bool = False) -> Done:
    return Done(1, name, FUNCTIONAL_TEST, day(at), None, with_parts, "li", None, 0)


def test_where_nobody_keeps_a_note_of_tests_nothing_is_asked() -> None:
    found = Known().found()
    assert {item.state for item in found.values()} == {Protection.PROTECTED}
    assert found["room-2/fire"].never_tested == found["room-2/fire"].units == 241
    assert found["room-2/fire"].oldest_proof is None
    assert all(branch.proven_share is None for branch in branches(found.values()))


def test_what_was_not_tested_in_time_is_degraded_and_never_unprotected() -> None:
    found = Known(panel_tested=-366).found()
    assert found["hall/fire"].state is Protection.DEGRADED
    assert found["hall/fire"].reasons == ("not_proven",)
    assert found["hall/fire"].oldest_proof == day(-366)
    assert found["hall/elevator"].state is Protection.PROTECTED
    assert Known(panel_tested=-365).found()["hall/fire"].state is Protection.PROTECTED


def test_once_one_is_tested_the_others_of_the_branch_are_asked_for() -> None:
    tests = Known(noted=(_done("panel-1/p001", -1),))
    found = tests.found()
    assert found["hall/fire"].state is Protection.PROTECTED
    assert found["room-2/fire"].state is Protection.DEGRADED
    assert (found["room-2/fire"].units, found["room-2/fire"].proven) == (241, 0)
    (lift, fire) = branches(found.values())
    assert (lift.system, lift.proven_share) == ("elevator", None)
    assert (fire.protected, fire.degraded, fire.units, fire.proven) == (1, 1, 242, 1)
    assert fire.proven_share == pytest.approx(1 / 242)
    assert fire.oldest_proof == day(-1)


def test_the_whole_panel_is_tested_with_its_parts() -> None:
    found = Known(noted=(_done("panel-1", -9, with_parts=True),)).found()
    assert {item.state for item in found.values()} == {Protection.PROTECTED}
    assert found["room-2/fire"].proven == 241
    alone = Known(noted=(_done("panel-1", -9),)).found()
    assert alone["room-2/fire"].proven == 0


def test_an_announced_test_degrades_and_one_that_nobody_announced_unprotects() -> None:
    tests = Known()
    tests.latest.put("panel-1", "test", True)
    assert tests.found()["room-2/fire"].state is Protection.UNPROTECTED
    tests.drill("panel-1")
    found = tests.found()["room-2/fire"]
    assert (found.state, found.reasons) == (Protection.DEGRADED, ("drill",))


def test_an_announced_test_that_is_too_long_unprotects() -> None:
    desk = Desk(make_estate([panel()]))
    desk.say("panel-1", 0, {"test": True, "fire": False})
    for minute in range(1, 62):
        desk.say("panel-1", minute * 60, {"test": True, "fire": False})
    alarms = [one for one in desk.repository.open_alarms() if one.rule == "fire_test_too_long"]
    desk.close()
    assert len(alarms) == 1
    tests = Known()
    tests.latest.put("panel-1", "test", True)
    tests.drill("panel-1")
    found = tests.found(*alarms)["room-2/fire"]
    assert (found.state, found.reasons) == (Protection.UNPROTECTED, ("in_test",))


def test_a_drill_degrades_what_cannot_tell_that_it_is_in_test() -> None:
    tests = Known()
    tests.drill("lift-1", alarm_class="entrapment")
    found = tests.found()
    assert (found["hall/elevator"].state, found["hall/elevator"].reasons) == (
        Protection.DEGRADED, ("drill",),
    )  # fmt: skip
    assert found["hall/fire"].state is Protection.PROTECTED


def test_the_oldest_value_tells_how_long_ago_the_place_was_heard() -> None:
    tests = Known()
    old = LatestValue("panel-1/p005", "smoke", False, Quality.GOOD, None, None, START - 5000)
    tests.latest.values["panel-1/p005", "smoke"] = old
    found = tests.found()
    assert found["room-2/fire"].heard_at == START - 5000
    assert found["hall/fire"].heard_at == START
    assert covered(Latest())["hall/fire"].heard_at is None
