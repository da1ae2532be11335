"""The administrative centre of the demo estate: 1 MWp of PV, 60 piles, a panel of 242 detectors."""

from collectors.simulator.estate_parts import Draft, Entry, label

DETECTORS = 242
_TOWERS = (("a", "A座", "Tower A", 9), ("b", "B座", "Tower B", 9), ("c", "C座", "Tower C", 7))
_ROOMS = (
    ("duty", "消防值班室", "Fire duty room"),
    ("power", "总配电室", "Main switch room"),
    ("server", "信息机房", "Server room"),
    ("plant", "冷热站", "Heating and cooling plant"),
    ("pump", "消防泵房", "Fire pump room"),
    ("kitchen", "食堂", "Canteen"),
    ("hall", "会议中心", "Conference hall"),
    ("garage-1", "地下车库一区", "Garage zone 1"),
    ("garage-2", "地下车库二区", "Garage zone 2"),
    ("garage-3", "地下车库三区", "Garage zone 3"),
)
# Name, profile and AC rating of each inverter: one megawatt together.
_INVERTERS = (
    *((f"pv-{n}", "huawei_sun2000", 110_000) for n in range(1, 7)),
    *((f"pv-{n}", "goodwe_dt", 80_000) for n in range(7, 10)),
    ("pv-10", "sunspec", 100_000),
)


def centre() -> Draft:
    """The centre."""
    draft = Draft("centre", "centre")
    draft.community = {
        "id": "centre",
        "role": "centre",
        "name": label("武进区行政中心", "Wujin Administrative Centre"),
        "area_m2": 62_000,
        "occupants": 1850,
        "inventory": {
            "institutions": 38,
            "institutions_with_nev": 31,
            "vehicles": 46,
            "new_energy_vehicles": 21,
            "vehicles_bought": 9,
            "new_energy_vehicles_bought": 6,
            "parking_bays": 620,
            "roof_area_m2": 14_500,
            "usable_roof_area_m2": 12_000,
            "retrofit_due_area_m2": 62_000,
            "retrofitted_area_m2": 34_200,
            "administrative_centres": 1,
            "epc_centres": 1,
            "water_fittings": 940,
            "water_saving_fittings": 902,
            "pv_area_m2": 10_000,
            "pv_rating_w": 1_000_000,
        },
        "buildings": [*(_tower(*tower) for tower in _TOWERS), _podium()],
        "places": [
            {"id": "centre-yard", "name": label("充电广场", "Charging yard")},
            {"id": "centre-gate-east", "name": label("东门", "East gate")},
            {"id": "centre-gate-west", "name": label("西门", "West gate")},
        ],
    }
    _meters(draft)
    _piles(draft)
    _other_carriers(draft)
    _fire(draft)
    _traffic(draft)
    _rooms(draft)
    return draft


def _tower(key: str, zh: str, en: str, floors: int) -> Entry:
    places = [
        {"id": f"centre-{key}-f{floor}", "name": label(f"{zh}{floor}层", f"{en} floor {floor}")}
        for floor in range(1, floors + 1)
    ]
    places.append({"id": f"centre-{key}-roof", "name": label(f"{zh}屋面", f"{en} roof")})
    return {
        "id": f"centre-{key}",
        "name": label(zh, en),
        "floors": floors,
        "area_m2": 1900 * floors,
        "places": places,
    }


def _podium() -> Entry:
    return {
        "id": "centre-podium",
        "name": label("裙楼与地下室", "Podium and basement"),
        "floors": 3,
        "area_m2": 14_500,
        "places": [{"id": f"centre-{key}", "name": label(zh, en)} for key, zh, en in _ROOMS],
    }


def _meters(draft: Draft) -> None:
    draft.meter("grid", "总电表", "Grid meter", "power", "grid", interval="5s")
    for key, zh, en, _ in _TOWERS:
        draft.meter(
            f"light-{key}", f"{zh}照明插座", f"{en} lighting and sockets", f"{key}-f1", "01A00"
        )
    draft.meter("hvac", "冷热站用电", "Heating and cooling plant", "plant", "01B10")
    draft.meter("hvac-ends", "空调末端用电", "Air handling", "plant", "01B20")
    draft.meter("motors", "动力用电", "Lifts, pumps and fans", "power", "01C00")
    draft.meter("computers", "信息中心用电", "Information centre", "server", "01D10")
    draft.meter("canteen", "食堂用电", "Canteen", "kitchen", "01D30")
    draft.meter("charging", "充电桩总表", "Charging meter", "yard", "01D60")
    for number, (name, profile, rating) in enumerate(_INVERTERS):
        tower, zh, en, _ = _TOWERS[number % 3]
        draft.modbus(name, profile, f"{zh}屋面{number + 1}号逆变器", f"{en} inverter {number + 1}",
                     f"{tower}-roof", "5s", line="pv", metering="generation",
                     rating_w=rating)  # fmt: skip
    draft.modbus("weather", "generic_weather_modbus", "屋面气象站", "Weather station", "a-roof",
                 "10s", line="pv")  # fmt: skip


def _piles(draft: Draft) -> None:
    """Sixty piles on three gateways: 8 fast ones, 12 of another make."""
    for number in range(1, 61):
        fast, alfen = number <= 8, number > 48
        draft.modbus(
            f"pile-{number:02d}", "alfen_eve" if alfen else "generic_pile_modbus",
            f"{number}号充电桩", f"Pile {number}", "yard" if number <= 30 else "garage-1", "10s",
            line=f"piles-{(number - 1) // 20 + 1}", metering="charging",
            rating_w=60_000 if fast else 11_000 if alfen else 7_000,
        )  # fmt: skip


