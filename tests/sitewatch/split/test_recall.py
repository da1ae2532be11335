from pathlib import Path

import sqlalchemy as sa

from alerts import tables
from ingest.latest import Latest
from ingest.standing import CLOCK_FAULT
from records.engine import make_engine, migrate, sqlite_url
from sitewatch.split.recall import recall, wrong_clocks
from sitewatch.staleness import stale_after
from tests.ingest.samples import NOW, open_journal, safety, sample


def an_engine(folder: Path) -> sa.Engine:
    engine = make_engine(sqlite_url(folder / "records.db"))
    migrate(engine)
    return engine


def put_timer(engine: sa.Engine, device: str, point: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(tables.rule_timers).values(
                rule="clock", device=device, point=point, rising=NOW, rising_test=False,
                observed_at=NOW,
            )
        )  # fmt: skip


async def test_the_newest_of_the_journal_and_wrong_clocks_are_known_again(tmp_path: Path) -> None:
    engine = an_engine(tmp_path)
    put_timer(engine, "m9", CLOCK_FAULT)
    put_timer(engine, "m8", "active_power")
    latest = Latest(stale_after(dict))
    async with open_journal(tmp_path / "j", ("judge",)) as journal:
        await journal.append([sample("m1", active_power=5.0), safety("smoke-1")])
        await recall(latest, journal, engine)
    known = {(one.device, one.point): one.value for one in latest.items(None, NOW)}
    assert known == {
        ("m1", "active_power"): 5.0, ("smoke-1", "smoke"): True, ("m9", CLOCK_FAULT): True,
    }  # fmt: skip
    engine.dispose()


async def test_a_clock_that_the_journal_says_is_right_again_is_right(tmp_path: Path) -> None:
    engine = an_engine(tmp_path)
    put_timer(engine, "m1", CLOCK_FAULT)
    latest = Latest(stale_after(dict))
    async with open_journal(tmp_path / "j", ("judge",)) as journal:
        await journal.append([sample("m1", NOW + 10, clock_wrong=False)])
        await recall(latest, journal, engine)
    found = latest.value("m1", CLOCK_FAULT, NOW)
    assert found is not None
    assert found.value is False
    assert [one.device for one in wrong_clocks(engine)] == ["m1"]
    engine.dispose()
