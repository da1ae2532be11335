from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from device_configs.point_mapping import Verified
from device_configs.profile import load_profiles
from sitewatch.catalogue import catalogue, levels_of, levels_text, points_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"
LIBRARY = load_profiles(SCHEMAS)


def test_the_page_is_what_the_profiles_say() -> None:
    written = PAGE.read_text(encoding="utf-8")
    made = catalogue(LIBRARY.values())
    assert written == made, "make it anew: sitewatch profiles --catalogue > docs/catalogue.md"


@pytest.mark.parametrize("profile", LIBRARY.values(), ids=lambda profile: profile.id)
def test_every_profile_is_there_once_with_its_source(profile: object) -> None:
    text = catalogue(LIBRARY.values())
    found = next(one for one in LIBRARY.values() if one is profile)
    assert text.count(f"\n### {found.id}\n") == 1
    section = text.split(f"\n### {found.id}\n")[1].split("\n### ")[0]
    assert found.source in section
    assert found.vendor in section


def test_counts_by_level_are_never_one_total() -> None:
    levels = levels_of(points_of(LIBRARY["eastron_sdm630"]))
    assert set(levels) == {Verified.CAPTURE, Verified.TWO_SOURCES}
    assert levels_text(levels) == (
        f"{levels[Verified.CAPTURE]} capture, {levels[Verified.TWO_SOURCES]} two_sources"
    )


def test_named_bits_are_points() -> None:
    panel = LIBRARY["generic_fire_panel_modbus"]
    names = [bit for point in points_of(panel) for bit in point.mapping.bits.values()]
    assert names
    assert sum(levels_of(points_of(panel)).values()) >= len(names)
