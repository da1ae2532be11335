from alerts.activity import TOLERANCE_MS, Activity, activities, difference, tallies
from alerts.watch import Key
from records.engine import reading
from tests.alerts.desk import START, Desk

SMOKE = Key("smoke_detector_fire", "smoke-1", "smoke")
LEAK = Key("water_leak", "leak-1", "water_leak")


def at(key: Key, start: int, end: int | None) -> Activity:
    return Activity(key, start, end)


def test_alarms_that_come_and_go_are_times_of_activity() -> None:
    desk = Desk()
    for moment, on in ((1, True), (10, False), (200, True), (210, False), (400, True)):
        desk.say("leak-1", moment, {"water_leak": on})
        desk.tick(moment + 100)
    with reading(desk.engine) as connection:
        found = [one for one in activities(connection, 0, START * 2) if one.key == LEAK]
        later = activities(connection, START + 300_000, START * 2)
        before = activities(connection, 0, START + 150_000)
    desk.close()
    assert [(one.start - START, one.end and one.end - START) for one in found] == [
        (1000, 110_000), (200_000, 310_000), (400_000, None),
    ]  # fmt: skip
    assert [one.start - START for one in later if one.key == LEAK] == [200_000, 400_000]
    assert [one.start - START for one in before if one.key == LEAK] == [1000]


def test_what_overlaps_is_the_same_and_all_else_differs() -> None:
    would = [at(SMOKE, 0, 1000), at(SMOKE, 500_000, 600_000), at(LEAK, 0, None)]
    was = [at(SMOKE, 900, 5000), at(LEAK, 900_000, 900_001), at(LEAK, -9_000_000, -8_000_000)]
    found = difference(would, was)
    assert found.same == [would[0], would[2]]
    assert found.new == [would[1]]
    assert found.no_longer == [was[2]]
    near = difference([at(SMOKE, 0, 0)], [at(SMOKE, TOLERANCE_MS, TOLERANCE_MS + 1)])
    assert len(near.same) == 1
    assert len(difference([at(SMOKE, 0, 0)], [at(SMOKE, TOLERANCE_MS + 1, None)]).new) == 1


def test_each_rule_is_counted() -> None:
    would = [at(SMOKE, 0, 1000), at(SMOKE, 5000, None)]
    was = [at(LEAK, 0, 1)]
    found = list(tallies(would, difference(would, was), 10_000))
    assert [(t.rule, t.raised, t.still, t.active_ms, t.longest_ms) for t in found] == [
        (SMOKE.rule, 2, 1, 6000, 5000), (LEAK.rule, 0, 0, 0, 0),
    ]  # fmt: skip
    assert [(t.same, t.new, t.no_longer) for t in found] == [(0, 2, 0), (0, 0, 1)]
