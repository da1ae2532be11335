import pytest

from collectors.fit_questions import MOST_REQUESTS, place_of, questions
from collectors.modbus_reading import DeviceReader
from collectors.modbus_schema import ModbusSettings
from collectors.registry import SCHEMAS
from collectors.sunspec_chain import SunSpecSettings
from device_configs.profile import Profile, load_profiles
from tests.collectors.lines import library

MODBUS = [
    profile
    for profile in load_profiles(SCHEMAS).values()
    if isinstance(profile.settings, ModbusSettings)
    and not isinstance(profile.settings, SunSpecSettings)
]


@pytest.mark.parametrize("profile", MODBUS, ids=lambda profile: profile.id)
def test_every_profile_is_asked_for_with_few_requests(profile: Profile) -> None:
    assert isinstance(profile.settings, ModbusSettings)
    asked = questions(profile, profile.settings)
    assert asked.points
    first_part = profile.parts.points if profile.parts is not None else {}
    assert asked.points.items() <= (profile.points or first_part).items()
    assert len(DeviceReader(asked, profile.settings).blocks) <= MOST_REQUESTS
    assert asked.parts is None
    deciding = {name for rule in profile.rules for name in rule.when}
    assert deciding <= asked.points.keys()


def test_the_most_telling_points_are_asked_for() -> None:
    profile = library("eastron_sdm630")
    assert isinstance(profile.settings, ModbusSettings)
    asked = questions(profile, profile.settings)
    wanted = {"frequency", "voltage_l1", "voltage_l3", "active_power", "active_power_l2"}
    assert wanted <= asked.points.keys()
    assert place_of(profile.points["frequency"], profile.settings) == "input 0x46"
