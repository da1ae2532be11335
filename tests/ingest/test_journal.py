import asyncio
import dataclasses
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from collectors.sample import Lane, Reason, Sample
from ingest.bus import Cursor, IngestError
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits, Lag
from tests.ingest.limits import largest_file
from tests.ingest.samples import FIRST, NOW, cursor, numbers, open_journal, safety, sample, until

FILE = "journal.sqlite"
ROOT = Path(__file__).resolve().parents[2]
START = Cursor()
"""Before everything."""


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with open_journal(tmp_path / FILE, ("recorder", "judge")) as opened:
        yield opened


async def all_of(journal: Journal, after: Cursor = START) -> list[Sample]:
    found: list[Sample] = []
    while part := await journal.read(after, 100, 0):
        found += part
        after = after.advanced(part)
    return found


async def test_gives_rising_numbers_and_keeps_everything_of_a_sample(journal: Journal) -> None:
    first = Sample(
        "m1", NOW, {"active_power": 1.5, "state": "on", "fault": None, "running": True, "count": 3},
        {"fault": Reason.NO_ANSWER}, Lane.ROUTINE, NOW - 5, "id-1",
    )  # fmt: skip
    assert await journal.append([first]) == FIRST + 1
    assert await journal.append([sample(), sample()]) == FIRST + 3
    found = await journal.read(START, 100, 0)
    assert numbers(found) == [1, 2, 3]
    assert found[0] == msgspec.structs.replace(first, seq=FIRST + 1)


async def test_a_sample_is_the_same_from_memory_and_from_disk(tmp_path: Path) -> None:
    written = [
        Sample("m1", NOW, {"a": 1, "b": 1.0, "c": True, "d": "x", "e": None}, {"e": "refused"}),
        Sample("p/p001", NOW, {"smoke": True}, {}, Lane.SAFETY, NOW - 1, "7"),
    ]
    async with open_journal(tmp_path / FILE) as journal:
        await journal.append(written)
        from_memory = await all_of(journal)
    async with open_journal(tmp_path / FILE) as journal:
        from_disk = await all_of(journal)
    assert from_memory == from_disk
    assert [type(value) for value in from_disk[1].values.values()] == [
        int, float, bool, str, type(None),
    ]  # fmt: skip


async def test_safety_is_read_first_whatever_came_first(journal: Journal) -> None:
    await journal.append([sample(), sample()])
    await journal.append([sample("a"), safety(), sample("b")])
    found = await journal.read(START, 100, 0)
    assert [s.lane for s in found] == [Lane.SAFETY] + [Lane.ROUTINE] * 4
    assert [s.device for s in found] == ["smoke-1", "m1", "m1", "a", "b"]
    assert sorted(numbers(found)) == [1, 2, 3, 4, 5]


async def test_a_cursor_of_one_lane_does_not_move_the_other(journal: Journal) -> None:
    await journal.append([sample()])
    await journal.append([safety()])
    await journal.append([sample()])
    only_safety = await journal.read(START, 1, 0)
    assert numbers(only_safety) == [2]
    assert numbers(await journal.read(START.advanced(only_safety), 100, 0)) == [1, 3]


async def test_a_reader_is_woken_by_an_append(journal: Journal) -> None:
    reading = asyncio.ensure_future(journal.read(START, 10, 30.0))
    await asyncio.sleep(0)
    await journal.append([safety()])
    assert numbers(await reading) == [1]


async def test_a_reader_gets_nothing_when_nothing_comes(journal: Journal) -> None:
    await journal.append([sample()])
    assert await journal.read(cursor(0, 1), 10, 0.01) == ()


async def test_identities_are_dropped_once_known_also_after_a_restart(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE) as journal:
        await journal.append(
            [sample(identity="1"), sample(identity="1"), sample("m2", identity="1")]
        )
        await journal.append([sample(identity="2"), sample(identity=None)])
    async with open_journal(tmp_path / FILE) as journal:
        assert await journal.append([sample(identity="2")]) == FIRST + 4
        assert len(await all_of(journal)) == 4
        assert journal.statistics().duplicates_total == 2


async def test_identities_are_forgotten_by_age_and_by_number(tmp_path: Path) -> None:
    now = NOW
    limits = JournalLimits(identity_ms=1000, max_identities=3, tidy_s=0.01)
    async with open_journal(tmp_path / FILE, limits=limits, now_ms=lambda: now) as journal:
        await journal.append([sample(identity="old")])
        now += 1001
        await until(lambda: identities(tmp_path) == [])
        assert await journal.append([sample(identity="old")]) == FIRST + 2
        await journal.append([sample(identity=str(n)) for n in range(5)])
        await until(lambda: identities(tmp_path) == ["2", "3", "4"])


