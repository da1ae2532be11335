from pathlib import Path

import pytest

from alerts.alarm import Severity
from alerts.condition import Silence, Threshold
from alerts.rules import RuleSet, load_classes, load_rules
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
        assert rule.title.zh, rule.id
        assert rule.title.en, rule.id


def test_what_endangers_people_latches() -> None:
    rules = load_rules()
    latched = {rule.id for rule in rules.every() if rule.latch}
    assert {
        "smoke_detector_fire", "fire_panel_fire", "gas_alarm", "gas_concentration_low",
        "gas_concentration_high", "elevator_entrapment", "elevator_entrapment_inferred",
        "elevator_call_for_help",
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
