from pathlib import Path

from alerts.names import name_faults
from alerts.routes import load_routes
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
    load_rules(tmp_path)
    load_routes(tmp_path)
    faults = name_faults(tmp_path, make_estate())
    whole = "'example' is the whole estate; leave 'site' out to mean it"
    assert {(Path(f.file).parent.name, f.line, f.field, f.message) for f in faults} == {
        ("rules", 2, "[1].sites[1]", "there is no site 'west'; did you mean 'east'?"),
        ("rules", 1, "[0].devices[1]", "there is no device 'leak-9'; did you mean 'leak-1'?"),
        ("routes", 1, "[0].when.site[2]", whole),
        ("routes", 1, "[0].when.site[1]", "there is no site 'nowhere'"),
    }


def test_maintenance_names_what_there_is_and_parts_too(tmp_path: Path) -> None:
    (tmp_path / "maintenance").mkdir()
    (tmp_path / "maintenance" / "own.yaml").write_text(
        "- {on: {class: fire, site: nowhere}, team: guards}\n"
        "- {plan: a, devices: [panel-1/p002, panel-1/p999, lift-1], every: 15d, title: x}\n"
        "- {plan: b, kinds: [elevator], sites: [wset], every: 15d, title: x}\n",
        encoding="utf-8",
    )
    faults = name_faults(tmp_path, make_estate())
    assert {(f.line, f.field, f.message.partition(";")[0]) for f in faults} == {
        (1, "[0].on.site", "there is no site 'nowhere'"),
        (2, "[1].devices[1]", "there is no device 'panel-1/p999'"),
        (3, "[2].sites[0]", "there is no site 'wset'"),
    }


def test_the_defaults_name_nothing(tmp_path: Path) -> None:
    assert name_faults(tmp_path, make_estate()) == []