def identities(folder: Path) -> list[str]:
    with closed(folder) as connection:
        return [row[0] for row in connection.execute("SELECT identity FROM identity ORDER BY id")]


@contextmanager
def closed(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / FILE, timeout=10)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


async def test_what_all_consumers_have_passed_is_trimmed_and_numbers_are_never_reused(
    tmp_path: Path,
) -> None:
    limits = JournalLimits(keep_batches=2, tidy_s=0.01)
    async with open_journal(tmp_path / FILE, ("a", "b"), limits=limits) as journal:
        for _ in range(6):
            await journal.append([sample()])
        await journal.commit("a", cursor(0, 6))
        await journal.commit("b", cursor(0, 3))
        await until(lambda: batches(tmp_path) == [4, 5, 6])
        await journal.commit("b", cursor(0, 6))
        await until(lambda: batches(tmp_path) == [5, 6])
    with closed(tmp_path) as connection:
        connection.execute("DELETE FROM batch")
    async with open_journal(tmp_path / FILE, ("a", "b"), limits=limits) as journal:
        assert await journal.append([sample()]) == FIRST + 7


def batches(folder: Path) -> list[int]:
    with closed(folder) as connection:
        rows = connection.execute("SELECT last_seq FROM batch ORDER BY id")
        return [row[0] - FIRST for row in rows]


async def test_the_newest_batches_of_a_lane_stay_until_that_lane_is_read(tmp_path: Path) -> None:
    limits = JournalLimits(keep_batches=0, tidy_s=0.01)
    async with open_journal(tmp_path / FILE, ("a",), limits=limits) as journal:
        await journal.append([safety()])
        await journal.append([sample()])
        await journal.commit("a", cursor(0, 2))
        await until(lambda: batches(tmp_path) == [1])
        assert numbers(await journal.read(START, 10, 0))[0] == 1


async def test_a_consumer_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    limits = JournalLimits(keep_batches=0, tidy_s=0.01)
    async with open_journal(tmp_path / FILE, ("a", "gone"), limits=limits) as journal:
        await journal.append([sample()])
        await journal.commit("a", cursor(0, 1))
        with pytest.raises(IngestError, match="no consumer 'stranger'"):
            await journal.commit("stranger", cursor(0, 1))
    assert batches(tmp_path) == [1]
    async with open_journal(tmp_path / FILE, ("a",), limits=limits):
        await until(lambda: batches(tmp_path) == [])


async def test_a_cursor_never_goes_back(journal: Journal) -> None:
    await journal.append([sample(), sample()])
    await journal.commit("judge", cursor(0, 2))
    await journal.commit("judge", cursor(0, 1))
    assert journal.statistics().lag["judge"][Lane.ROUTINE] == Lag(0, 0)


async def test_lag_is_counted_by_lane_in_samples_and_age(tmp_path: Path) -> None:
    now = NOW
    async with open_journal(tmp_path / FILE, ("judge",), now_ms=lambda: now) as journal:
        await journal.append([sample(), sample()])
        await journal.commit("judge", cursor(0, 2))
        now += 50
        await journal.append([sample(), sample(), sample()])
        await journal.append([safety()])
        now += 200
        lag = journal.statistics().lag["judge"]
        assert lag == {Lane.SAFETY: Lag(1, 200), Lane.ROUTINE: Lag(3, 200)}
    async with open_journal(tmp_path / FILE, ("judge",), now_ms=lambda: now) as journal:
        assert journal.statistics().lag["judge"] == lag


async def test_a_reader_behind_the_tail_reads_the_disk(tmp_path: Path) -> None:
    limits = JournalLimits(tail_bytes=2000)
    async with open_journal(tmp_path / FILE, limits=limits) as journal:
        for number in range(300):
            await journal.append([sample(count=number), sample(count=number)])
        found = await all_of(journal)
        assert numbers(found) == list(range(1, 601))
        assert [s.values["count"] for s in found[::2]] == list(range(300))
        assert numbers(await journal.read(cursor(0, 599), 10, 0)) == [600]


async def test_a_limit_cuts_between_batches_only(journal: Journal) -> None:
    for _ in range(3):
        await journal.append([sample(), sample(), sample()])
    assert numbers(await journal.read(START, 4, 0)) == [1, 2, 3, 4, 5, 6]
    assert numbers(await journal.read(cursor(0, 2), 1, 0)) == [3]


