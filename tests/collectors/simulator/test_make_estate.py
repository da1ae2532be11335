import datetime as dt
from collections import Counter
from pathlib import Path

from collectors.modbus_links import ModbusTcpLink
from collectors.registry import SCHEMAS
from collectors.simulator.make_dates import DAY
from collectors.simulator.make_estate import FOLDER, chinese, files
from collectors.simulator.materialise import free_ports, materialise, modbus_ports
from collectors.simulator.modbus_server import endpoints
from device_configs.estate import Estate, load_estate
from device_configs.estate_entries import MeterRole, Role
from device_configs.kinds import kinds


def test_the_committed_files_are_what_the_program_writes() -> None:
    made = files()
    committed = {
        str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8")
        for path in FOLDER.glob("**/*.yaml")
    }

    assert committed == made, "run `python -m collectors.simulator.make_estate`"


def test_one_centre_seventeen_compounds_seven_districts(estate: Estate) -> None:
    roles = Counter(site.community.role for site in estate.sites.values() if site.community)
    communities = {
        site.community.id: site.community for site in estate.sites.values() if site.community
    }
    by_role = Counter(community.role for community in communities.values())

    assert by_role == {Role.CENTRE: 1, Role.COMPOUND: 17, Role.DISTRICT: 7}
    assert roles[Role.CENTRE] > 1
    assert all(community.name.zh != community.name.en for community in communities.values())


def test_about_three_hundred_devices_of_every_kind(estate: Estate) -> None:
    present = Counter(device.profile.kind.kind for device in estate.devices.values())

    assert set(kinds()) - set(present) == {"service", "call_point"}
    assert 280 <= len(estate.devices) <= 340


def test_the_centre_is_as_told(estate: Estate) -> None:
    centre = estate.devices_in("centre")
    rated = [
        device.entry.rating_w.latest
        for device in centre
        if device.profile.kind.kind == "pv_inverter" and device.entry.rating_w
    ]
    piles = [device for device in centre if device.profile.kind.kind == "ev_charger"]
    community = estate.sites["centre"].community

    assert sum(rated) == 1_000_000
    assert len(piles) == 60
    assert community is not None
    assert community.inventory.pv_area_m2 is not None
    assert community.inventory.pv_area_m2.latest == 10_000
    assert community.name.zh == "武进区行政中心"


def test_the_first_panel_has_its_parts_in_places(estate: Estate) -> None:
    panel = estate.devices["centre-panel"]
    places = {part.place for part in panel.parts.values()}

    assert len(panel.parts) >= 200
    assert len(places) > 30
    assert all(part.name is not None for part in panel.parts.values())
    small = [d for d in estate.devices.values() if d.profile.id == "demo_fire_panel_32"]
    assert {len(device.parts) for device in small} == {32}
    assert len(small) == 24


def test_every_community_has_one_grid_meter_and_every_pile_a_meter_above(estate: Estate) -> None:
    grids: Counter[str] = Counter()
    for device in estate.devices.values():
        metering, community = device.entry.metering, estate.community_of(device.place)
        kind = device.profile.kind.kind
        assert community is not None
        if kind == "electricity_meter" and metering and metering.role is MeterRole.GRID:
            grids[community.id] += 1
        if kind == "ev_charger":
            assert metering is not None
            assert metering.of in estate.devices
        if kind == "pv_inverter":
            assert metering is not None
            assert metering.role is MeterRole.GENERATION
    assert set(grids.values()) == {1}
    assert len(grids) == 25


def test_the_devices_share_a_handful_of_lines(estate: Estate) -> None:
    lines = endpoints(estate)
    linked = [d for d in estate.devices.values() if isinstance(d.link, ModbusTcpLink)]

    assert 25 <= len(lines) <= 40
    assert sum(len(units) for units in lines.values()) == len(linked), "a unit is used twice"


def test_numerals() -> None:
    assert [chinese(n) for n in (1, 10, 11, 17)] == ["一", "十", "十一", "十七"]


def test_a_copy_has_other_ports_and_nothing_else(tmp_path: Path) -> None:
    ports = modbus_ports(FOLDER)
    moved = free_ports(ports)
    copy = materialise(FOLDER, tmp_path / "copy", moved)

    assert len(set(moved.values())) == len(ports) == 31
    assert modbus_ports(copy) == tuple(sorted(moved.values()))
    back = materialise(copy, tmp_path / "back", {new: old for old, new in moved.items()})
    for path in FOLDER.glob("**/*.yaml"):
        assert (back / path.relative_to(FOLDER)).read_text() == path.read_text()


def test_a_copy_has_its_days_moved_and_nothing_else(tmp_path: Path) -> None:
    later = dt.timedelta(days=400)
    ports = {port: port for port in modbus_ports(FOLDER)}
    moved = load_estate(materialise(FOLDER, tmp_path / "copy", ports, later), SCHEMAS)
    committed = load_estate(FOLDER, SCHEMAS)
    assert moved.devices["k05-lift"].entry.elevator is not None
    for name, device in committed.devices.items():
        entry, other = device.entry, moved.devices[name].entry
        if entry.tested is not None:
            assert other.tested == entry.tested + later
        if entry.elevator is not None:
            assert other.elevator is not None
            assert other.elevator.maintained == (entry.elevator.maintained or DAY) + later
            assert other.elevator.next_inspection == (entry.elevator.next_inspection or DAY) + later
    back = materialise(tmp_path / "copy", tmp_path / "back", ports, -later)
    for path in FOLDER.glob("**/*.yaml"):
        assert (back / path.relative_to(FOLDER)).read_text() == path.read_text()


def test_a_copy_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "estate" / "devices").mkdir(parents=True)
    (tmp_path / "estate" / "devices" / "old.yaml").write_text("[]")
    copy = materialise(FOLDER, tmp_path / "estate")

    assert not (copy / "devices" / "old.yaml").exists()
    assert (copy / "estate.yaml").exists()
