"""What is known of the demo's lifts and detectors: registers, maintenance, inspections, tests.

The days are those of `DAY`; the running demo moves them to today (`materialise`), so that some are
due soon, one is overdue and one has lapsed whenever it is started.
"""

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping

from collectors.simulator.estate_parts import Draft, Entry, label

DAY = dt.date(2026, 11, 25)
"""The day as of which the committed files are written."""
_LIFT, _ESCALATOR = "generic_elevator_mqtt", "generic_escalator_mqtt"
_TESTED = (
    _LIFT, _ESCALATOR, "generic_fire_panel_modbus", "demo_fire_panel_32",
    "zigbee2mqtt_smoke", "zigbee2mqtt_gas", "acrel_aim_r100", "rs485_pressure", "rs485_level",
)  # fmt: skip
_FIRMS = (
    (label("示范电梯维保一公司", "Demo Lift Care One"), "0519-80000001"),
    (label("示范电梯维保二公司", "Demo Lift Care Two"), "0519-80000002"),
)
_MAINTAINED: Mapping[str, int] = {"k06-lift": 13, "k11-lift": 14, "k05-lift": 17}
"""Days ago, of those that stand out: due soon twice, and two days overdue (15 days)."""
_INSPECTED_UNTIL: Mapping[str, int] = {"k02-lift": 20, "d3-lift": -4}
"""Days ahead: due soon, and lapsed."""
_TESTED_AGO: Mapping[str, int] = {"k04-panel": 380}
"""Longer ago than the year for which a test counts."""
_NEVER_TESTED = frozenset({"d7-smoke"})


def add_dates(drafts: Iterable[Draft]) -> None:
    """Give each lift its register, and what is tested its day."""
    number = 0
    for draft in drafts:
        for at, device in enumerate(draft.devices):
            more: Entry = {}
            if device["profile"] in (_LIFT, _ESCALATOR):
                number += 1
                floors = _floors(draft, device) if device["profile"] == _LIFT else None
                more["elevator"] = _register(device["id"], number, floors)
            if device["profile"] in _TESTED and device["id"] not in _NEVER_TESTED:
                ago = _TESTED_AGO.get(device["id"], 20 + _of(device["id"], 280))
                more["tested"] = DAY - dt.timedelta(days=ago)
            parts = {"parts": device.pop("parts")} if "parts" in device else {}
            draft.devices[at] = device | more | parts


def _register(device: str, number: int, floors: int | None) -> Entry:
    """Of a lift, or of an escalator, which has no floors."""
    firm, phone = _FIRMS[number % 2]
    built = dt.date(2009 + number % 13, 1 + number % 12, 1)
    maintained = DAY - dt.timedelta(days=_MAINTAINED.get(device, 1 + _of(device, 9)))
    until = DAY + dt.timedelta(days=_INSPECTED_UNTIL.get(device, 60 + _of(device, 280)))
    kind = "3310" if floors is None else "3110"
    found: Entry = {
        "registration_code": f"{kind}320412{built:%Y%m}{number:04d}",
        "rescue_code": f"WJ{number:04d}",
        "firm": {"name": firm, "phone": phone},
        "maintained": maintained,
        "next_inspection": until,
    }
    if floors is not None:
        found |= {"load_kg": 1000 if floors > 5 else 800, "floors": floors, "stops": floors}
    return found


def _floors(draft: Draft, device: Entry) -> int:
    """Of the building in which it stands."""
    for building in draft.community["buildings"]:
        if any(place["id"] == device["place"] for place in building["places"]):
            return int(building["floors"])
    return 2


def _of(device: str, below: int) -> int:
    """A number from 0 up to below this that is always the same for a device."""
    return zlib.crc32(device.encode()) % below
