import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from ingest.recorder import CONSUMER, Recorder
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.store import StoreError
from tests.ingest.samples import NOW, open_journal, safety, sample, until

FOREVER = NOW + 10**9


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with open_journal(tmp_path / "journal.sqlite", (CONSUMER,)) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    opened = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))
    yield opened
    opened.close()


class Failing(DuckDbStore):
    """A store that is down as often as it is told, before or after it has written."""

    down = 0
    after_write = False

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        if not self.down:
            super().write(samples, cursor)
            return
        self.down -= 1
        if self.after_write:
            super().write(samples, cursor)
        raise StoreError("the store is down")


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(recorder.run())
        yield
        task.cancel()


def values(store: DuckDbStore, device: str = "m1", point: str = "count") -> list[object]:
    return [reading.value for reading in store.series(device, [point], NOW, FOREVER)[point]]


def counted(first: int, last: int) -> list[Sample]:
    return [sample(at=NOW + n, count=n) for n in range(first, last)]


async def test_writes_what_the_journal_has_and_tells_it_so(
    journal: Journal, store: DuckDbStore
) -> None:
    recorder = Recorder(journal, store, now_ms=lambda: NOW)
    await journal.append([*counted(0, 10), safety()])
    async with running(recorder):
        await until(lambda: values(store) == list(range(10)))
        await journal.append(counted(10, 20))
        await until(lambda: values(store) == list(range(20)))
        await until(lambda: not journal.statistics().lag[CONSUMER][Lane.ROUTINE].samples)
    assert values(store, "smoke-1", "smoke") == [True]
    statistics = recorder.statistics()
    assert (statistics.samples, statistics.points, statistics.newest_at) == (21, 21, NOW + 19)
    assert recorder.health().ok


async def test_goes_on_where_the_store_is(journal: Journal, store: DuckDbStore) -> None:
    last = await journal.append(counted(0, 10))
    store.write([], Cursor(0, last - 3))
    async with running(Recorder(journal, store)):
        await until(lambda: values(store) == [7, 8, 9])


async def test_a_store_on_a_disk_that_is_full_waits_and_misses_nothing(
    journal: Journal, store: DuckDbStore
) -> None:
    full: list[str] = ["the disk is full"]
    paused = asyncio.Event()

    async def pause(_: float) -> None:
        paused.set()
        await asyncio.sleep(0)

    recorder = Recorder(journal, store, pause=pause, held=lambda: full[0] if full else None)
    await journal.append(counted(0, 10))
    async with running(recorder):
        await paused.wait()
        assert recorder.health().reason == "the disk is full"
        assert values(store) == []
        full.clear()
        await until(lambda: values(store) == list(range(10)))
        await until(lambda: recorder.health().ok)


@pytest.mark.parametrize("after_write", [False, True])
async def test_a_store_that_is_down_is_tried_again_and_loses_and_doubles_nothing(
    journal: Journal, tmp_path: Path, after_write: bool
) -> None:
    store = Failing(DuckDbSettings(tmp_path / "failing.duckdb"))
    store.down, store.after_write = 5, after_write
    pauses: list[float] = []
    seen: list[str | None] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        seen.append(recorder.health().reason)
        await journal.append(counted(len(pauses) * 10, len(pauses) * 10 + 10))

    recorder = Recorder(journal, store, batch=7, now_ms=lambda: NOW + 500, pause=pause)
    await journal.append(counted(0, 10))
    async with running(recorder):
        await until(lambda: values(store) == list(range(60)))
        await until(lambda: recorder.health().ok)
    assert seen == ["the store is down"] * 5
    assert [0.25 * 2**n <= seconds <= 0.5 * 2**n for n, seconds in enumerate(pauses)] == [True] * 5
    store.close()


async def test_health_says_since_when_and_how_often(journal: Journal, tmp_path: Path) -> None:
    store = Failing(DuckDbSettings(tmp_path / "failing.duckdb"))
    store.down = 20
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    recorder = Recorder(journal, store, now_ms=lambda: NOW + len(pauses), pause=pause)
    await journal.append(counted(0, 1))
    async with running(recorder):
        await until(lambda: len(pauses) == 20)
        health = recorder.health()
        assert health.ok or (health.failing_since, health.attempts) == (NOW, 20)
        await until(lambda: recorder.health().ok)
    assert max(pauses) <= 60.0
    assert recorder.health().failing_since is None
    store.close()


@pytest.mark.parametrize(("asked", "pause_s"), [(17.0, 17.0), (86_400.0, 300.0)])
async def test_waits_as_long_as_the_store_asks_within_reason(
    journal: Journal, tmp_path: Path, asked: float, pause_s: float
) -> None:
    class Asking(DuckDbStore):
        busy = True

        def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
            if self.busy:
                error = StoreError("the store is busy")
                error.retry_after_s = asked
                raise error
            super().write(samples, cursor)

    store = Asking(DuckDbSettings(tmp_path / "asking.duckdb"))
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        store.busy = False

    await journal.append(counted(0, 3))
    async with running(Recorder(journal, store, pause=pause)):
        await until(lambda: values(store) == [0, 1, 2])
    assert pauses == [pause_s]
    store.close()


CHILD = """
import asyncio, sys
from pathlib import Path
from collectors.sample import Sample
from ingest.journal import Journal
from ingest.recorder import CONSUMER, Recorder
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings

async def main(folder):
    store = DuckDbStore(DuckDbSettings(folder / "store.duckdb"))
    async with Journal.open(folder / "journal.sqlite", (CONSUMER,)) as journal:
        async with asyncio.TaskGroup() as group:
            group.create_task(Recorder(journal, store, batch=20).run())
            for n in range(1_000_000):
                number = await journal.append([Sample("m1", 1780000000000 + n, {"count": n})])
                print(n, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_kill_9_between_store_and_journal_loses_and_doubles_nothing(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(300):
        line = await asyncio.wait_for(process.stdout.readline(), 60)
    process.send_signal(signal.SIGKILL)
    rest = (await asyncio.wait_for(process.stdout.read(), 60)).splitlines()
    await process.wait()
    acknowledged = int(rest[-2] if len(rest) > 1 else line)
    store = DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))
    async with (
        Journal.open(tmp_path / "journal.sqlite", (CONSUMER,)) as journal,
        running(Recorder(journal, store)),
    ):
        await until(lambda: len(values(store)) > acknowledged)
        await until(lambda: not journal.statistics().lag[CONSUMER][Lane.ROUTINE].samples)
        found = values(store)
        assert found == list(range(len(found)))
    store.close()


ROOT = Path(__file__).resolve().parents[2]
