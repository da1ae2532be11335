import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sample import Lane
from ingest.bus import Cursor, IngestError
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from ingest.journal_reader import JournalReader
from tests.ingest.samples import numbers, open_journal, safety, sample, until

QUICK = JournalLimits(tidy_s=0.01)


class Owner:
    """What the owner of the journal was told."""

    def __init__(self) -> None:
        self.cursors: list[tuple[str, Cursor]] = []
        self.damaged = 0

    def tell(self, consumer: str, cursor: Cursor) -> None:
        self.cursors.append((consumer, cursor))

    def damage(self) -> None:
        self.damaged += 1


def reader(path: Path, owner: Owner | None = None) -> JournalReader:
    found = owner or Owner()
    return JournalReader(path, found.tell, found.damage)


async def test_reads_what_the_owner_wrote_safety_first(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        await journal.append([sample(), sample()])
        await journal.append([safety()])
        other = reader(tmp_path / "j")
        found = await other.read(Cursor(), 10, 0)
        assert numbers(found) == [3, 1, 2]
        assert [one.lane for one in found] == [Lane.SAFETY, Lane.ROUTINE, Lane.ROUTINE]
        assert list(found) == list(await journal.read(Cursor(), 10, 0))
        assert await other.read(Cursor().advanced(found), 10, 0.01) == []
        other.close()


async def test_a_call_wakes_a_reader_that_waits(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        await journal.append([sample()])
        other = reader(tmp_path / "j")
        after = Cursor().advanced(await other.read(Cursor(), 10, 0))
        journal.listen(lambda _samples: other.wake())
        waiting = asyncio.create_task(other.read(after, 10, 20))
        await asyncio.sleep(0.02)
        began = asyncio.get_running_loop().time()
        await journal.append([safety()])
        assert numbers(await waiting) == [2]
        assert asyncio.get_running_loop().time() - began < 0.4
        other.close()


async def test_without_a_call_the_file_is_looked_at_all_the_same(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        other = reader(tmp_path / "j")
        waiting = asyncio.create_task(other.read(Cursor(), 10, 20))
        await asyncio.sleep(0.02)
        await journal.append([sample()])
        assert numbers(await waiting) == [1]
        other.close()


async def test_what_an_owner_left_who_was_killed_is_read(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        await journal.append([sample(), sample()])
        names = ("j", "j-wal")
        left = {name: (tmp_path / name).read_bytes() for name in names}
    killed = tmp_path / "killed"
    killed.mkdir()
    for name, content in left.items():
        (killed / name).write_bytes(content)
    other = reader(killed / "j")
    assert numbers(await other.read(Cursor(), 10, 0)) == [1, 2]
    other.close()
    assert (killed / "j-wal").read_bytes() == left["j-wal"], "the log is the owner's"


async def test_a_journal_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    other = reader(tmp_path / "j")
    assert await other.read(Cursor(), 10, 0) == []
    async with open_journal(tmp_path / "j") as journal:
        await journal.append([sample()])
        assert numbers(await other.read(Cursor(), 10, 0)) == [1]
    other.close()


async def test_cursors_are_the_owners(tmp_path: Path) -> None:
    owner = Owner()
    other = reader(tmp_path / "j", owner)
    await other.commit("recorder", Cursor(1, 2))
    assert owner.cursors == [("recorder", Cursor(1, 2))]


async def test_what_is_no_journal_is_an_error_and_told_to_the_owner(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"this is no database at all" * 400)
    owner = Owner()
    other = reader(tmp_path / "j", owner)
    with pytest.raises(IngestError, match="cannot be read"):
        await other.read(Cursor(), 10, 0)
    assert owner.damaged == 1
    other.close()


def break_batch(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        query = "UPDATE batch SET crc = crc + 1 WHERE id = (SELECT id FROM batch LIMIT 1 OFFSET ?)"
        assert db.execute(query, (number,)).rowcount == 1


async def test_a_damaged_batch_is_told_and_not_skipped(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        for _ in range(3):
            await journal.append([sample()])
        break_batch(tmp_path / "j", 1)
        owner = Owner()
        other = reader(tmp_path / "j", owner)
        assert numbers(await other.read(Cursor(), 10, 0)) == [1]
        assert owner.damaged == 1
        after = Cursor().advanced(await other.read(Cursor(), 10, 0))
        with pytest.raises(IngestError, match="being repaired"):
            await other.read(after, 10, 0)
        other.skip_damaged = True
        assert numbers(await other.read(after, 10, 0)) == [3]
        other.close()


async def test_a_repaired_journal_is_read_in_place_of_the_damaged_one(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j", ("recorder",), QUICK) as journal:
        for _ in range(3):
            await journal.append([sample()])
        other = JournalReader(tmp_path / "j", Owner().tell, journal.suspect)
        after = Cursor().advanced((await other.read(Cursor(), 1, 0))[:1])
        break_batch(tmp_path / "j", 1)
        with pytest.raises(IngestError):
            await other.read(after, 10, 0)
        await until(lambda: journal.statistics().salvaged_as is not None)
        await journal.append([safety()])

        async def read_on(journal: Journal) -> list[int]:
            try:
                return numbers(await other.read(after, 10, 1))
            except IngestError:
                return []

        async with asyncio.timeout(20):
            found: list[int] = []
            while len(found) < 2:
                found = await read_on(journal)
        assert (found[0], found[-1]) == (4, 3), "what lay behind the damage, too"
        assert len(found) + journal.statistics().lost_total == 3
        other.close()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=12),
       st.integers(1, 7))  # fmt: skip
def test_two_readers_in_two_ways_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[bool, int]], limit: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"

    async def both() -> None:
        async with open_journal(path, ("recorder",)) as journal:
            other = reader(path)
            for urgent, count in batches:
                await journal.append([safety() if urgent else sample() for _ in range(count)])
            ours = theirs = Cursor()
            while found := list(await journal.read(ours, limit, 0)):
                same = list(await other.read(theirs, limit, 0))
                assert same == found
                ours, theirs = ours.advanced(found), theirs.advanced(same)
            assert list(await other.read(theirs, limit, 0)) == []
            other.close()

    asyncio.run(both())
