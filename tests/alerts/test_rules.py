from pathlib import Path

import pytest

from alerts.alarm import Severity
from alerts.condition import Silence, Threshold
from alerts.rule import Rule
from alerts.rules import RuleSet, load_classes, load_rules
from alerts.watch import Plan
from device_configs.faults import InvalidConfigError
from device_configs.kinds import kinds


def write(folder: Path, text: str) -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "own.yaml").write_text(text, encoding="utf-8")
    return folder


def threshold(rules: RuleSet, rule: str, device: str, sites: tuple[str, ...] = ()) -> float | None:
    found = rules.chosen("electrical_fire_detector", device, sites, part=False)
    condition = next(r.condition for r in found if r.id == rule)
    assert isinstance(condition, Threshold)
    return condition.above


def test_every_kind_has_rules_and_every_rule_a_source() -> None:
    rules = load_rules()
    for kind in kinds():
        chosen = rules.chosen(kind, "x", (), part=False)
        assert chosen, kind
        if kind != "service":
            assert any(isinstance(rule.condition, Silence) for rule in chosen), kind
    for rule in rules.every():
        assert rule.source.strip(), rule.id
        assert rule.confidence is not None, rule.id
        assert rule.title.zh, rule.id
        assert rule.title.en, rule.id


def test_what_endangers_people_latches() -> None:
    rules = load_rules()
    latched = {rule.id for rule in rules.every() if rule.latch}
    assert {
        "smoke_detector_fire", "fire_panel_fire", "gas_alarm", "gas_concentration_low",
        "gas_concentration_high", "elevator_entrapment", "elevator_entrapment_inferred",
        "elevator_call_for_help", "call_point_pressed", "confirmed_fire", "pile_fault_bit",
        "pv_inverter_fault_bit", "elevator_entrapment_code", "confirmed_fire_zone", "rescue_late",
    } == latched  # fmt: skip


def test_safety_kinds_lose_monitoring_and_others_go_offline() -> None:
    rules = load_rules()
    lost, offline = rules.find("monitoring_lost"), rules.find("device_offline")
    assert lost is not None
    assert offline is not None
    assert not lost.kinds & offline.kinds
    assert lost.kinds | offline.kinds == set(kinds()) - {"service"}
    assert lost.severity.rank < offline.severity.rank
    systems = {kinds()[kind].system.value for kind in lost.kinds}
    assert systems == {"fire", "elevator"}


def test_an_estate_changes_a_default_and_keeps_the_rest(tmp_path: Path) -> None:
    own = "- {rule: residual_current_high, threshold: {above: 500, deadband: 50}}\n"
    rules = load_rules(write(tmp_path, own))
    assert threshold(rules, "residual_current_high", "a") == 500
    rule = rules.find("residual_current_high")
    assert rule is not None
    assert rule.severity is Severity.HIGH
    assert rule.on_delay_ms == 5000


def test_an_estate_changes_a_default_for_one_device_or_site(tmp_path: Path) -> None:
    own = """
- {rule: residual_current_high, devices: [rcm-7], threshold: {above: 500}}
- {rule: residual_current_high, sites: [east], enabled: false}
"""
    rules = load_rules(write(tmp_path, own))
    assert threshold(rules, "residual_current_high", "rcm-1", ("centre",)) == 300
    assert threshold(rules, "residual_current_high", "rcm-7", ("centre",)) == 500
    there = rules.chosen("electrical_fire_detector", "rcm-9", ("east",), part=False)
    assert "residual_current_high" not in {rule.id for rule in there}
    assert "cable_temperature_high" in {rule.id for rule in there}


def test_an_estate_adds_a_rule(tmp_path: Path) -> None:
    own = """
- rule: tank_of_block_c
  kinds: [water_tank]
  point: level
  threshold: {below: 1.8, deadband: 0.1}
  class: fire_water
  severity: high
  title: {zh: 水箱, en: Tank}
  source: drawing W-12
  devices: [tank-3]
"""
    rules = load_rules(write(tmp_path, own))
    assert {r.id for r in rules.chosen("water_tank", "tank-3", (), part=False)} >= {
        "tank_of_block_c", "fire_tank_level_low",
    }  # fmt: skip
    others = rules.chosen("water_tank", "tank-4", (), part=False)
    assert "tank_of_block_c" not in {r.id for r in others}


