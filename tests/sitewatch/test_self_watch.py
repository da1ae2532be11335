from collections.abc import Mapping
from pathlib import Path

from collectors.sample import Lane
from device_configs.kinds import Speed, kinds
from ingest.bus import Cursor
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from ingest.latest import Latest
from sitewatch.self_watch import SelfWatch
from sitewatch.staleness import stale_after
from tests.ingest.samples import NOW, open_journal, safety, sample


def watch(journal: Journal, folder: Path) -> SelfWatch:
    latest = Latest(stale_after(dict))
    intake = Intake(journal, latest, {}, own={"sitewatch": kinds()["service"]})
    return SelfWatch(intake, journal.statistics, lambda: 3, folder, lambda: NOW)


def values(found: SelfWatch, waiting: int | None = 3) -> Mapping[str, object]:
    return {name: value for one in found.samples(waiting) for name, value in one.values.items()}


async def test_every_point_of_the_kind_is_said_in_its_lane(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder", "judge")) as journal:
        found = watch(journal, tmp_path).samples(3)
    specs = kinds()["service"].points
    # Whether a clock is wrong is said of devices only.
    assert {name for one in found for name in one.values} == set(specs) - {"clock_wrong"}
    for one in found:
        expected = Speed.SAFETY if one.lane is Lane.SAFETY else None
        assert all((specs[name].speed is Speed.SAFETY) == bool(expected) for name in one.values)


async def test_lag_is_that_of_the_store_and_of_the_slowest_other_reader(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder", "judge")) as journal:
        last = await journal.append([sample(), sample(), sample()])
        await journal.append([safety()])
        await journal.commit("judge", Cursor(0, last))
        found = values(watch(journal, tmp_path))
    assert (found["store_lag"], found["journal_lag"], found["outbox_lag"]) == (4, 1, 3)
    assert isinstance(found["memory"], int)
    assert isinstance(found["disk_free"], int)


async def test_what_was_dropped_is_counted(tmp_path: Path) -> None:
    limits = JournalLimits(max_bytes=2000)
    async with open_journal(tmp_path / "j", ("recorder",), limits) as journal:
        for _ in range(200):
            await journal.append([sample()])
        dropped = journal.statistics().dropped_total
        assert values(watch(journal, tmp_path))["dropped_total"] == dropped > 0


async def test_what_cannot_be_asked_is_unknown_with_a_reason(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j") as journal:
        found = watch(journal, tmp_path / "gone").samples(None)
    unknown = {name for one in found for name, value in one.values.items() if value is None}
    assert unknown == {"outbox_lag", "disk_free"}
    assert {name for one in found for name in one.reasons} == unknown
