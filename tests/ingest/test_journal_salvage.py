"""Journals of known samples, damaged at random: what comes back is what was written, nothing else,
and at least what is missing is counted."""

import asyncio
import random
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.sample import Sample
from ingest.bus import Cursor, IngestError
from ingest.journal import Journal
from ingest.journal_limits import JournalLimits
from tests.ingest.limits import largest_file
from tests.ingest.samples import NOW, open_journal, safety

FILE = "journal.sqlite"
CONSUMER = "judge"
QUICK = JournalLimits(tidy_s=0.01)
PAGE = 4096
ROUNDS = 8
"""Damaged journals of each way and state."""


async def all_of(journal: Journal) -> list[Sample]:
    """Everything, as a consumer reads it: again where the journal is being repaired."""
    found: list[Sample] = []
    after = Cursor()
    async with asyncio.timeout(20):
        while True:
            try:
                part = await journal.read(after, 100, 0)
            except IngestError:
                await asyncio.sleep(0.01)
                continue
            if not part:
                return found
            found += part
            after = after.advanced(part)


@dataclass
class Known:
    """A journal whose content is known."""

    folder: Path
    written: dict[int, Sample]


async def fill(journal: Journal, written: dict[int, Sample], count: int) -> None:
    journal.listen(lambda batch: written.update({one.seq: one for one in batch}))
    choose = random.Random(7)
    for number in range(count):
        size = choose.choice((1, 1, 1, 5, 20))
        text = "x" * choose.choice((0, 10, 200, 6000))
        identity = [f"{number}-{n}" for n in range(size)]
        await journal.append(
            [
                Sample(f"m{n}", NOW + number, {"text": text, "n": n}, identity=identity[n])
                for n in range(size)
            ]
        )
        if number % 3 == 0:
            await journal.append([safety(f"smoke-{number % 7}", NOW + number)])


async def made(folder: Path, *, closed: bool) -> Known:
    """A journal as a clean end leaves it, or as kill -9 does, with its write-ahead log."""
    written: dict[int, Sample] = {}
    live, kept = folder / "live", folder / "kept"
    async with open_journal(live / FILE, (CONSUMER,), QUICK) as journal:
        await fill(journal, written, 120)
        if not closed:
            shutil.copytree(live, kept)
    if closed:
        shutil.copytree(live, kept)
    assert (kept / f"{FILE}-wal").exists() is not closed
    return Known(kept, written)