def test_every_fault_of_every_file_is_told_with_its_line(tmp_path: Path) -> None:
    own = """
- rule: a
  kinds: [water_tank]
  point: depth
  threshold: {below: 1}
  class: fire_watr
  severity: high
  title: {zh: 水箱, en: Tank}
  source: x
- rule: b
  kinds: [smoke_detector]
  point: smoke
  state: "yes"
  class: fire
  severity: worst
  title: {zh: 烟, en: Smoke}
  source: x
- {rule: smoke_detector_fire, kinds: [smoke_detectr]}
- {rule: voltage_l1_high, state: 7, threshold: {above: 3}}
- {rule: pv_inverter_fault, state: broken}
- {rule: pile_fault_bit, on_dely: 5s}
"""
    write(tmp_path, own)
    (tmp_path / "rules" / "second.yaml").write_text("rule: c\n", encoding="utf-8")
    with pytest.raises(InvalidConfigError) as error:
        load_rules(tmp_path)
    text = str(error.value)
    assert "own.yaml:6: [0].class: there is no class 'fire_watr' but" in text
    assert "kind 'water_tank' has no point 'depth'" in text
    assert "own.yaml:15" in text
    assert "there is no kind 'smoke_detectr'" in text
    assert "give exactly one condition" in text
    assert "'broken' is not a value of state: off" in text
    assert "there is no setting 'on_dely' here" in text
    assert "second.yaml:1: a file of rules is a list of rules" in text


def test_classes_are_complete() -> None:
    classes = load_classes()
    assert all(rule.alarm_class in classes for rule in load_rules().every())
    assert classes["fire"].shelve_max is None
    assert not classes["monitoring_lost"].drillable


PRESSURE = "- {rule: fire_water_pressure_low, threshold: {below: 130}}\n"
OTHER = "- {rule: fire_water_pressure_low, on_delay: 30s}\n"
LATE = "- {rule: fire_water_pressure_low, devices: [p-1], severity: emergency}\n"


def low(rules: RuleSet, sites: tuple[str, ...], device: str = "p-1") -> Rule:
    found = rules.chosen("water_pressure", device, sites, part=False)
    return next(rule for rule in found if rule.id == "fire_water_pressure_low")


def limit(rule: Rule) -> float | None:
    assert isinstance(rule.condition, Threshold)
    return rule.condition.below


def test_the_fire_class_of_a_building_sets_its_limits(tmp_path: Path) -> None:
    rules = load_rules()
    assert limit(low(rules, ("hall",))) == 100
    assert limit(low(rules, ("hall", "high_rise_1"))) == 100
    assert limit(low(rules, ("hall", "above_100_m"))) == 150
    assert limit(low(rules, ("hall", "other_public"))) == 70


def test_each_entry_changes_what_it_gives_and_the_last_one_wins(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, OTHER))
    assert limit(low(rules, ("above_100_m",))) == 150
    assert low(rules, ("above_100_m",)).on_delay_ms == 30_000
    rules = load_rules(write(tmp_path, PRESSURE))
    assert limit(low(rules, ("above_100_m",))) == 130
    rules = load_rules(write(tmp_path, LATE + PRESSURE + OTHER))
    found = low(rules, ("above_100_m",))
    assert (limit(found), found.severity, found.on_delay_ms) == (130, Severity.EMERGENCY, 30_000)
    assert low(rules, (), "p-2").severity is Severity.HIGH
    assert low(rules, ()) is low(rules, ())


