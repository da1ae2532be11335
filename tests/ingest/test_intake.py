import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from collectors.driver import Sink
from collectors.sample import Lane, Quality, Sample
from device_configs.kinds import kinds
from ingest.bus import Cursor, IngestError
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from ingest.latest import Latest
from tests.ingest.devices import devices
from tests.ingest.samples import FIRST, NOW, open_journal, safety, sample


class House:
    def __init__(self, journal: Journal, folder: Path) -> None:
        self.journal = journal
        self.latest = Latest(lambda device, point: 60_000, lambda: NOW)
        own = {"sitewatch": kinds()["service"]}
        self.devices = devices(folder)
        self.intake = Intake(journal, self.latest, self.devices, own=own, now_ms=lambda: NOW)

    async def written(self) -> list[Sample]:
        return list(await self.journal.read(Cursor(), 1000, 0))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        yield House(journal, tmp_path)


async def test_a_sample_is_checked_written_and_shown(house: House) -> None:
    sink: Sink = house.intake
    assert await sink.append([sample(active_power=5000.0, voltage_l1=230.0)]) == FIRST + 1
    [written] = await house.written()
    assert dict(written.reasons) == {"active_power": "out_of_range"}
    shown = {v.point: (v.value, v.quality) for v in house.latest.items(["m1"], NOW)}
    assert shown == {
        "active_power": (5000.0, Quality.SUSPECT), "voltage_l1": (230.0, Quality.GOOD),
    }  # fmt: skip
    statistics = house.intake.statistics()
    assert (statistics.taken, statistics.altered) == (1, 1)


async def test_unknown_devices_are_refused_and_unknown_parts_are_not(house: House) -> None:
    given = [
        sample("stranger"), sample("m1"), safety("panel-1/p999"), safety("stranger/p1"),
        safety("panel-1/"), sample("sitewatch", disk_free=12.0),
    ]  # fmt: skip
    assert await house.intake.append(given) == FIRST + 3
    assert [s.device for s in await house.written()] == ["panel-1/p999", "m1", "sitewatch"]
    statistics = house.intake.statistics()
    assert (statistics.unknown_device, statistics.last_unknown) == (3, "panel-1/")
    assert house.latest.value("stranger", "active_power", NOW) is None


async def test_a_part_is_checked_by_the_kind_of_the_parts(house: House) -> None:
    await house.intake.append([safety("panel-1/p001", smoke=1)])
    [written] = await house.written()
    assert (written.values["smoke"], written.reasons["smoke"]) == (None, "wrong_type")


async def test_a_new_revision_brings_new_devices(house: House) -> None:
    meter = house.devices.pop("m1")
    house.intake.use(house.devices)
    await house.intake.append([sample("m1")])
    assert await house.written() == []
    house.intake.use({"m1": meter})
    await house.intake.append([sample("m1")])
    assert len(await house.written()) == 1


async def test_a_second_delivery_changes_nothing(house: House) -> None:
    first = sample(at=NOW - 10, identity="1", active_power=1.0)
    await house.intake.append([first, sample(at=NOW - 5, identity="2", active_power=2.0)])
    await house.intake.append([sample(at=NOW, identity="1", active_power=1.0)])
    found = house.latest.value("m1", "active_power", NOW)
    assert found is not None
    assert (found.value, found.received_at) == (2.0, NOW - 5)


async def test_a_cancelled_caller_leaves_disk_and_page_alike(house: House) -> None:
    append = asyncio.ensure_future(house.intake.append([safety("panel-1/p001", smoke=True)]))
    await asyncio.sleep(0)
    append.cancel()
    await asyncio.gather(append, return_exceptions=True)
    await house.intake.append([sample()])
    [written, _] = await house.written()
    assert written.lane is Lane.SAFETY
    found = house.latest.value("panel-1/p001", "smoke", NOW)
    assert found is not None
    assert found.value is True


