"""Every captured MQTT payload decodes to what its source says; `capture` stands on nothing else.

Expected values come from the capture, or from the payload itself where the capture names none:
a table here says where each point stands there, and the factor its maker documents.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from collectors.payload import Decoded, decode, plans
from collectors.sample import Reason
from device_configs.point_mapping import Verified
from tests.collectors.mqtt_devices import PROFILES, library_profile
from tests.replay_server import load_capture

Place = tuple[str | int, ...]


def phases(pattern: str, names: Sequence[str]) -> dict[str, tuple[Place, float]]:
    """`voltage_l{n}` of three phases that stand under three names of one object."""
    return {pattern.format(n=n): ((name,), 1.0) for n, name in enumerate(names, 1)}


def abc(pattern: str, key: str) -> dict[str, tuple[Place, float]]:
    return phases(pattern, [f"{phase}_{key}" for phase in "abc"])


@dataclass(frozen=True)
class Case:
    """How one captured payload comes to one profile, and what it must give."""

    device: str
    """How the capture's name of the device begins."""
    profile: str
    topic: str
    """The suffix it comes by."""
    expected: Mapping[str, tuple[str, float]]
    """Expected value of the capture to the point it is, and its factor to the stored unit."""
    payload: Mapping[str, tuple[Place, float]] = field(default_factory=dict)
    """Further points: where in the payload they stand, and their factor to the stored unit."""
    no_point: Mapping[str, str] = field(default_factory=dict)
    """Expected values that are no point of the profile, and why."""
    inside: Place = ()
    """The part of the captured document that this topic carries."""
    special: Mapping[str, str] = field(default_factory=dict)
    """Expected values that a test of their own compares, and the points they are."""

    def points(self) -> set[str]:
        """Every point that is compared."""
        found = {point for point, _ in self.expected.values()} | set(self.payload)
        return found | {name for names in self.special.values() for name in names.split()}