def flip(path: Path, choose: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(choose.choice((1, 1, 3, 30))):
        content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
    path.write_bytes(content)


def flip_in_one_page(path: Path, choose: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = choose.randrange(len(content) // PAGE) * PAGE
    for _ in range(choose.randrange(1, 200)):
        content[start + choose.randrange(PAGE)] = choose.randrange(256)
    path.write_bytes(content)


def cut(path: Path, choose: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(choose.randrange(path.stat().st_size))


def zero_a_block(path: Path, choose: random.Random) -> None:
    with path.open("r+b") as file:
        file.seek(choose.randrange(max(1, path.stat().st_size // PAGE)) * PAGE)
        file.write(bytes(PAGE))


def lose(path: Path, choose: random.Random) -> None:
    path.unlink()


WAYS = [flip, flip_in_one_page, cut, zero_a_block, lose]


async def damaged_and_opened(
    known: Known, folder: Path, damage: Callable[[Path], None]
) -> tuple[int, int]:
    """Missing and counted samples of a damaged copy."""
    shutil.copytree(known.folder, folder)
    damage(folder)
    async with open_journal(folder / FILE, (CONSUMER,), QUICK) as journal:
        found = await all_of(journal)
        numbers = [one.seq for one in found]
        assert len(numbers) == len(set(numbers))
        for one in found:
            assert one == known.written[one.seq]
        missing = len(known.written) - len(found)
        counted = journal.statistics().lost_total
        assert counted >= missing
        assert await journal.append([safety()]) > max(known.written)
        assert len(await all_of(journal)) == len(found) + 1
        if missing:
            assert journal.statistics().salvaged_as is not None
    async with open_journal(folder / FILE, (CONSUMER,), QUICK) as journal:
        assert len(await all_of(journal)) == len(found) + 1
        assert journal.statistics().lost_total == counted
        assert journal.statistics().salvaged_as is None
    shutil.rmtree(folder)
    return missing, counted


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "killed"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_what_can_be_read_of_a_damaged_journal_is_kept_and_the_loss_is_counted(
    tmp_path: Path, way: Callable[[Path, random.Random], None], closed: bool
) -> None:
    known = await made(tmp_path, closed=closed)
    some = 0
    for seed in range(ROUNDS):
        choose = random.Random(seed)
        target = FILE if closed or choose.random() < 0.5 else f"{FILE}-wal"

        def damage(folder: Path, name: str = target, choose: random.Random = choose) -> None:
            way(folder / name, choose)

        missing, _ = await damaged_and_opened(known, tmp_path / "copy", damage)
        some += missing > 0
    assert some > 0


async def test_a_damaged_mark_is_no_damage_to_the_journal(tmp_path: Path) -> None:
    known = await made(tmp_path, closed=True)
    (known.folder / f"{FILE}.mark").write_bytes(b"no mark")
    async with open_journal(known.folder / FILE, (CONSUMER,)) as journal:
        assert len(await all_of(journal)) == len(known.written)
        assert journal.statistics().lost_total == 0


async def test_damage_without_a_mark_is_counted_by_the_holes_in_the_numbers(
    tmp_path: Path,
) -> None:
    known = await made(tmp_path, closed=True)

    def damage(folder: Path) -> None:
        (folder / f"{FILE}.mark").unlink()
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.execute("UPDATE batch SET crc = 0 WHERE id BETWEEN 10 AND 20")
            connection.execute("DROP INDEX batch_by_lane")
            connection.commit()
        content = (folder / FILE).read_bytes()
        (folder / FILE).write_bytes(b"broken" + content[6:])

    missing, counted = await damaged_and_opened(known, tmp_path / "copy", damage)
    assert 0 < missing < counted == missing + 1


async def test_damage_while_it_runs_is_repaired_and_every_reader_goes_on(tmp_path: Path) -> None:
    written: dict[int, Sample] = {}
    limits = JournalLimits(tidy_s=0.01, tail_bytes=0)
    async with open_journal(tmp_path / FILE, (CONSUMER,), limits) as journal:
        await fill(journal, written, 60)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("UPDATE batch SET crc = crc + 1 WHERE id IN (5, 6, 30)")
            connection.commit()
        first = await all_of(journal)
        assert journal.statistics().salvaged_as is not None
        by_number = {one.seq: one for one in first}
        assert {one.seq: one for one in await all_of(journal)} == by_number
        assert [one == written[one.seq] for one in first] == [True] * len(first)
        statistics = journal.statistics()
        assert statistics.lost_total == len(written) - len(first)
        assert statistics.damaged_batches >= 1
        assert statistics.reason is None
        assert await journal.append([safety()]) == max(written)
    # What was acknowledged before the damage is known when it comes again.
    async with open_journal(tmp_path / FILE, (CONSUMER,)) as journal:
        assert len(await all_of(journal)) == len(first) + 1
        assert await journal.append([known for known in written.values() if known.identity]) == max(
            written
        )


async def test_pages_that_break_while_it_runs_do_not_stop_it(tmp_path: Path) -> None:
    written: dict[int, Sample] = {}
    limits = JournalLimits(tidy_s=0.01, tail_bytes=0)
    async with open_journal(tmp_path / FILE, (CONSUMER,), limits) as journal:
        await fill(journal, written, 120)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with (tmp_path / FILE).open("r+b") as file:
            file.truncate(20 * PAGE)
        found = await all_of(journal)
        assert [one for one in found if one != written.get(one.seq)] == []
        assert journal.statistics().lost_total >= len(written) - len(found) > 0
        assert await journal.append([safety()]) == max(written)


async def test_what_every_consumer_has_read_is_no_loss(tmp_path: Path) -> None:
    written: dict[int, Sample] = {}
    async with open_journal(tmp_path / FILE, (CONSUMER,), QUICK) as journal:
        await fill(journal, written, 30)
        await journal.commit(CONSUMER, Cursor().advanced(list(written.values())))
    (tmp_path / FILE).unlink()
    async with open_journal(tmp_path / FILE, (CONSUMER,), QUICK) as journal:
        assert journal.statistics().lost_total == 0
        assert await journal.append([safety()]) > max(written) - 1


@pytest.mark.parametrize("done", [False, True])
async def test_a_salvage_that_was_cut_off_is_finished_or_begun_anew(
    tmp_path: Path, done: bool
) -> None:
    known = await made(tmp_path, closed=True)
    path = known.folder / FILE
    fresh = known.folder / f"{FILE}.salvaged"
    if done:
        path.rename(fresh)
    else:
        fresh.write_bytes(b"half")
    async with open_journal(path, (CONSUMER,)) as journal:
        assert len(await all_of(journal)) == len(known.written)
    assert not fresh.exists()


async def test_a_salvage_without_room_says_so_and_harms_nothing(tmp_path: Path) -> None:
    known = await made(tmp_path, closed=True)
    before = b"broken" + (known.folder / FILE).read_bytes()[6:]
    (known.folder / FILE).write_bytes(before)
    with largest_file(100_000), pytest.raises(IngestError, match="cannot be salvaged"):
        async with open_journal(known.folder / FILE, (CONSUMER,)):
            pass
    assert (known.folder / FILE).read_bytes() == before


async def test_only_the_newest_damaged_files_are_kept(tmp_path: Path) -> None:
    known = await made(tmp_path, closed=True)
    path = known.folder / FILE
    for round_number in range(5):
        path.write_bytes(f"damage {round_number}".encode())
        async with open_journal(path, (CONSUMER,)) as journal:
            await journal.append([safety()])
    kept = [file.read_text() for file in sorted(known.folder.glob(f"{FILE}.damaged-*"))]
    assert kept == ["damage 3", "damage 4"]


async def test_a_journal_of_the_format_before_is_taken_over(tmp_path: Path) -> None:
    known = await made(tmp_path, closed=True)
    path = known.folder / FILE
    path.with_name(f"{FILE}.mark").unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("crc32", 1, zlib.crc32)
        connection.execute("UPDATE batch SET crc = crc32(payload)")
        connection.execute("PRAGMA user_version=0")
        connection.commit()
    async with open_journal(path, (CONSUMER,)) as journal:
        found = await all_of(journal)
        assert {one.seq: one for one in found} == known.written
        assert journal.statistics().damaged_batches == 0
