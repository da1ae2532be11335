"""The check command: every fault at once, each with file, line, field, and what was meant."""

from pathlib import Path

import pytest

from tests.sitewatch.commands.console import run

ESTATE = """\
estate: example
timezon: Asia/Shanghai
communities:
  - id: centre
    role: center
    name: {zh: 行政中心, en: Administrative centre}
    buildngs: []
"""
DEVICES = """\
- id: m1
  profile: eastron_sdm63
  place: center
  link: {modbus_tcp: {host: 127.0.0.1, port: 502, unit: 1}}
  intervall: 5s
- id: m2
  profile: eastron_sdm630
  place: centre
  link: {modbus_tpc: {host: 127.0.0.1}}
- id: m3
  profile: eastron_sdm630
  place: centre
  link: {modbus_tcp: {hots: 127.0.0.1}}
- id: m4
  profile: eastron_sdm630
  place: centre
  link: {modbus_tcp: {host: 127.0.0.1}}
  metering: {role: sub_meter}
- id: sub-1
  profile: eastron_sdm630
  place: centre
  link: {modbus_tcp: {host: 127.0.0.1, unit: 2}}
  metering: {role: submeter, of: sub-2}
"""
PROFILE = """\
profile: mine
kind: electricity_meter
vendor: Mine
model: M1
source: mine
verified: document
modbus: {tabel: input}
points:
  voltage_l_1: {address: 0, type: float32, unit: V}
  active_power: {address: 2, type: float23, unit: kw}
  frequency: {address: 4, type: float32, unit: Hz, scal: 2, adress: 5}
"""
RULES = """\
- rule: mine
  kinds: [electricity_metre]
  point: voltage_l1
  treshold: {above: 3}
  class: fire
  severity: hihg
  title: {zh: 一, en: One}
  source: mine
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "estate.yaml": ESTATE, "devices/all.yaml": DEVICES, "profiles/mine.yaml": PROFILE,
        "rules/own.yaml": RULES,
        "routes/duty.yaml": "- {when: {kinds: fire_panel}, notfy: []}\n",
    }.items():  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


EVERY_FAULT = """\
devices/all.yaml:2: [0].profile: no profile 'eastron_sdm63'; did you mean 'eastron_sdm630' or \
'eastron_sdm230'?
devices/all.yaml:5: [0].intervall: there is no setting 'intervall' here; did you mean 'interval'?
devices/all.yaml:9: [1].link.modbus_tpc: profile 'eastron_sdm630' speaks modbus; its links are: \
modbus_tcp, modbus_rtu_tcp, modbus_rtu; did you mean 'modbus_tcp'
devices/all.yaml:13: [2].link.modbus_tcp.host: 'host' is missing
devices/all.yaml:13: [2].link.modbus_tcp.hots: there is no setting 'hots' here; did you mean 'host'?
devices/all.yaml:18: [3].metering.role: 'sub_meter' is not one of 'grid', 'generation' or \
'submeter'; did you mean 'submeter'?
devices/all.yaml:23: [4].metering.of: there is no device 'sub-2'
estate.yaml:2: timezon: there is no setting 'timezon' here; did you mean 'timezone'?
estate.yaml:5: communities[0].role: 'center' is not one of 'centre', 'compound' or 'district'; \
did you mean 'centre'?
estate.yaml:7: communities[0].buildngs: there is no setting 'buildngs' here; did you mean \
'buildings'?
profiles/mine.yaml:7: modbus.tabel: there is no setting 'tabel' here; did you mean 'table'?
profiles/mine.yaml:9: points.voltage_l_1: kind 'electricity_meter' has no point 'voltage_l_1'; \
did you mean 'voltage_l1'
profiles/mine.yaml:10: points.active_power.type: 'float23' is not one of"""


def test_every_fault_at_once(folder: Path) -> None:
    result = run("check", str(folder))
    assert (result.code, result.out) == (2, "")
    said = result.err.replace(f"{folder}/", "").splitlines()
    for wanted in EVERY_FAULT.splitlines():
        assert any(line.startswith(wanted) for line in said), (wanted, said)
    text = "\n".join(said)
    for wanted in (
        "profiles/mine.yaml:11: points.frequency.scal: there is no setting 'scal' here; "
        "did you mean 'scale'",
        "points.frequency.adress: there is no setting 'adress' here; did you mean 'address'",
        "points.active_power.unit: 'kw' cannot become 'W'; known units: W, kW, MW, mW; "
        "did you mean 'kW'?",
        "rules/own.yaml:4: [0].treshold: there is no setting 'treshold' here; did you mean "
        "'threshold'?",
        "rules/own.yaml:6: [0].severity: 'hihg' is not one of 'emergency', 'high', 'medium' or "
        "'info'; did you mean 'high'?",
        "routes/duty.yaml:1: [0].when.kinds: there is no setting 'kinds' here; "
        "did you mean 'kind'?",
        "routes/duty.yaml:1: [0].notfy: there is no setting 'notfy' here; did you mean 'notify'?",
    ):
        assert wanted in text, wanted
    assert len(set(said)) == len(said)


def test_names_of_places(folder: Path) -> None:
    text = ESTATE.replace("timezon", "timezone").replace("center", "centre")
    (folder / "estate.yaml").write_text(text.replace("    buildngs: []\n", ""), encoding="utf-8")
    (folder / "rules" / "own.yaml").write_text(
        "- {rule: water_leak, devices: [sub-9], enabled: false}\n", encoding="utf-8"
    )
    result = run("check", str(folder))
    assert "all.yaml:3: [0].place: there is no site 'center'; did you mean 'centre'?" in result.err
    (folder / "profiles" / "mine.yaml").unlink()
    (folder / "routes" / "duty.yaml").unlink()
    meter = DEVICES[DEVICES.index("- id: sub-1") :].replace(", of: sub-2", "")
    (folder / "devices" / "all.yaml").write_text(meter, encoding="utf-8")
    result = run("check", str(folder))
    wanted = "own.yaml:1: [0].devices[0]: there is no device 'sub-9'; did you mean 'sub-1'?"
    assert wanted in result.err
    (folder / "rules" / "own.yaml").unlink()
    result = run("check", str(folder))
    warning = "warning: no route tells of emergencies; they are on the page only"
    assert (result.code, result.err) == (0, f"{folder}: {warning}\n")
    assert ": good. 2 sites, 1 device with 0 parts" in result.out