SWITCH = {
    "voltage_l1": (("voltage",), 1.0),
    "current_l1": (("current",), 1.0),
}
TASMOTA = ("StatusSNS", "ENERGY")
CASES = (
    Case(
        "Shelly Pro 3EM", "shelly_gen2_em", "status/em:0",
        {
            "power_W": ("active_power", 1), "voltage_L1_V": ("voltage_l1", 1),
            "current_L1_A": ("current_l1", 1), "neutral_current_A": ("current_n", 1),
        },
        {
            **abc("voltage_l{n}", "voltage"), **abc("current_l{n}", "current"),
            **abc("active_power_l{n}", "act_power"), **abc("apparent_power_l{n}", "aprt_power"),
            **abc("power_factor_l{n}", "pf"), "frequency": (("a_freq",), 1),
            "apparent_power": (("total_aprt_power",), 1),
            "current_total": (("total_current",), 1),
        },
    ),
    Case(
        "Shelly Gen1 1PM", "shelly_gen1_pm", "info",
        {"power_W": ("active_power", 1), "energy_Wh": ("active_energy_import", 1)},
    ),
    Case(
        "Shelly Gen1 1PM", "shelly_gen1_pm", "relay/0/power", {"power_W": ("active_power", 1)},
        no_point={"energy_Wh": "comes by a topic of its own"}, inside=("meters", 0, "power"),
    ),
    Case(
        "Shelly Gen1 1PM", "shelly_gen1_pm", "relay/0/energy",
        {"energy_Wh": ("active_energy_import", 1)},
        no_point={"power_W": "comes by a topic of its own"}, inside=("meters", 0, "total"),
    ),
    Case(
        "Shelly Gen2 switch", "shelly_gen2_switch", "status/switch:0",
        {"power_W": ("active_power", 1), "energy_Wh": ("active_energy_import", 1)},
        SWITCH | {"power_factor": (("pf",), 1)},
    ),
    Case(
        "Shelly Plug S Gen3", "shelly_gen2_switch", "status/switch:0",
        {"power_W": ("active_power", 1), "energy_kWh": ("active_energy_import", 1000)},
        SWITCH,
    ),
    Case(
        "Tasmota 2-channel", "tasmota_channel", "SENSOR", {"power_ch1_W": ("active_power", 1)},
        {
            "voltage_l1": ((*TASMOTA, "Voltage"), 1), "current_l1": ((*TASMOTA, "Current", 0), 1),
            "apparent_power": ((*TASMOTA, "ApparentPower", 0), 1),
            "reactive_power": ((*TASMOTA, "ReactivePower", 0), 1),
            "power_factor": ((*TASMOTA, "Factor", 0), 1), "frequency": ((*TASMOTA, "Frequency"), 1),
            "active_energy_import": ((*TASMOTA, "Total"), 1000),
        },
    ),
    Case(
        # The second channel gives nothing, so that the sum is the first.
        "Tasmota 2-channel", "tasmota_energy", "SENSOR", {"power_ch1_W": ("active_power", 1)},
        {
            "voltage_l1": ((*TASMOTA, "Voltage"), 1),
            "current_total": ((*TASMOTA, "Current", 0), 1),
            "apparent_power": ((*TASMOTA, "ApparentPower", 0), 1),
            "reactive_power": ((*TASMOTA, "ReactivePower", 0), 1),
            "frequency": ((*TASMOTA, "Frequency"), 1),
            "active_energy_import": ((*TASMOTA, "Total"), 1000),
        },
    ),
    Case(
        "Tasmota SML", "tasmota_sml", "SENSOR",
        {
            "power_W": ("active_power", 1), "import_kWh": ("active_energy_import", 1000),
            "export_kWh": ("active_energy_export", 1000), "power_L2_W": ("active_power_l2", 1),
            "voltage_L1_V": ("voltage_l1", 1),
        },
        {
            f"{point}_l{n}": (("StatusSNS", "SML", f"{key}_l{n}"), 1.0)
            for n in (1, 2, 3)
            for point, key in
            (("voltage", "voltage"), ("current", "current"), ("active_power", "power"))
        }
        | {"frequency": (("StatusSNS", "SML", "Frequenz"), 1.0)},
    ),
    Case(
        "go-eCharger (API v1", "goe_api_v1", "status",
        {
            "power_W": ("active_power", 1), "total_energy_kWh": ("active_energy_total", 1000),
            "session_energy_kWh": ("session_energy", 1000),
        },
        {f"current_l{n}": (("nrg", 3 + n), 0.1) for n in (1, 2, 3)}
        | {f"active_power_l{n}": (("nrg", 6 + n), 100.0) for n in (1, 2, 3)}
        | {f"power_factor_l{n}": (("nrg", 11 + n), 0.01) for n in (1, 2, 3)}
        | {"temperature": (("tmp",), 1.0), "fault_code": (("err",), 1.0)},
        no_point={"time_local": "local time without its zone: the moment of arrival counts"},
        special={"car_state": "state", "voltages_V": "voltage_l1 voltage_l2 voltage_l3"},
    ),
    Case(
        "Zigbee smoke detector", "zigbee2mqtt_smoke", "", {"smoke_alarm": ("smoke", 1)},
        {"signal": (("linkquality",), 1.0)},
    ),
    Case(
        "Zigbee water-leak sensor", "zigbee2mqtt_leak", "",
        {
            "water_leak": ("water_leak", 1), "battery_percent": ("battery", 1),
            "battery_voltage_V": ("battery_voltage", 1),
        },
        {"signal": (("linkquality",), 1.0)},
    ),
    Case(
        "HomeWizard Watermeter", "homewizard_water", "",
        {"flow_L_min": ("flow", 0.06), "volume_m3": ("volume_total", 1)},
        no_point={"power_W": "a water meter has no power"},
    ),
    Case(
        "HomeWizard Watermeter", "homewizard_meter", "", {"power_W": ("active_power", 1)},
        no_point={
            "flow_L_min": "an electricity meter has no flow",
            "volume_m3": "an electricity meter has no volume",
        },
    ),
)  # fmt: skip
NULL_PROVES_NOTHING = {"homewizard_meter"}
"""Profiles for which the captured document has nothing but nulls."""
WITHOUT_PROFILE: Mapping[str, str] = {}
"""Captured devices that no profile of the library reads, and why."""
needs_captures = pytest.mark.needs_captures


@cache
def items() -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = load_capture("mqtt_json_payloads")["items"]
    return found


