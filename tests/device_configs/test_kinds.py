from device_configs.kinds import PointType, Speed, kinds

WANTED = {
    "electricity_meter", "water_meter", "gas_meter", "heat_meter", "pv_inverter",
    "weather_station", "ev_charger", "elevator", "escalator", "fire_panel", "smoke_detector",
    "gas_detector", "call_point", "electrical_fire_detector", "water_pressure", "water_tank",
    "environment_sensor", "access_gate", "gateway", "service",
}  # fmt: skip


def test_every_kind_of_the_design_is_there_in_both_languages() -> None:
    assert set(kinds()) == WANTED
    for kind in kinds().values():
        assert kind.label.zh
        assert kind.label.en
        for point in kind.points.values():
            assert point.label.zh, (kind.kind, point.name)
            assert point.label.en, (kind.kind, point.name)
            assert (point.unit != "") == (point.type is PointType.NUMBER), (kind.kind, point.name)


def test_patterns_name_points_and_fill_their_labels() -> None:
    inverter = kinds()["pv_inverter"]
    point = inverter.point("mppt12_power")
    assert point is not None
    assert point.name == "mppt12_power"
    assert point.label.en == "MPPT 12 power"
    assert point.unit == "W"
    assert inverter.point("mppt_power") is None
    assert inverter.point("mpptx_power") is None
    fault = inverter.point("fault_ground")
    assert fault is not None
    assert fault.type is PointType.BOOL


def test_what_saves_lives_travels_in_the_safety_lane() -> None:
    safety = [
        ("smoke_detector", "smoke"), ("fire_panel", "fire"), ("elevator", "entrapment"),
        ("elevator", "alarm_button"), ("gas_detector", "gas_alarm"),
        ("electrical_fire_detector", "residual_current_3"), ("water_pressure", "pressure"),
    ]  # fmt: skip
    for kind, name in safety:
        point = kinds()[kind].point(name)
        assert point is not None
        assert point.speed is Speed.SAFETY, (kind, name)
    power = kinds()["electricity_meter"].point("active_power")
    assert power is not None
    assert power.speed is Speed.FAST