def test_an_entry_for_some_kinds_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    own = "- {rule: detector_battery_level, kinds: [smoke_detector], threshold: {below: 30}}\n"
    rules = load_rules(write(tmp_path, own))
    found = {
        kind: next(
            limit(rule) for rule in rules.chosen(kind, "x", (), part=False)
            if rule.id == "detector_battery_level"
        )
        for kind in ("smoke_detector", "gas_detector")
    }  # fmt: skip
    assert found == {"smoke_detector": 30, "gas_detector": 20}


def test_an_entry_can_bring_a_rule_to_another_kind(tmp_path: Path) -> None:
    own = """
- {rule: module_temperature_high, kinds: [pv_inverter], point: temperature, threshold: {above: 60}}
"""
    rules = load_rules(write(tmp_path, own))
    for kind, point in (("pv_inverter", "temperature"), ("weather_station", "module_temperature")):
        chosen = rules.chosen(kind, "x", (), part=False)
        assert [r.point for r in chosen if r.id == "module_temperature_high"] == [point]


def test_an_entry_for_some_points_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    own = """
- {rule: residual_current_high, points: [residual_current_2], threshold: {above: 500}}
- {rule: residual_current_high, points: [residual_current_3], enabled: false}
- {rule: residual_current_high, devices: [rcm-1], on_delay: 1s}
"""
    rules = load_rules(write(tmp_path, own))
    for device, delay in (("rcm-1", 1000), ("rcm-2", 5000)):
        plan = Plan("electrical_fire_detector", rules.chosen(
            "electrical_fire_detector", device, (), part=False))  # fmt: skip
        found = {
            n: [r for r in plan.rules_of(f"residual_current_{n}")
                if r.id == "residual_current_high"]
            for n in (1, 2, 3)
        }  # fmt: skip
        assert [[above(r) for r in found[n]] for n in (1, 2, 3)] == [[300], [500], []]
        assert {r.on_delay_ms for n in found for r in found[n]} == {delay}


def above(rule: Rule) -> float | None:
    assert isinstance(rule.condition, Threshold)
    return rule.condition.above


def test_a_rule_tells_where_each_setting_comes_from(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, "\n" + LATE))
    origin = low(rules, ()).origin
    assert origin["severity"] == "rules/own.yaml:2"
    assert origin["threshold"].startswith("default_rules/fire.yaml:")


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("- {rule: residual_current_high, points: [residual_curent_2]}", "is none of"),
        ("- {rule: residual_current_high, kinds: []}", "is for no kind"),
        ("- {rule: smoke_detector_fire, points: [smoke]}", "whose point is a pattern"),
        ("- {rule: confirmed_fire, together: {rules: [smoke_detector_fre]}}", "did you mean"),
        ("- {rule: confirmed_fire, together: {rules: [confirmed_fire]}}", "to be joined"),
        ("- {rule: pv_temperature_high, rate: {above: 3}}", "'per' is missing"),
        ("- {rule: pile_hot, increase: {above: 3, within: 1h}}", "is no counter"),
        ("- {rule: samples_dropped, rate: {above: 3, per: 1h}}", "is a counter"),
        ("- {rule: pile_fault_state, count: {of: {state: broken}, at_least: 2, within: 1h}}",
         "'broken' is not a value of state"),
        ("- {rule: pile_hot, deviation: {of: baseline, above: 2}}", "is no counter"),
        ("- {rule: night_water_flow, deviation: {of: peers, above: 2}}", "no active energy"),
        ("- {rule: pile_hot, threshold: {above: 1, of_rating: true}}", "only powers"),
        ("- {rule: pile_hot, expression: 'temperature > voltage_l1'}", "units differ"),
        ("- {rule: pile_hot, expression: 'tempreature > 3'}", "did you mean 'temperature'?"),
        ("- {rule: water_leak, fire_classes: [tall]}", "is not one of"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_file_and_line(tmp_path: Path, own: str, says: str) -> None:
    with pytest.raises(InvalidConfigError) as error:
        load_rules(write(tmp_path, f"# mine\n{own}\n"))
    assert all("own.yaml:2" in str(fault) for fault in error.value.faults)
    assert says in str(error.value)
