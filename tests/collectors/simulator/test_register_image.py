import pytest

from collectors.simulator.model import Model
from collectors.simulator.register_image import RegisterImage

DAY_MS = 86_400_000
STILL_MS = 1_768_435_200_000  # 2026-01-15 00:00 UTC
PROTOCOLS = ("modbus", "sunspec")


@pytest.mark.parametrize("season_ms", [0, 180 * DAY_MS])
def test_every_device_has_registers_at_every_hour_of_a_day(calm: Model, season_ms: int) -> None:
    asked = 0
    for device in calm.estate.devices.values():
        if device.profile.protocol not in PROTOCOLS:
            continue
        every = 1_800_000 if device.profile.kind.kind == "ev_charger" else 6 * 3_600_000
        image = RegisterImage(calm, device)
        for at in range(STILL_MS + season_ms, STILL_MS + season_ms + DAY_MS, every):
            assert image.memory(at), (device.id, at)
            asked += 1
    assert asked > 1000
