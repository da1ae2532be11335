"""Writes the demo estate: `python -m collectors.simulator.make_estate [FOLDER]`.

One centre, seventeen compounds, seven districts; invented names, but for the centre's. The files
are committed, so that a reader sees a whole estate; a test holds them against this program.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from collectors.simulator.estate_parts import Draft, Entry, label
from collectors.simulator.make_centre import centre
from collectors.simulator.make_dates import add_dates
from collectors.simulator.make_duty import DUTY, MAINTENANCE
from collectors.simulator.make_tariffs import tariff_files
from device_configs.profile import LIBRARY

FOLDER = LIBRARY.parent / "demo_estate"
PANEL_PARTS = 32
"""Detectors behind the panels outside the centre."""
FIRST_PORT = 15020
"""The lines' ports in the committed files; the demo moves them to free ones."""
_NUMERALS = "一二三四五六七八九十"


def chinese(number: int) -> str:
    """A number from 1 to 19 in Chinese numerals."""
    if number <= 10:
        return _NUMERALS[number - 1]
    return "十" + _NUMERALS[number - 11]


def compound(number: int) -> Draft:
    """One of the seventeen office compounds; odd ones have PV, every third has piles."""
    site = f"compound-{number:02d}"
    area, people = 5200 + 870 * (number * 7 % 11), 140 + 35 * (number * 5 % 9)
    draft = Draft(site, f"k{number:02d}")
    draft.community = {
        "id": site,
        "role": "compound",
        "name": label(f"第{chinese(number)}办公区", f"Compound {number}"),
        "area_m2": area,
        "occupants": people,
        "inventory": _inventory(number, area),
        "buildings": [_office(site, "主楼", "Main building", 5 + number % 6, area)],
        "places": [
            {"id": f"{site}-yard", "name": label("庭院", "Yard")},
            {"id": f"{site}-gate", "name": label("大门", "Gate")},
        ],
    }
    _energy(draft, number)
    _compound_safety(draft, number)
    return draft


def district(number: int) -> Draft:
    """One of the seven districts: a grid meter, water, a lift and fire detection."""
    site = f"district-{number}"
    area, people = 2100 + 240 * number, 60 + 12 * number
    draft = Draft(site, f"d{number}")
    draft.community = {
        "id": site,
        "role": "district",
        "name": label(f"第{chinese(number)}片区", f"District {number}"),
        "area_m2": area,
        "occupants": people,
        "buildings": [_office(site, "服务中心", "Service centre", 4, area)],
    }
    draft.meter("grid", "总电表", "Grid meter", "power", "grid", interval="5s")
    draft.modbus("water", "usw_water", "总水表", "Water meter", "plant", "60s", metering="grid")
    draft.mqtt("lift", "generic_elevator_mqtt", "电梯", "Lift", "lobby", "20s")
    draft.modbus("panel", f"demo_fire_panel_{PANEL_PARTS}", "火灾报警控制器", "Fire panel", "duty",
                 "1s", parts=_detectors(draft))  # fmt: skip
    draft.mqtt(
        "smoke", "zigbee2mqtt_smoke", "档案室感烟", "Archive smoke detector", "archive", "60s"
    )
    draft.mqtt("climate", "zigbee2mqtt_climate", "大厅温湿度", "Lobby climate", "lobby", "60s")
    return draft


