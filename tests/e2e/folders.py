"""Estate folders for the e2e tests."""

from collections.abc import Sequence
from pathlib import Path

from tests.device_configs.estates import ESTATE, write

QUICK = """\
- {rule: smoke_detector_fire, off_delay: 2s}
- {rule: elevator_entrapment, off_delay: 2s}
"""
ALONE = """\
- {rule: confirmed_fire, enabled: false}
"""
HALL = """\
  - id: compound-1
    role: compound
    name: {zh: 第一办公区, en: Compound 1}
    places: [{id: hall, name: {zh: 大厅, en: Hall}}]
"""
METER_POINTS = {
    "voltage_l1": "Phase 1 Line To Neutral Volts",
    "voltage_l2": "Phase 2 Line To Neutral Volts",
    "voltage_l3": "Phase 3 Line To Neutral Volts",
    "current_l1": "Phase 1 Current",
    "active_power_l1": "Phase 1 Power",
    "active_power": "Total System Power",
    "frequency": "Frequency Of Supply Voltages",
    "active_energy_import": "Total Import KWh",
    "active_energy_export": "Total Export KWh",
}
"""Our point to the capture's name for it."""


def meter(port: int, name: str = "m1", interval: str = "1s", unit: int = 1) -> str:
    """One SDM630 on a loopback port."""
    link = f"{{modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: {unit}}}}}"
    return f"- {{id: {name}, profile: eastron_sdm630, place: centre, link: {link}, interval: {interval}}}\n"  # noqa: E501


def smoke(names: Sequence[str]) -> str:
    """Smoke detectors over MQTT."""
    return "".join(
        f"- {{id: {name}, profile: zigbee2mqtt_smoke, place: centre, interval: 1h, "
        f"link: {{mqtt: {{topic: zigbee2mqtt/{name}}}}}}}\n"
        for name in names
    )


def gate(name: str = "gate-1", interval: str = "1h") -> str:
    """An access gate over MQTT, whose payloads have an identity."""
    link = f"{{mqtt: {{topic: v1/centre/gate/{name}}}}}"
    return (
        f"- {{id: {name}, profile: generic_access_gate_mqtt, place: centre, link: {link}, "
        f"interval: {interval}}}\n"
    )


def panel(port: int, parts: str = "[]") -> str:
    """A fire panel over Modbus."""
    link = f"{{modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: 1}}}}"
    return (
        f"- {{id: panel-1, profile: generic_fire_panel_modbus, place: hall, link: {link}, "
        f"interval: 500ms, parts: {parts}}}\n"
    )


def lift(name: str = "lift-1") -> str:
    """An elevator over MQTT."""
    link = f"{{mqtt: {{topic: v1/centre/elevator/{name}}}}}"
    return f"- {{id: {name}, profile: generic_elevator_mqtt, place: centre, link: {link}, interval: 1h}}\n"  # noqa: E501


def webhook(url: str) -> str:
    """A route of everything that is urgent to one webhook."""
    return f'- {{when: {{severity: [emergency, high]}}, notify: [{{webhook: {{url: "{url}"}}}}]}}\n'


def estate(folder: Path, devices: str, routes: str = "[]\n", *, confirmed: bool = True) -> Path:
    """An estate of one centre.

    Without `confirmed` each detector is one alarm, whatever others at its place say: it is counted.
    """
    return write(
        folder / "estate",
        {
            "estate.yaml": ESTATE + HALL,
            "devices/all.yaml": devices,
            "routes/duty.yaml": routes,
            "rules/quick.yaml": QUICK if confirmed else QUICK + ALONE,
        },
    )
