from pathlib import Path

from alerts.names import name_faults
from alerts.routes import Routes, load_routes
from alerts.rules import load_rules
from tests.alerts.estates import make_estate


def test_what_the_estate_does_not_have_is_told(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "routes").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(
        "- {rule: water_leak, devices: [leak-1, leak-9], severity: medium}\n"
        "- {rule: gate_fault, sites: [east, west], enabled: false}\n",
        encoding="utf-8",
    )
    (tmp_path / "routes" / "own.yaml").write_text(
        '- {when: {site: [east, nowhere, example]}, notify: [{webhook: {url: "http://a/b"}}]}\n',
        encoding="utf-8",
    )
    faults = name_faults(tmp_path, make_estate(), load_rules(tmp_path), load_routes(tmp_path))
    assert {(fault.field, fault.message) for fault in faults} == {
        ("gate_fault.sites", "there is no site 'west'"),
        ("water_leak.devices", "there is no device 'leak-9'"),
        ("[0].when.site", "'example' is the whole estate; leave 'site' out to mean it"),
        ("[0].when.site", "there is no site 'nowhere'"),
    }


def test_the_defaults_name_nothing(tmp_path: Path) -> None:
    assert name_faults(tmp_path, make_estate(), load_rules(), Routes()) == []
