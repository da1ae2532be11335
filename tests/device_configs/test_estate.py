import datetime as dt
from pathlib import Path

import pytest

from device_configs.estate import Estate, load_estate, local_day
from device_configs.estate_entries import Level
from device_configs.faults import InvalidConfigError
from tests.device_configs.estates import write
from tests.device_configs.protocols import PANEL, PROFILE, SCHEMA

ESTATE = """\
estate: city
communities:
  - id: compound-1
    role: compound
    parent: centre
    name: {zh: 第一办公区, en: Compound 1}
    buildings:
      - id: b1
        name: {zh: 一号楼, en: Building 1}
        area_m2: [{from: 2025-01-01, value: 1000}]
        places: [{id: b1-f1, name: {zh: 一层, en: Floor 1}}]
  - {id: centre, role: centre, name: {zh: 行政中心, en: Centre}}
"""
DEVICES = """\
- {id: m1, profile: test_meter, place: centre, link: {wire_tcp: {host: h}}, interval: 5s}
- id: panel
  profile: test_panel
  place: b1
  link: {wire_tcp: {host: h}}
  parts: [{id: p002, place: b1-f1, name: {zh: 走廊, en: Corridor}}]
"""


def _write(folder: Path, **changes: str) -> Path:
    files = {
        "estate.yaml": ESTATE,
        "devices/all.yaml": DEVICES,
        "profiles/meter.yaml": PROFILE,
        "profiles/panel.yaml": PANEL,
    }
    return write(folder, files | {name.replace("__", "/"): text for name, text in changes.items()})


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    monkeypatch.setattr("device_configs.profile.LIBRARY", tmp_path / "none")
    return load_estate(_write(tmp_path), [SCHEMA])


def _faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> list[str]:
    monkeypatch.setattr("device_configs.profile.LIBRARY", tmp_path / "none")
    folder = write(_write(tmp_path), files)
    with pytest.raises(InvalidConfigError) as caught:
        load_estate(folder, [SCHEMA])
    return [f"{Path(f.file).name}:{f.line} {f.field}: {f.message}" for f in caught.value.faults]


def test_the_tree_has_parents_before_children(estate: Estate) -> None:
    assert list(estate.sites) == ["city", "centre", "compound-1", "b1", "b1-f1"]
    assert [site.id for site in estate.path("b1-f1")] == [
        "city", "centre", "compound-1", "b1", "b1-f1",
    ]  # fmt: skip
    assert estate.below("compound-1") == {"compound-1", "b1", "b1-f1"}
    assert estate.below("nowhere") == frozenset()
    assert estate.sites["b1"].level is Level.BUILDING
    community = estate.community_of("b1-f1")
    assert community is not None
    assert community.id == "compound-1"
    assert estate.community_of("city") is None


def test_devices_and_parts_stand_at_places(estate: Estate) -> None:
    assert [device.id for device in estate.devices_in("compound-1")] == ["panel"]
    assert len(estate.devices_in("city")) == 2
    assert estate.place_of("panel/p002") == "b1-f1"
    assert estate.place_of("panel/p001") == "b1"
    assert estate.place_of("panel/p999") == "b1", "an unknown part stands at its panel's place"
    assert estate.place_of("nothing") is None
    assert estate.devices["m1"].interval_s == 5.0


def test_a_day_is_a_day_of_the_site(estate: Estate) -> None:
    evening = dt.datetime(2026, 11, 23, 16, 30, tzinfo=dt.UTC)
    assert local_day(estate, evening) == dt.date(2026, 11, 24)


def test_a_missing_folder_and_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_configs.profile.LIBRARY", tmp_path / "none")
    with pytest.raises(InvalidConfigError, match="there is no such folder"):
        load_estate(tmp_path / "none", [SCHEMA])
    with pytest.raises(InvalidConfigError, match=r"estate\.yaml: No such file"):
        load_estate(tmp_path, [SCHEMA])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "place: centre",
            "place: center",
            "all.yaml:1 [0].place: there is no site 'center'; did you",
        ),
        (
            "test_meter",
            "test_metre",
            "all.yaml:1 [0].profile: no profile 'test_metre'; did you mean",
        ),
        ("id: panel", "id: m1", "all.yaml:2 [1].id: the id 'm1' is used twice"),
        ("id: panel", "id: Panel_1", "all.yaml:2 [1].id: String should match pattern"),
        ("wire_tcp: {host: h}}, interval", "radio: {}}, interval", "its links are: wire_tcp"),
        ("{host: h}}\n", "{hots: h}}\n", "there is no setting 'hots' here"),
        ("interval: 5s", "interval: soon", "interval: Input should be a valid number"),
        ("place: b1-f1", "place: b9", "there is no site 'b9'"),
    ],
)
def test_a_wrong_device_is_one_sentence_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, expected: str
) -> None:
    assert old in DEVICES
    found = _faults(tmp_path, monkeypatch, {"devices/all.yaml": DEVICES.replace(old, new, 1)})
    assert any(expected in fault for fault in found), found


def test_faults_of_all_files_come_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "estate.yaml": ESTATE + "colour: red\n",
        "devices/more.yaml": "{}",
        "devices/all.yaml": DEVICES.replace("test_meter", "gone"),
    }
    found = "\n".join(_faults(tmp_path, monkeypatch, files))
    assert "there is no setting 'colour' here" in found
    assert "a file of devices is a list of devices" in found
    assert "no profile 'gone'" in found


def test_a_weak_profile_must_be_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = PROFILE.replace("verified: document", "verified: weak", 1)
    found = _faults(tmp_path, monkeypatch, {"profiles/meter.yaml": weak})
    assert any("set accept_unverified: true" in fault for fault in found)
    accepted = DEVICES.replace("interval: 5s", "interval: 5s, accept_unverified: true")
    folder = write(tmp_path, {"devices/all.yaml": accepted})
    assert "m1" in load_estate(folder, [SCHEMA]).devices


def test_a_device_reports_through_another_one_and_not_through_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def via(first: str, second: str) -> dict[str, str]:
        changed = DEVICES.replace("interval: 5s", f"interval: 5s, via: {first}")
        return {"devices/all.yaml": changed.replace("  place: b1\n", f"  place: b1\n{second}")}

    for files, expected in (
        (
            via("panle", ""),
            ["all.yaml:1 [0].via: there is no device 'panle'; did you mean 'panel'?"],
        ),
        (via("m1", ""), ["all.yaml:1 [0].via: m1 reports through itself"]),
        (
            via("panel", "  via: m1\n"),
            [
                "all.yaml:1 [0].via: m1 reports through itself",
                "all.yaml:5 [1].via: panel reports through itself",
            ],
        ),
    ):
        assert _faults(tmp_path, monkeypatch, files) == expected
    folder = write(_write(tmp_path), via("panel", ""))
    assert load_estate(folder, [SCHEMA]).devices["m1"].entry.via == "panel"
