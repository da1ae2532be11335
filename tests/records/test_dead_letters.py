from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.driver import DeadLetters
from records.dead_letters import DeadLetterBox, DeadLetterLimits, dead_letters
from records.engine import RecordsError, make_engine, metadata, sqlite_url

NOW = 1_780_000_000_000


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


def box(engine: sa.Engine, clock: Clock | None = None, **limits: int) -> DeadLetterBox:
    return DeadLetterBox(engine, clock or Clock(), DeadLetterLimits(**limits))


async def test_keeps_a_payload_with_its_reason(engine: sa.Engine) -> None:
    kept = box(engine)
    letters: DeadLetters = kept
    await letters.keep("zigbee2mqtt/smoke-1", b"\x00\xff not json", "is not JSON")
    [letter] = kept.list()
    assert (letter.source, letter.payload) == ("zigbee2mqtt/smoke-1", b"\x00\xff not json")
    assert (letter.reason, letter.received_at, letter.size) == ("is not JSON", NOW, 11)


async def test_lists_the_newest_first_and_goes_on_before_an_id(engine: sa.Engine) -> None:
    kept = box(engine)
    for n in range(5):
        await kept.keep(f"t/{n}", b"x", "r")
    newest = kept.list(limit=2)
    assert [letter.source for letter in newest] == ["t/4", "t/3"]
    assert [letter.source for letter in kept.list(2, newest[-1].id)] == ["t/2", "t/1"]


async def test_is_bounded_in_number_size_and_rate(engine: sa.Engine) -> None:
    clock = Clock()
    kept = box(engine, clock, letters=5, payload_bytes=4, per_minute=3, sources=10)
    for n in range(8):
        await kept.keep("noisy", b"%d: a long payload" % n, "r")
    assert [letter.payload for letter in kept.list()] == [b"2: a", b"1: a", b"0: a"]
    assert kept.list()[0].size == 17
    assert (kept.statistics().kept, kept.statistics().not_kept) == (3, 5)
    await kept.keep("another", b"x", "r")
    clock.now += 60_000
    for _ in range(3):
        await kept.keep("noisy", b"x", "r")
    assert len(kept.list()) == 5
    for n in range(20):
        await kept.keep(f"s/{n}", b"x", "r")
    assert kept.statistics().kept == 3 + 1 + 3 + 9 + 3


async def test_text_that_no_database_takes_is_made_fit(engine: sa.Engine) -> None:
    kept = box(engine)
    await kept.keep("a\ud800\0b" + "x" * 600, b"", "r" * 600)
    [letter] = kept.list()
    assert letter.source.startswith("a??b")
    assert (len(letter.source), len(letter.reason)) == (500, 500)


def test_a_thread_may_keep_one_too(engine: sa.Engine) -> None:
    kept = box(engine)
    kept.keep_now("influx", b"cpu x=", "unable to parse")
    assert [letter.source for letter in kept.list()] == ["influx"]


async def test_a_database_that_refuses_is_an_error_of_this_package(tmp_path: Path) -> None:
    empty = make_engine(sqlite_url(tmp_path / "empty.sqlite"))
    with pytest.raises(RecordsError, match="cannot be kept"):
        await box(empty).keep("t", b"x", "r")
    with pytest.raises(RecordsError, match="cannot be read"):
        box(empty).list()
    empty.dispose()


def test_the_migration_makes_the_declared_table(engine: sa.Engine) -> None:
    found = {column["name"]: column for column in sa.inspect(engine).get_columns("dead_letters")}
    declared = metadata.tables[dead_letters.name].columns
    assert set(found) == set(declared.keys())
    for column in declared:
        assert found[column.name]["nullable"] is column.nullable
