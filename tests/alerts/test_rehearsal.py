from collections.abc import Iterator, Sequence

from alerts.activity import Activity, difference
from alerts.rehearsal import Span, gaps, make_stage, real, rehearse, untold
from alerts.rules import load_rules
from collectors.sample import Sample
from tests.alerts.desk import START, Desk, sample
from tests.alerts.estates import device, make_estate

RULES = load_rules()
HOUR = 3_600_000


def history() -> list[Sample]:
    """Six hours of a panel, a leak sensor and a residual current that is once too high."""
    found = []
    for second in range(0, 6 * 3600, 10):
        high = 7200 <= second < 7800
        found.append(sample("rcm-1", {"residual_current_1": 400.0 if high else 20.0}, second))
        found.append(sample("panel-1/p001", {"smoke": 10_000 <= second < 10_100}, second))
        found.append(sample("panel-1/p003", {"smoke": 10_050 <= second < 10_100}, second))
    return found


def portions(samples: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    for begin in range(0, len(samples), 1000):
        yield samples[begin : begin + 1000]


def would(
    samples: Sequence[Sample], rule: str | None = None, blind: Sequence[Span] = ()
) -> list[Activity]:
    devices = [device("rcm-1", "electrical_fire_detector"),
               device("panel-1", "fire_panel", parts="smoke_detector")]  # fmt: skip
    stage = make_stage(make_estate(devices), RULES, rule, None)
    span = START + HOUR, START + 6 * HOUR
    found, judged = rehearse(stage, portions(samples), span, HOUR, blind, lambda _: None)
    assert judged == len(samples)
    return found


def test_it_says_what_live_judging_said() -> None:
    samples = history()
    found = would(samples)
    desk = Desk(make_estate([device("rcm-1", "electrical_fire_detector"),
                             device("panel-1", "fire_panel", parts="smoke_detector")]))  # fmt: skip
    for one in samples:
        second = (one.received_at - START) / 1000
        desk.feed(one)
        if desk.evaluator.loud():
            desk.now_s = second
            desk.commit()
        desk.evaluator.tick(one.received_at, one.received_at)
    desk.tick(6 * 3600)
    stage = make_stage(desk.estate, RULES, None, None)
    live = real(desk.engine, stage, (START + HOUR, START + 6 * HOUR))
    desk.close()
    compared = difference(found, live)
    assert {one.key.rule for one in compared.same} == {
        "residual_current_high", "smoke_detector_fire", "confirmed_fire",
    }  # fmt: skip
    assert not compared.new
    assert not compared.no_longer


def test_one_rule_is_tried_with_those_that_it_joins() -> None:
    found = would(history(), "confirmed_fire")
    assert [one.key.rule for one in found] == ["confirmed_fire"]


def test_a_time_in_which_the_service_did_not_run_is_no_silence() -> None:
    samples = [one for one in history() if not 3 * HOUR < one.received_at - START < 4 * HOUR]
    silent = [one for one in would(samples) if one.key.rule == "monitoring_lost"]
    assert {one.key.device for one in silent} == {"rcm-1", "panel-1"}
    blind = gaps([(START, START + 3 * HOUR), (START + 4 * HOUR, START + 6 * HOUR)])
    assert blind[:2] == [(0, START), (START + 3 * HOUR, START + 4 * HOUR)]
    assert blind[2][0] == START + 6 * HOUR
    assert not [one for one in would(samples, None, blind) if one.key.rule == "monitoring_lost"]


def test_runs_that_touch_leave_no_gap() -> None:
    assert [span[0] for span in gaps([(5, 9), (1, 5), (7, 8)])] == [0, 9]
    assert gaps([]) == []


def test_imported_history_is_judged_but_its_silence_is_not() -> None:
    sparse = [one for one in history() if one.received_at % 900_000 < 10_000]
    sparse.append(sample("panel-1/p005", {"smoke": True}, 9000))
    sparse.sort(key=lambda one: one.received_at)
    found = would(sparse, None, [(0, START + 6 * HOUR)])
    rules = {one.key.rule for one in found}
    assert "smoke_detector_fire" in rules
    assert "monitoring_lost" not in rules
    assert "monitoring_lost" in {one.key.rule for one in would(sparse)}


def test_a_site_has_its_devices_only() -> None:
    estate = make_estate()
    stage = make_stage(estate, RULES, None, "east")
    assert stage.has("meter-1")
    assert not stage.has("panel-1/p001")
    assert not stage.has("sitewatch")
    assert "channel_failed" in untold(RULES)
    assert "pv_behind_irradiance" in untold(RULES)
    assert "night_water_flow" not in untold(RULES)
