import pytest

from collectors.sample import Lane, Sample
from collectors.simulator.history import STEP, history
from collectors.simulator.model import Model
from collectors.simulator.span import EPOCH_MS
from device_configs.estate import Estate
from tests.collectors.simulator.conftest import NOON_MS

DAY_MS = 86_400_000


def samples(model: Model, start_ms: int, end_ms: int, step_ms: int = STEP) -> list[Sample]:
    return [sample for batch in history(model, start_ms, end_ms, step_ms) for sample in batch]


def test_it_is_in_time_order_and_on_the_step(calm: Model) -> None:
    found = samples(calm, NOON_MS - DAY_MS // 4 - 12_345, NOON_MS)
    times = [sample.received_at for sample in found]

    assert times == sorted(times)
    assert set(times) == set(range(NOON_MS - DAY_MS // 4, NOON_MS, STEP))
    assert {(sample.seq, sample.source_at, sample.lane) for sample in found} == {
        (0, None, Lane.ROUTINE)
    }


def test_it_holds_every_meter_inverter_and_pile(calm: Model) -> None:
    found = samples(calm, NOON_MS - STEP, NOON_MS)
    kinds = {"electricity_meter", "pv_inverter", "ev_charger", "water_meter", "gas_meter"}
    wanted = {
        device.id
        for device in calm.estate.devices.values()
        if device.profile.kind.kind in kinds | {"heat_meter", "weather_station", "elevator"}
    }

    assert wanted <= {sample.device for sample in found}
    for sample in found:
        device = calm.estate.devices[sample.device]
        assert sample.values.keys() <= device.profile.points.keys()
        assert all(value is not None for value in sample.values.values())


def test_counters_never_step_back_and_match_the_model(calm: Model) -> None:
    last: dict[tuple[str, str], float] = {}
    for sample in samples(calm, NOON_MS - DAY_MS, NOON_MS, 4 * STEP * 5):
        device = calm.estate.devices[sample.device]
        told = calm.values(sample.device, sample.received_at)
        for point, value in sample.values.items():
            if not device.profile.points[point].spec.counter:
                continue
            assert isinstance(value, (int, float))
            assert value >= last.get((sample.device, point), 0.0), (sample.device, point)
            last[sample.device, point] = value
            # A float32 of kilowatt hours shows an eighth of one at these readings.
            assert value == pytest.approx(told[point], rel=1e-6, abs=60)
    assert len(last) > 200


def test_states_and_powers_match_the_model(calm: Model) -> None:
    for sample in samples(calm, NOON_MS, NOON_MS + STEP):
        told = calm.values(sample.device, sample.received_at)
        for point in {"state", "active_power", "flow", "occupancy"} & sample.values.keys():
            expected = told[point]
            if isinstance(expected, float):
                assert sample.values[point] == pytest.approx(expected, abs=0.006)
            else:
                assert sample.values[point] == expected


def test_nothing_is_before_the_first_day(calm: Model) -> None:
    found = samples(calm, EPOCH_MS - DAY_MS, EPOCH_MS + STEP)

    assert min(sample.received_at for sample in found) == EPOCH_MS
    assert samples(calm, EPOCH_MS - DAY_MS, EPOCH_MS) == []


def test_a_shifted_clock_fills_the_past_of_the_wall_clock(estate: Estate, calm: Model) -> None:
    shift = 40 * DAY_MS
    shifted = Model(estate, 1, shift_ms=shift)
    moved = samples(shifted, NOON_MS - STEP, NOON_MS)
    there = samples(calm, NOON_MS - STEP + shift, NOON_MS + shift)

    assert [sample.received_at for sample in moved] == [s.received_at - shift for s in there]
    assert [sample.values for sample in moved] == [sample.values for sample in there]
