"""Estate folders for tests, written from plain text."""

from pathlib import Path

ESTATE = """\
estate: example
timezone: Asia/Shanghai
communities:
  - {id: centre, role: centre, name: {zh: 行政中心, en: Administrative centre}}
"""
METER = """\
- id: m1
  profile: eastron_sdm630
  place: centre
  link: {modbus_tcp: {host: 127.0.0.1, port: 502, unit: 1}}
  interval: 5s
"""
SMOKE = """\
- id: smoke-1
  profile: zigbee2mqtt_smoke
  place: centre
  link: {mqtt: {topic: zigbee2mqtt/smoke-1}}
"""
DUTY = """\
- {when: {severity: emergency}, notify: [{webhook: {url: "http://127.0.0.1:9000/hook"}}]}
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of an estate folder; names are relative to it."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def smallest(folder: Path) -> Path:
    """The smallest whole estate, as the README and the design show it."""
    return write(
        folder,
        {
            "estate.yaml": ESTATE,
            "devices/meter.yaml": METER,
            "devices/smoke.yaml": SMOKE,
            "routes/duty.yaml": DUTY,
        },
    )