async def test_what_is_not_on_disk_is_not_shown(tmp_path: Path) -> None:
    limits = JournalLimits(pending_samples=0)
    async with open_journal(tmp_path / "journal.sqlite", limits=limits) as journal:
        house = House(journal, tmp_path)
        with pytest.raises(IngestError):
            await house.intake.append([sample()])
        assert house.latest.items(None, NOW) == []
        assert house.intake.statistics().taken == 0


def dated(at: int, source_at: int, device: str = "m1") -> Sample:
    return Sample(device, at, {"voltage_l1": 230.0}, source_at=source_at)


async def test_a_wrong_clock_is_a_fault_of_the_device_and_not_of_its_values(house: House) -> None:
    ahead = NOW + 3_600_000
    await house.intake.append([dated(NOW, ahead), dated(NOW, ahead + 1)])
    await house.intake.append([dated(NOW, NOW - 5)])
    words = [s for s in await house.written() if "clock_wrong" in s.values]
    assert [(s.device, s.values["clock_wrong"], s.lane) for s in words] == [
        ("m1", True, Lane.ROUTINE), ("m1", False, Lane.ROUTINE),
    ]  # fmt: skip
    shown = house.latest.value("m1", "voltage_l1", NOW)
    assert shown is not None
    assert (shown.quality, shown.reason) == (Quality.GOOD, None)
    assert house.intake.statistics().taken == 3


async def test_a_part_with_a_wrong_clock_is_its_devices_fault(house: House) -> None:
    await house.intake.append([dated(NOW, NOW + 3_600_000, "panel-1/p001")])
    assert [s.device for s in await house.written()] == ["panel-1/p001", "panel-1"]


async def test_after_a_restart_it_is_known_that_a_clock_was_wrong(house: House) -> None:
    await house.intake.append([dated(NOW, NOW + 3_600_000)])
    again = Intake(house.journal, house.latest, house.devices, now_ms=lambda: NOW)
    await again.append([dated(NOW + 1, NOW)])
    shown = house.latest.value("m1", "clock_wrong", NOW)
    assert shown is not None
    assert shown.value is False


async def test_late_and_repeated_samples_are_kept_counted_and_not_suspect(house: House) -> None:
    await house.intake.append([dated(NOW, NOW), dated(NOW, NOW), dated(NOW + 5, NOW - 60_000)])
    statistics = house.intake.statistics()
    assert (statistics.late, statistics.repeated, statistics.altered) == (1, 1, 0)
    assert len(await house.written()) == 3
    shown = house.latest.value("m1", "voltage_l1", NOW)
    assert shown is not None
    assert shown.source_at == NOW


async def test_after_a_restart_the_newest_values_tell_what_is_late(house: House) -> None:
    await house.intake.append([dated(NOW, NOW)])
    again = Intake(house.journal, house.latest, house.devices, now_ms=lambda: NOW)
    await again.append([dated(NOW + 5, NOW - 60_000)])
    assert again.statistics().late == 1


class RefusingBus:
    """A bus whose disk is full."""

    def __init__(self) -> None:
        self.refuses = True
        self.heard: list[Sample] = []

    def listen(self, listener: object) -> None:
        """Nobody is told."""

    async def append(self, samples: Sequence[Sample]) -> int:
        if self.refuses:
            raise IngestError("full")
        self.heard += samples
        return len(self.heard)

    async def read(self, after: Cursor, limit: int, timeout: float) -> list[Sample]:
        return []

    async def commit(self, consumer: str, cursor: Cursor) -> None:
        """Nothing is kept."""


async def test_what_was_not_written_was_not_heard(tmp_path: Path) -> None:
    bus = RefusingBus()
    latest = Latest(lambda device, point: 60_000, lambda: NOW)
    intake = Intake(bus, latest, devices(tmp_path), now_ms=lambda: NOW)
    wrong = dated(NOW, NOW + 3_600_000)
    with pytest.raises(IngestError):
        await intake.append([wrong])
    bus.refuses = False
    await intake.append([wrong])
    assert [s.values.get("clock_wrong") for s in bus.heard] == [None, True]