async def test_what_is_behind_a_damaged_batch_comes_when_it_is_repaired(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE) as journal:
        for _ in range(3):
            await journal.append([sample()])
    with closed(tmp_path) as connection:
        connection.execute("UPDATE batch SET payload = zeroblob(length(payload)) WHERE id = 2")
    limits = JournalLimits(tidy_s=0.01)
    async with open_journal(tmp_path / FILE, limits=limits) as journal:
        assert numbers(await journal.read(START, 10, 0)) == [1]
        await until(lambda: journal.statistics().salvaged_as is not None)
        assert numbers(await all_of(journal)) == [1, 3]
        assert journal.statistics().damaged_batches == 1
        assert journal.statistics().lost_total == 1
        assert await journal.read(cursor(0, 3), 10, 0.01) == ()


async def test_a_file_that_is_no_database_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    async with open_journal(tmp_path / FILE) as journal:
        assert await journal.append([sample()]) == FIRST + 1
        kept = journal.statistics().salvaged_as
    assert kept is not None
    assert (tmp_path / kept).read_bytes() == b"no database at all" * 100


async def test_a_second_opening_is_refused(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="another process has the journal"):
        async with open_journal(tmp_path / FILE):
            pass
    assert await journal.append([sample()]) == FIRST + 1


async def test_when_full_it_drops_the_oldest_routine_before_any_safety(tmp_path: Path) -> None:
    limits = JournalLimits(max_bytes=4000, tail_bytes=0)
    async with open_journal(tmp_path / FILE, ("judge",), limits=limits) as journal:
        first = await journal.append([safety()]) - FIRST
        for _ in range(400):
            last = await journal.append([sample()]) - FIRST
        found = numbers(await all_of(journal))
        assert first in found
        assert found[1:] == list(range(found[1], last + 1))
        statistics = journal.statistics()
        assert statistics.dropped_total == 401 - len(found) > 0
        assert statistics.bytes <= limits.max_bytes
    async with open_journal(tmp_path / FILE, ("judge",)) as journal:
        assert journal.statistics().dropped_total == statistics.dropped_total


async def test_what_was_read_is_let_go_without_counting_a_loss(tmp_path: Path) -> None:
    limits = JournalLimits(max_bytes=4000, keep_batches=1000)
    async with open_journal(tmp_path / FILE, ("judge",), limits=limits) as journal:
        for _ in range(200):
            number = await journal.append([sample()])
            await journal.commit("judge", Cursor(0, number))
        assert journal.statistics().dropped_total == 0
        assert journal.statistics().bytes <= limits.max_bytes


async def test_below_the_free_space_floor_it_shrinks_to_its_reserve(tmp_path: Path) -> None:
    limits = JournalLimits(min_free_bytes=2**60, reserve_bytes=3000, tidy_s=0.01)
    async with open_journal(tmp_path / FILE, ("judge",), limits=limits) as journal:
        await journal.append([safety()])
        for _ in range(200):
            await journal.append([sample()])
        await until(lambda: journal.statistics().bytes <= 3000)
        assert journal.statistics().dropped_total > 0
        assert (await all_of(journal))[0].lane is Lane.SAFETY


async def test_what_it_drops_below_the_floor_is_free_on_the_disk(tmp_path: Path) -> None:
    limits = JournalLimits(reserve_bytes=1_000_000, tidy_s=0.01)
    text = {"model": "w" * 4000}
    async with open_journal(tmp_path / FILE, ("judge",), limits=limits) as journal:
        for _ in range(40):
            await journal.append([Sample("m1", NOW, text) for _ in range(50)])
    assert (tmp_path / FILE).stat().st_size > 8_000_000
    limits = dataclasses.replace(limits, min_free_bytes=2**60)
    async with open_journal(tmp_path / FILE, ("judge",), limits=limits) as journal:
        await until(lambda: journal.statistics().bytes <= 1_000_000)
        await until(lambda: (tmp_path / FILE).stat().st_size < 2_000_000)


async def test_too_many_waiting_routine_samples_are_refused(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE, limits=JournalLimits(pending_samples=0)) as journal:
        with pytest.raises(IngestError, match="cannot keep up"):
            await journal.append([sample()])
        assert await journal.append([safety()]) == FIRST + 1
        assert journal.statistics().refused == 1


async def test_a_value_that_cannot_be_written_harms_nobody_else(journal: Journal) -> None:
    for bad in (2**70, "\ud800"):
        with pytest.raises(IngestError, match="m9 cannot be written"):
            await journal.append([sample("m9", count=bad)])
    assert await journal.append([sample()]) == FIRST + 1