def item_of(case: Case) -> Mapping[str, Any]:
    (found,) = [item for item in items() if item["device"].startswith(case.device)]
    return found


def at(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def said(case: Case) -> Decoded:
    payload = item_of(case)["payload"]
    if case.inside:
        payload = json.dumps(at(json.loads(payload), case.inside))
    return decode(plans(library_profile(case.profile))[case.topic], payload.encode())


def assert_value(found: Decoded, point: str, wanted: Any, factor: float) -> None:
    if wanted is None:
        assert found.values[point] is None, point
        assert found.reasons[point] is Reason.NOT_IMPLEMENTED
        return
    assert point not in found.reasons
    if isinstance(wanted, bool):
        assert found.values[point] is wanted, point
    else:
        assert found.values[point] == pytest.approx(float(wanted) * factor, rel=1e-12), point


@needs_captures
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.profile}-{c.topic}")
def test_a_captured_payload_decodes_to_what_it_says(case: Case) -> None:
    item, found = item_of(case), said(case)
    accounted = set(case.expected) | set(case.no_point) | set(case.special)
    assert accounted == set(item["expected"]), "every expected value is accounted for"
    for name, (point, factor) in case.expected.items():
        assert_value(found, point, item["expected"][name], factor)
    for point, (place, factor) in case.payload.items():
        assert_value(found, point, at(json.loads(item["payload"]), place), factor)
    if case.profile not in NULL_PROVES_NOTHING:
        assert set(found.values) == case.points(), "every point that was read is compared"
    assert found.source_at is None


@needs_captures
def test_every_captured_payload_has_a_profile_or_a_reason() -> None:
    named = [case.device for case in CASES] + list(WITHOUT_PROFILE)
    for item in items():
        assert any(item["device"].startswith(name) for name in named), item["device"]


@needs_captures
def test_a_charger_that_is_done_and_its_voltages() -> None:
    (case,) = [case for case in CASES if case.profile == "goe_api_v1"]
    expected, found = item_of(case)["expected"], said(case)
    assert expected["car_state"].split()[1].rstrip(",") == found.values["state"] == "finished"
    volts = [found.values[f"voltage_l{n}"] for n in (1, 2, 3)]
    assert volts == expected["voltages_V"]


def documents(payload: Any) -> Iterator[Any]:
    """The same document as the device sends it by other ways."""
    if "StatusSNS" in payload:
        yield payload["StatusSNS"]
    if "tme" in payload:
        yield {"success": True, "age": 5, "data": payload}


@needs_captures
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.profile}-{c.topic}")
def test_the_same_document_by_another_way_says_the_same(case: Case) -> None:
    plan = plans(library_profile(case.profile))[case.topic]
    for other in documents(json.loads(item_of(case)["payload"])):
        assert decode(plan, json.dumps(other).encode()) == said(case)


@needs_captures
@pytest.mark.parametrize(
    ("profile", "component"), [("shelly_gen2_em", "em:0"), ("shelly_gen2_switch", "switch:0")]
)
def test_a_notice_of_the_same_status_says_the_same(profile: str, component: str) -> None:
    plan = plans(library_profile(profile))["events/rpc"]
    for case in (c for c in CASES if c.profile == profile):
        status = json.loads(item_of(case)["payload"])
        frame = {"src": "x", "dst": "y", "method": "NotifyStatus", "params": {component: status}}
        assert decode(plan, json.dumps(frame).encode()).values == said(case).values
        event = frame | {"method": "NotifyEvent"}
        assert decode(plan, json.dumps(event).encode()).values == {}


@pytest.mark.parametrize("name", PROFILES)
def test_capture_stands_only_on_points_that_a_captured_payload_decodes(name: str) -> None:
    points = library_profile(name).points.values()
    claimed = {point.name for point in points if point.verified is Verified.CAPTURE}
    proven: set[str] = set()
    for case in (c for c in CASES if c.profile == name and name not in NULL_PROVES_NOTHING):
        proven |= case.points()
    assert claimed <= proven, "these say `verified: capture` without a capture that shows them"


@needs_captures
def test_null_is_never_zero() -> None:
    """Where the capture has a null the point is missing, in every profile that reads it."""
    for case in CASES:
        found = said(case)
        assert {p for p, v in found.values.items() if v is None} == set(found.reasons)