def _inventory(number: int, area: int) -> Entry:
    found: Entry = {
        "institutions": 1 + number % 5,
        "institutions_with_nev": (1 + number % 5) - (number % 3 == 0),
        "vehicles": 6 + number % 7,
        "new_energy_vehicles": 2 + number % 4,
        "vehicles_bought": 1 + number % 3,
        "new_energy_vehicles_bought": number % 2,
        "parking_bays": 40 + 6 * (number % 9),
        "roof_area_m2": round(area / 6),
        "usable_roof_area_m2": round(area / 9),
        "retrofit_due_area_m2": area,
        "retrofitted_area_m2": area if number % 4 == 0 else 0,
        "water_fittings": 60 + 3 * number,
        "water_saving_fittings": 55 + 3 * number,
        "pv_area_m2": 0,
    }
    if number % 3:
        # Those without piles of their own say so: not given would be unknown.
        found["charging_bays"] = 0
    if number % 2:
        found |= {"pv_area_m2": _pv_w(number) // 100, "pv_rating_w": _pv_w(number)}
    return found


def _pv_w(number: int) -> int:
    return 40_000 + 10_000 * (number % 4)


def _office(site: str, zh: str, en: str, floors: int, area: int) -> Entry:
    rooms = {
        "lobby": ("大厅", "Lobby"),
        "offices": ("办公层", "Office floors"),
        "archive": ("档案室", "Archive"),
        "power": ("配电间", "Switch room"),
        "plant": ("设备间", "Plant room"),
        "duty": ("值班室", "Duty room"),
        "kitchen": ("食堂", "Canteen"),
        "roof": ("屋面", "Roof"),
    }
    return {
        "id": f"{site}-main",
        "name": label(zh, en),
        "floors": floors,
        "area_m2": area,
        "places": [
            {"id": f"{site}-{room}", "name": label(*names)} for room, names in rooms.items()
        ],
    }


def _energy(draft: Draft, number: int) -> None:
    draft.meter("grid", "总电表", "Grid meter", "power", "grid", interval="5s")
    draft.meter("hvac", "空调用电", "Air conditioning", "plant", "01B00")
    if number % 2:
        draft.meter("light", "照明插座用电", "Lighting and sockets", "offices", "01A00")
        profile = "goodwe_dt" if number % 4 == 1 else "huawei_sun2000"
        draft.modbus("pv", profile, "光伏逆变器", "PV inverter", "roof", "5s",
                     metering="generation", rating_w=_pv_w(number))  # fmt: skip
    if number % 3 == 0:
        draft.meter("charging", "充电桩总表", "Charging meter", "yard", "01D60")
        for pile in (1, 2):
            draft.modbus(f"pile-{pile}", "generic_pile_modbus", f"{pile}号充电桩", f"Pile {pile}",
                         "yard", "10s", metering="charging", rating_w=7000)  # fmt: skip
    draft.modbus("water", "usw_water", "总水表", "Water meter", "plant", "60s", metering="grid")
    if number in (2, 9):
        draft.modbus("gas", "generic_gas_modbus", "燃气表", "Gas meter", "kitchen", "60s",
                     metering="grid")  # fmt: skip
        draft.mqtt("gas-detector", "zigbee2mqtt_gas", "食堂燃气探测", "Canteen gas detector",
                   "kitchen", "60s")  # fmt: skip
    if number == 4:
        draft.modbus(
            "heat", "tuf2000_heat", "热量表", "Heat meter", "plant", "60s", metering="grid"
        )


def _compound_safety(draft: Draft, number: int) -> None:
    draft.mqtt("lift", "generic_elevator_mqtt", "1号电梯", "Lift 1", "lobby", "20s")
    draft.modbus("panel", f"demo_fire_panel_{PANEL_PARTS}", "火灾报警控制器", "Fire panel", "duty",
                 "1s", parts=_detectors(draft))  # fmt: skip
    if number % 2 == 0:
        draft.modbus("residual", "acrel_aim_r100", "剩余电流监测", "Residual current monitor",
                     "power", "5s")  # fmt: skip
        draft.mqtt(
            "leak", "zigbee2mqtt_leak", "设备间漏水", "Plant room leak sensor", "plant", "60s"
        )
    if number % 3 == 1:
        draft.mqtt("smoke", "zigbee2mqtt_smoke", "档案室感烟", "Archive smoke detector", "archive",
                   "60s")  # fmt: skip
    if number % 4 == 1:
        draft.mqtt("gate-1", "generic_access_gate_mqtt", "大门道闸", "Main gate", "gate", "30s")
        draft.mqtt("gateway", "generic_gateway_mqtt", "物联网关", "Gateway", "duty", "60s")


def _detectors(draft: Draft) -> list[Entry]:
    """Four detectors a room; they are named by their place."""
    rooms = [str(place["id"]) for place in draft.rooms()]
    names = {str(place["id"]): place["name"] for place in draft.rooms()}
    found: list[Entry] = []
    for number in range(1, PANEL_PARTS + 1):
        room = rooms[(number - 1) // 4 % len(rooms)]
        name = names[room]
        zh, en = f"{name['zh']}感烟 {number:03d}", f"{name['en']} detector {number:03d}"
        found.append(
            {"id": f"p{number:03d}", "place": room, "name": label(zh, en), "address": f"1-{number}"}
        )
    return found


def drafts() -> list[Draft]:
    """All communities, the centre first."""
    found = [
        centre(),
        *(compound(number) for number in range(1, 18)),
        *(district(number) for number in range(1, 8)),
    ]
    add_dates(found)
    return found


def flow(item: object) -> str:
    """A value on one line."""
    text = yaml.safe_dump(
        item, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return text.removesuffix("...\n").strip()


def block(items: list[Entry], indent: str = "") -> Iterator[str]:
    """A list of mappings: on one line each where they hold no further list."""
    for item in items:
        if not any(isinstance(value, list) for value in item.values()):
            yield f"{indent}- {flow(item)}"
            continue
        for number, (name, value) in enumerate(item.items()):
            lead = "- " if number == 0 else "  "
            if isinstance(value, list):
                yield f"{indent}{lead}{name}:"
                yield from block(value, indent + "    ")
            else:
                yield f"{indent}{lead}{name}: {flow(value)}"


_HEAD = "# Made by `python -m collectors.simulator.make_estate`; change that, not this file.\n"
_ROUTES = """\
# Who is told of what. The demo tells nobody outside: the duty desk sees every alarm on the page.
# A route names a condition and the channels to notify, for example:
#
# - {when: {severity: emergency}, notify: [{webhook: {url: "http://127.0.0.1:9000/hook"}}]}
[]
"""
_PANEL = f"""\
# The library's generic_fire_panel_modbus with as many detectors as the smaller panels have: a
# profile that stands in the estate's own folder.
profile: demo_fire_panel_{PANEL_PARTS}
kind: fire_panel
vendor: Generic
model: Addressable fire panel with {PANEL_PARTS} detectors
label:
  zh: 通用火灾报警控制器（{PANEL_PARTS}点）
  en: Generic fire panel with {PANEL_PARTS} detectors
source: "sitewatch generic map, docs/generic_maps.md"
verified: document
note: The map of generic_fire_panel_modbus; no product is claimed.
modbus:
  table: input
points:
  panel_status:
    address: 0
    missing: [0xFFFF]
    bits:
      {{0: fire, 1: fault, 2: shielded, 3: supervisory, 4: test, 5: mains_fault, 6: battery_fault,
       7: bus_fault}}
  part_count: {{address: 1, type: uint16, missing: [0xFFFF]}}
parts:
  kind: smoke_detector
  count: {PANEL_PARTS}
  id: "p{{n:03d}}"
  points:
    detector_status:
      address: 100
      stride: 1
      missing: [0xFFFF]
      bits: {{0: smoke, 1: fault, 2: shielded, 3: supervisory, 4: test}}
"""


_TARGETS = """\
# Invented for the demo: an estate writes here what its statistics of the base year say.
use: jiangsu_14th
base: {carbon_per_m2: 52.0}
"""
_INSTITUTIONS = """\
# Invented for the demo: what the statutory sheet asks for and no meter knows.
institutions:
  centre:
    name: 示范行政中心管理处
    type: 行政单位
    level: 县级
    address: 示范路1号
    posts: 1620
    staff: 1704
    fuel_vehicles: 25
    heating_area: 58000
    data_centre_area: 420
    data_centre_meters: [centre-computers]
"""
_CONSUMPTION_HEAD = """\
# Invented for the demo: what no meter counts, as people enter it from fuel cards and bills.
consumption:
"""


def _consumption() -> str:
    """Petrol of the centre's cars and bottled gas of three canteens, month by month."""
    lines = []
    for month in range(1, 13):
        petrol = 380 + 15 * ((month * 5) % 7)
        lines.append(
            f"- {{site: centre, month: 2026-{month:02d}, carrier: gasoline, amount: {petrol}, "
            f"unit: L, cost: {petrol * 7.9:.2f}, by: demo, document: fuel card}}"
        )
        lines += [
            f"- {{site: compound-{number:02d}, month: 2026-{month:02d}, carrier: lpg, "
            f"amount: {15 * (number + month % 3)}, unit: kg, by: demo, document: delivery note}}"
            for number in (3, 5, 8)
        ]
    return _CONSUMPTION_HEAD + "".join(f"  {line}\n" for line in lines)


def files() -> dict[str, str]:
    """The whole estate: path below the folder to text."""
    found = {"routes/duty.yaml": _ROUTES, "targets.yaml": _TARGETS}
    found["institutions.yaml"] = _INSTITUTIONS
    found["consumption.yaml"] = _consumption()
    found["duty.yaml"] = _HEAD + DUTY
    found["maintenance/plans.yaml"] = _HEAD + MAINTENANCE
    found |= {name: _HEAD + text for name, text in tariff_files().items()}
    found[f"profiles/demo_fire_panel_{PANEL_PARTS}.yaml"] = _HEAD + _PANEL
    estate: Entry = {
        "estate": "demo",
        "name": label("示范公共机构", "Demo estate"),
        "timezone": "Asia/Shanghai",
    }
    lines = [f"{name}: {flow(value)}" for name, value in estate.items()]
    lines.append("communities:")
    first = FIRST_PORT
    for draft in drafts():
        lines += block([draft.community], "  ")
        first = draft.number_ports(first)
        found[f"devices/{draft.site}.yaml"] = _HEAD + "\n".join(block(draft.devices)) + "\n"
    found["estate.yaml"] = _HEAD + "\n".join(lines) + "\n"
    return found


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