async def test_a_disk_that_refuses_acknowledges_nothing_and_it_recovers(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE) as journal:
        assert await journal.append([sample()]) == FIRST + 1
        wal = (tmp_path / (FILE + "-wal")).stat().st_size
        with largest_file(wal + 2000):
            with pytest.raises(IngestError, match="cannot be written"):
                await journal.append([sample(text="x" * 20_000, identity="1")])
            assert "cannot be written" in str(journal.statistics().reason)
        assert await journal.append([sample(identity="1")]) == FIRST + 2
        assert journal.statistics().reason is None
    async with open_journal(tmp_path / FILE) as journal:
        assert numbers(await all_of(journal)) == [1, 2]


async def test_listeners_see_what_was_written_before_append_returns(journal: Journal) -> None:
    heard: list[Sample] = []

    def listen(samples: Sequence[Sample]) -> None:
        heard.extend(samples)

    journal.listen(listen)
    await journal.append([sample(identity="1"), sample(identity="1")])
    assert numbers(heard) == [1]


async def test_a_cancelled_append_does_not_disturb_the_others(journal: Journal) -> None:
    appends = [asyncio.ensure_future(journal.append([sample()])) for _ in range(20)]
    await asyncio.sleep(0)
    for append in appends[::2]:
        append.cancel()
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert all(isinstance(result, int) for result in results[1::2])
    assert len(await all_of(journal)) == 20


async def test_safety_overtakes_routine_that_waits(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE, limits=JournalLimits(group_samples=10)) as journal:
        flood = [asyncio.ensure_future(journal.append([sample()])) for _ in range(2000)]
        await asyncio.sleep(0)
        number = await journal.append([safety()]) - FIRST
        await asyncio.gather(*flood)
        assert number < 2001


async def test_a_new_journal_numbers_above_a_lost_one(tmp_path: Path) -> None:
    now = NOW
    async with open_journal(tmp_path / "a", now_ms=lambda: now) as journal:
        for _ in range(20):
            last = await journal.append([sample()] * 1000)
    now += 1000
    async with open_journal(tmp_path / "b", now_ms=lambda: now) as journal:
        assert await journal.append([sample()]) > last


async def test_after_closing_it_refuses(tmp_path: Path) -> None:
    async with open_journal(tmp_path / FILE) as journal:
        pending = [asyncio.ensure_future(journal.append([sample()])) for _ in range(5)]
        await asyncio.sleep(0)
    assert len(set(await asyncio.gather(*pending))) >= 1
    with pytest.raises(IngestError, match="is closed"):
        await journal.append([sample()])
    assert batches(tmp_path)[-1] == 5


CHILD = """
import asyncio, sys
from pathlib import Path
from collectors.sample import Lane, Sample
from ingest.journal import Journal

async def writer(journal, name, lane):
    for number in range(1_000_000):
        sample = Sample(name, 1, {"count": number}, {}, lane, None, str(number))
        await journal.append([sample])
        print(name, number, flush=True)

async def main():
    async with Journal.open(Path(sys.argv[1])) as journal, asyncio.TaskGroup() as group:
        for n in range(3):
            group.create_task(writer(journal, f"r{n}", Lane.ROUTINE))
            group.create_task(writer(journal, f"s{n}", Lane.SAFETY))

asyncio.run(main())
"""


async def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    choose = random.Random(20)
    for round_number in range(3):
        path = tmp_path / f"{round_number}" / FILE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        acknowledged = [await asyncio.wait_for(process.stdout.readline(), 60)]
        for _ in range(choose.randrange(400)):
            acknowledged.append(await asyncio.wait_for(process.stdout.readline(), 60))
        process.send_signal(signal.SIGKILL)
        acknowledged += (await asyncio.wait_for(process.stdout.read(), 60)).splitlines()
        await process.wait()
        expected = {
            (name, int(number))
            for name, number in (line.decode().split() for line in acknowledged if b" " in line)
        }
        async with Journal.open(path) as journal:
            found = await all_of(journal)
            kept = [(s.device, s.values["count"]) for s in found]
            assert len(kept) == len(set(kept))
            assert expected <= set(kept)
            by_number = sorted(s.seq for s in found)
            assert by_number == list(range(by_number[0], by_number[0] + len(found)))
            # What a broker sends again after a crash is known already.
            again = [Sample(device, 1, {}, {}, Lane.ROUTINE, None, str(n)) for device, n in kept]
            await journal.append(again)
            assert len(await all_of(journal)) == len(found)
            assert await journal.append([sample()]) == by_number[-1] + 1
