import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.simulator.habits import WEEKEND_PRESENCE
from collectors.simulator.model import Model, SimulatorError
from collectors.simulator.span import EPOCH_MS
from device_configs.estate import Estate
from device_configs.kinds import PointType

FIRST = round(dt.datetime(2026, 3, 1, tzinfo=dt.UTC).timestamp() * 1000)
LAST = round(dt.datetime(2026, 12, 1, tzinfo=dt.UTC).timestamp() * 1000)
moments = st.integers(FIRST, LAST)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def at(*when: int) -> int:
    return round(dt.datetime(*when, tzinfo=SHANGHAI).timestamp() * 1000)  # type: ignore[misc,arg-type]


def number(model: Model, device: str, point: str, now_ms: int) -> float:
    value = model.values(device, now_ms)[point]
    assert isinstance(value, (int, float))
    return float(value)


def of_kind(model: Model, kind: str, community: str) -> list[str]:
    devices = model.estate.devices_in(community)
    return [device.id for device in devices if device.profile.kind.kind == kind]


def balance(model: Model, community: str, grid: str, now_ms: int) -> tuple[float, float]:
    """What comes in and what is used [W]."""
    sun = sum(
        number(model, pv, "active_power", now_ms) for pv in of_kind(model, "pv_inverter", community)
    )
    used = sum(
        number(model, meter, "active_power", now_ms)
        for meter in of_kind(model, "electricity_meter", community)
        if meter != grid
    )
    return sun + number(model, grid, "active_power", now_ms), used


@settings(max_examples=12, deadline=None)
@given(now_ms=moments)
def test_pv_and_grid_are_the_loads(calm: Model, now_ms: int) -> None:
    came, used = balance(calm, "centre", "centre-grid", now_ms)

    assert came == pytest.approx(used, rel=1e-9)


@settings(max_examples=6, deadline=None)
@given(now_ms=moments)
def test_the_piles_are_their_meter(calm: Model, now_ms: int) -> None:
    piles = of_kind(calm, "ev_charger", "centre")

    for point, total in (
        ("active_power", "active_power"),
        ("active_energy_total", "active_energy_import"),
    ):
        shown = sum(number(calm, pile, point, now_ms) for pile in piles)
        assert number(calm, "centre-charging", total, now_ms) == pytest.approx(shown, rel=1e-9)


@settings(max_examples=6, deadline=None)
@given(now_ms=moments, later=st.integers(1, 40 * 86_400_000))
def test_the_energies_balance_as_the_powers_do(calm: Model, now_ms: int, later: int) -> None:
    def energies(moment: int) -> tuple[float, float]:
        sun = sum(
            number(calm, pv, "active_energy_total", moment)
            for pv in of_kind(calm, "pv_inverter", "centre")
        )
        grid = number(calm, "centre-grid", "active_energy_import", moment) - number(
            calm, "centre-grid", "active_energy_export", moment
        )
        used = sum(
            number(calm, meter, "active_energy_import", moment)
            for meter in of_kind(calm, "electricity_meter", "centre")
            if meter != "centre-grid"
        )
        return sun + grid, used

    came, used = (b - a for a, b in zip(energies(now_ms), energies(now_ms + later), strict=True))
    assert came == pytest.approx(used, rel=1e-7, abs=0.1)


@settings(max_examples=8, deadline=None)
@given(now_ms=moments, later=st.integers(0, 3 * 86_400_000))
def test_no_counter_of_any_device_steps_back(calm: Model, now_ms: int, later: int) -> None:
    one_each = {device.profile.id: device for device in calm.estate.devices.values()}
    for device in [*one_each.values(), calm.estate.devices["centre-grid"]]:
        before = calm.values(device.id, now_ms)
        after = calm.values(device.id, now_ms + later)
        counters = [n for n, p in device.profile.points.items() if p.spec.counter]
        for name in (name for name in counters if before.get(name) is not None):
            first, last = before[name], after[name]
            assert isinstance(first, (int, float))
            assert isinstance(last, (int, float))
            assert last >= first, (device.id, name)


def test_there_is_no_sun_at_night_and_power_by_day(calm: Model) -> None:
    for inverter in of_kind(calm, "pv_inverter", "centre"):
        assert number(calm, inverter, "active_power", at(2026, 7, 15, 1, 0)) == 0
        assert calm.values(inverter, at(2026, 7, 15, 1, 0))["state"] == "standby"
        assert number(calm, inverter, "active_power", at(2026, 7, 15, 12, 0)) > 1000
    assert number(calm, "centre-weather", "irradiance", at(2026, 7, 15, 1, 0)) == 0


def test_noon_is_at_noon_and_summer_is_brighter(calm: Model) -> None:
    def day(month: int) -> list[float]:
        return [
            number(calm, "centre-pv-1", "active_energy_total", at(2026, month, 1, 0, 0)),
            number(calm, "centre-pv-1", "active_energy_total", at(2026, month, 28, 0, 0)),
        ]

    june, november = day(6), day(11)
    assert june[1] - june[0] > 1.3 * (november[1] - november[0])


