import asyncio
import contextlib
from pathlib import Path

from ingest.bus import Cursor
from ingest.latest import Latest
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from sitewatch.split.follow import Follower, cursor_of
from sitewatch.staleness import stale_after
from tests.ingest.samples import NOW, open_journal, sample, until


async def test_nothing_falls_between_the_store_and_the_journal(tmp_path: Path) -> None:
    store = DuckDbStore(DuckDbSettings(tmp_path / "series.duckdb"))
    latest = Latest(stale_after(dict))
    async with open_journal(tmp_path / "j", ("recorder",)) as journal:
        await journal.append([sample("m1", active_power=1.0)])
        stored = await journal.read(Cursor(), 10, 0)
        store.write(stored, Cursor().advanced(stored))
        await journal.append([sample("m2", active_power=2.0)])
        latest.load(store.latest())
        follower = Follower(latest, journal, await cursor_of(store))
        running = asyncio.create_task(follower.run())
        await journal.append([sample("m3", active_power=3.0)])
        await until(lambda: len(latest.items(None, NOW)) == 3)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    found = {one.device: one.value for one in latest.items(None, NOW)}
    assert found == {"m1": 1.0, "m2": 2.0, "m3": 3.0}
    store.close()