def _other_carriers(draft: Draft) -> None:
    draft.modbus("water", "usw_water", "总水表", "Water meter", "plant", "60s", line="water",
                 metering="grid")  # fmt: skip
    draft.modbus("water-kitchen", "usw_water", "食堂水表", "Canteen water meter", "kitchen", "60s",
                 line="water", metering="water")  # fmt: skip
    draft.modbus("water-tower", "usw_water", "塔楼水表", "Towers water meter", "plant", "60s",
                 line="water", metering="water")  # fmt: skip
    draft.modbus("heat", "tuf2000_heat", "供暖热量表", "Heat meter", "plant", "60s", line="water",
                 metering="grid")  # fmt: skip
    draft.modbus("gas", "generic_gas_modbus", "食堂燃气表", "Canteen gas meter", "kitchen", "60s",
                 line="water", metering="grid")  # fmt: skip
    draft.meter("kiosk", "报亭用电", "Kiosk", "hall", "01A10", profile="eastron_sdm230")


def _fire(draft: Draft) -> None:
    draft.modbus("panel", "generic_fire_panel_modbus", "火灾报警控制器", "Fire panel", "duty", "1s",
                 line="fire", parts=_detectors(draft))  # fmt: skip
    rooms = (
        ("power", "总配电室", "Switch room"),
        ("garage-1", "车库一区", "Garage 1"),
        ("garage-2", "车库二区", "Garage 2"),
        ("yard", "充电广场", "Charging yard"),
    )
    for number, (room, zh, en) in enumerate(rooms, 1):
        draft.modbus(f"residual-{number}", "acrel_aim_r100", f"{zh}剩余电流监测",
                     f"{en} residual current monitor", room, "5s", line="water")  # fmt: skip
    for number, (zh, en) in enumerate((("消火栓", "Hydrant"), ("喷淋", "Sprinkler")), 1):
        draft.modbus(f"pressure-{number}", "rs485_pressure", f"{zh}管网压力", f"{en} main pressure",
                     "pump", "10s", line="water")  # fmt: skip
    draft.modbus(
        "tank", "rs485_level", "消防水箱液位", "Fire water tank", "pump", "10s", line="water"
    )


def _detectors(draft: Draft) -> list[Entry]:
    """Spread over all rooms, two loops of 121."""
    rooms = list(draft.rooms())
    found: list[Entry] = []
    for number in range(1, DETECTORS + 1):
        room = rooms[(number - 1) * len(rooms) // DETECTORS]
        zh, en = (
            f"{room['name']['zh']}感烟 {number:03d}",
            f"{room['name']['en']} detector {number:03d}",
        )
        loop, point = divmod(number - 1, 121)
        found.append({"id": f"p{number:03d}", "place": room["id"], "name": label(zh, en),
                      "address": f"{loop + 1}-{point + 1}"})  # fmt: skip
    return found


def _traffic(draft: Draft) -> None:
    for number in range(1, 9):
        tower, zh, en, _ = _TOWERS[(number - 1) // 3]
        draft.mqtt(f"lift-{number}", "generic_elevator_mqtt", f"{zh}{number}号电梯",
                   f"{en} lift {number}", f"{tower}-f1", "20s")  # fmt: skip
    for number in (1, 2):
        draft.mqtt(f"escalator-{number}", "generic_escalator_mqtt", f"会议中心{number}号扶梯",
                   f"Conference escalator {number}", "hall", "20s")  # fmt: skip
    gates = (("gate-1", "东门人行通道", "East pedestrian gate", "gate-east"),
             ("gate-2", "东门道闸", "East vehicle gate", "gate-east"),
             ("gate-3", "西门道闸", "West gate", "gate-west"))  # fmt: skip
    for name, zh, en, place in gates:
        draft.mqtt(name, "generic_access_gate_mqtt", zh, en, place, "30s")


def _rooms(draft: Draft) -> None:
    for number, room in enumerate(("server", "hall", "garage-2", "garage-3"), 1):
        draft.mqtt(f"smoke-{number}", "zigbee2mqtt_smoke", f"无线感烟{number}",
                   f"Radio smoke detector {number}", room, "60s")  # fmt: skip
    for number, room in enumerate(("server", "pump"), 1):
        draft.mqtt(f"leak-{number}", "zigbee2mqtt_leak", f"漏水传感器{number}",
                   f"Leak sensor {number}", room, "60s")  # fmt: skip
    for number in (1, 2):
        draft.mqtt(f"gas-detector-{number}", "zigbee2mqtt_gas", f"食堂燃气探测{number}",
                   f"Canteen gas detector {number}", "kitchen", "60s")  # fmt: skip
    for number, room in enumerate(("server", "a-f1"), 1):
        draft.mqtt(f"climate-{number}", "zigbee2mqtt_climate", f"温湿度{number}",
                   f"Climate sensor {number}", room, "60s")  # fmt: skip
    for number, room in enumerate(("duty", "plant"), 1):
        draft.mqtt(f"gateway-{number}", "generic_gateway_mqtt", f"物联网关{number}",
                   f"Gateway {number}", room, "60s")  # fmt: skip