def test_the_office_is_quiet_at_the_weekend(calm: Model) -> None:
    def used(day: int) -> float:
        first = number(calm, "centre-light-a", "active_energy_import", at(2026, 7, day, 9, 0))
        return (
            number(calm, "centre-light-a", "active_energy_import", at(2026, 7, day, 17, 0)) - first
        )

    assert used(18) < used(15) / 3  # a Saturday and a Wednesday
    assert WEEKEND_PRESENCE < 0.2


def test_people_who_came_in_have_left_by_night(calm: Model) -> None:
    at_noon = number(calm, "centre-gate-1", "occupancy", at(2026, 7, 15, 11, 0))
    at_night = number(calm, "centre-gate-1", "occupancy", at(2026, 7, 16, 3, 0))

    assert at_noon > 100
    assert 0 <= at_night <= 2


def _states(model: Model, pile: str) -> set[object]:
    return set(model.estate.devices[pile].profile.points["state"].mapping.values.values())


def test_a_pile_charges_only_while_its_state_says_so(calm: Model) -> None:
    seen = set()
    for minute in range(0, 24 * 60, 5):
        now_ms = at(2026, 7, 15, 0, 0) + minute * 60_000
        for pile in (f"centre-pile-{number:02d}" for number in (1, 2, 9, 10, 11, 12, 59, 60)):
            values = calm.values(pile, now_ms)
            seen.add(values["state"])
            power, energy = values["active_power"], values["session_energy"]
            assert isinstance(power, float)
            assert isinstance(energy, float)
            if values["state"] != "charging":
                assert power == 0
            says_full = "finished" in _states(calm, pile)
            if values["state"] == "available" or (values["state"] == "connected" and says_full):
                assert energy == 0
            if values["state"] == "finished":
                assert energy > 0
    assert seen == {"available", "connected", "charging", "finished"}


def test_a_lift_moves_only_with_its_door_closed(calm: Model) -> None:
    moved = 0
    for second in range(0, 1800, 3):
        values = calm.values("centre-lift-1", at(2026, 7, 15, 10, 0) + second * 1000)
        if values["car_state"] == "running":
            moved += 1
            assert values["door_closed"] is True
            assert values["door_zone"] is False
        else:
            assert values["speed"] == 0
        assert values["fault_code"] == 0
    assert moved > 30


def test_every_point_of_every_product_is_modelled(calm: Model) -> None:
    now_ms = at(2026, 7, 15, 12, 0)
    for device in calm.estate.devices.values():
        values = calm.values(device.id, now_ms)
        for name, point in device.profile.points.items():
            if _not_fitted(name):
                continue
            for shown in point.mapping.bits.values() or (name,):
                assert values.get(shown) is not None, (device.id, shown)


def _not_fitted(name: str) -> bool:
    """Inputs and meters that the simulated inverters do not have."""
    tracker = re.match(r"mppt(\d+)_", name)
    return name.startswith("grid_") or (tracker is not None and int(tracker.group(1)) > 4)


def test_every_value_has_the_type_and_range_of_its_point(calm: Model) -> None:
    for now_ms in (at(2026, 1, 20, 8, 0), at(2026, 7, 15, 12, 0), at(2026, 11, 1, 23, 59)):
        for device in calm.estate.devices.values():
            for name, value in calm.values(device.id, now_ms).items():
                spec = device.profile.kind.point(name)
                if spec is None or (value is None and _not_fitted(name)):
                    continue
                if spec.type is PointType.NUMBER:
                    assert isinstance(value, (int, float)), (device.id, name)
                    assert not isinstance(value, bool)
                    low, high = spec.range or (float("-inf"), float("inf"))
                    assert low <= value <= high, (device.id, name, value)
                elif spec.type is PointType.BOOL:
                    assert isinstance(value, bool), (device.id, name)
                elif spec.type is PointType.ENUM:
                    assert value in spec.values, (device.id, name)


def test_the_same_seed_is_the_same_estate(estate: Estate) -> None:
    now_ms = at(2026, 7, 15, 12, 0)
    first, second, other = Model(estate, 7), Model(estate, 7), Model(estate, 8)

    for device in ("centre-grid", "centre-pile-03", "centre-lift-2", "centre-weather"):
        assert first.values(device, now_ms) == second.values(device, now_ms)
    assert first.values("centre-grid", now_ms) != other.values("centre-grid", now_ms)


def test_start_at_moves_the_models_clock(calm: Model, estate: Estate) -> None:
    shifted = Model(estate, 1, shift_ms=at(2026, 7, 15, 12, 0) - at(2026, 11, 23, 2, 0))

    now_ms = at(2026, 11, 23, 2, 0)
    assert shifted.values("centre-grid", now_ms) == calm.values(
        "centre-grid", at(2026, 7, 15, 12, 0)
    )


def test_a_time_before_the_first_day_is_refused(calm: Model) -> None:
    with pytest.raises(SimulatorError, match="2026-01-01"):
        calm.values("centre-grid", EPOCH_MS - 1)
