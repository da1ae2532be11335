"""The rules in force over HTTP."""

from dataclasses import replace
from pathlib import Path

from prometheus_client import CollectorRegistry

from alerts.rules import load_rules
from api.app import create_app
from records.people import Role
from tests.api.house import Built

OWN = """
- {rule: smoke_detector_fire, devices: [panel], on_delay: 5s}
- {rule: smoke_detector_fire, sites: [north], severity: high}
"""


async def test_a_rule_tells_its_source_and_the_file_and_line_of_its_override(
    town: Built, tmp_path: Path
) -> None:
    folder = tmp_path / "estate"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "own.yaml").write_text(OWN, encoding="utf-8")
    rules = load_rules(folder)
    own = replace(
        town, app=create_app(replace(town.house, rules=lambda: rules, registry=CollectorRegistry()))
    )
    town.person("li", Role.OPERATOR)
    town.person("north", Role.OPERATOR, sites=("north",))
    async with own.signed_in("li") as li, own.signed_in("north") as north:
        found = (await li.get("/api/v1/rules")).json()
        less = (await north.get("/api/v1/rules")).json()
    versions = [rule for rule in found if rule["rule"] == "smoke_detector_fire"]
    general, panel, branch = versions
    assert general["own"] is False
    assert general["source"]
    assert (panel["devices"], panel["on_delay_s"], panel["own"]) == (["panel"], 5.0, True)
    assert panel["origin"]["on_delay"] == "rules/own.yaml:2"
    assert panel["origin"]["severity"].startswith("default_rules/")
    assert (branch["sites"], branch["severity"]) == (["north"], "high")
    seen = [rule for rule in less if rule["rule"] == "smoke_detector_fire"]
    assert seen == [general, branch]
