"""`export`, `import`, `backup`, `restore` on a data folder, with and without a service on it."""
# covers: sitewatch/commands/export.py import_.py backup.py restore.py sitewatch/work.py

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.interval_tables import intervals
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from records.engine import make_engine, reading, sqlite_url
from sitewatch.control_socket import NAME, serve_control
from sitewatch.data_folder import own
from sitewatch.estate_folder import load_folder
from sitewatch.operations import Workplace
from sitewatch.settings import Settings
from tests.device_configs.estates import smallest
from tests.ingest.samples import NOW
from tests.sitewatch.commands import console
from tests.sitewatch.commands.console import Ran

SPAN = ["--from", "2026-01-01", "--to", "2027-01-01"]


def run(*arguments: object) -> Ran:
    return console.run(*map(str, arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with closing(DuckDbStore(DuckDbSettings(folder / "series.duckdb"))) as store:
        samples = [Sample("m1", NOW + n, {"x": float(n), "on": True}) for n in range(100)]
        store.write([*samples, Sample("stranger", NOW, {"x": 1.0})], Cursor())
    return folder


@pytest.fixture(params=["stopped", "running"])
def work(request: pytest.FixtureRequest, data: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder; a service's part of the work is done in a thread."""
    if request.param == "stopped":
        yield data
        return
    estate = load_folder(smallest(tmp_path / "estate"))
    stop: list[asyncio.Event] = []

    async def serve(place: Workplace) -> None:
        stop.append(asyncio.Event())
        serving = asyncio.create_task(serve_control(data, place.perform))
        await stop[0].wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    with own(data) as held, closing(DuckDbStore(DuckDbSettings(held.series))) as store:
        place = Workplace(store, held, lambda: estate.estate, estate.folder, Settings())
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_until_complete, args=(serve(place),))
        thread.start()
        while not (data / NAME).exists():
            pass
        yield data
        loop.call_soon_threadsafe(stop[0].set)
        thread.join()
        loop.close()


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.lp"])
def test_readings_go_out_and_come_back_once(work: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    estate = () if (tmp_path / "estate").exists() else ("--estate", smallest(tmp_path / "estate"))
    done = run("export", *SPAN, "--data", work, "-o", file, *estate)
    assert done.code == 0, done.output
    assert "201 readings of 2 devices" in done.output
    done = run("import", file, "--data", work)
    assert "0 readings added, 201 were there" in done.output
    other = tmp_path / "other"
    other.mkdir()
    done = run("import", file, "--data", other)
    assert "201 readings added, 0 were there" in done.output, done.output


def test_a_site_or_a_device_only(work: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    estate = () if (tmp_path / "estate").exists() else ("--estate", smallest(tmp_path / "estate"))
    where = ("--data", work, "-o", file, *estate)
    assert "200 readings of 1 devices" in run("export", *SPAN, *where, "--device", "m1").output
    assert "200 readings of 1 devices" in run("export", *SPAN, *where, "--site", "centre").output


def test_a_backup_comes_back(work: Path, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "kept", "--data", work)
    assert "201 readings" in done.output, done.output
    done = run("restore", tmp_path / "kept", "--data", tmp_path / "again")
    assert "201 readings restored" in done.output, done.output
    done = run("export", *SPAN, "--data", tmp_path / "again", "-o", tmp_path / "x.csv")
    assert "201 readings" in done.output
    (tmp_path / "kept" / "series.duckdb").write_bytes(b"")
    done = run("restore", tmp_path / "kept", "--data", tmp_path / "third")
    assert (done.code, "not as it was" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "yesterday", "--to", "2027-01-01", "-o", "x.csv"], "is no date"),
        (["--from", "2027-01-01", "--to", "2026-01-01", "-o", "x.csv"], "is not before"),
        ([*SPAN, "-o", "x.pdf"], "give --format"),
        ([*SPAN, "-o", "x.csv", "--site", "a", "--device", "b"], "not both"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    data: Path, arguments: list[str], message: str
) -> None:
    done = run("export", *arguments, "--data", data)
    assert done.code == 2
    assert message in done.output


def test_a_bad_file_to_import_is_refused(work: Path, tmp_path: Path) -> None:
    (tmp_path / "x.lp").write_text("nonsense\n")
    done = run("import", tmp_path / "x.lp", "--data", work)
    assert (done.code, "x.lp:1: it has no fields" in done.err) == (2, True)


def test_an_import_counts_energy_where_the_estate_is_known(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    with closing(DuckDbStore(DuckDbSettings(theirs / "series.duckdb"))) as store:
        rising = [
            Sample("m1", NOW + n * 60_000, {"active_energy_import": n * 10.0}) for n in range(100)
        ]
        store.write(rising, Cursor())
    file = tmp_path / "out.parquet"
    assert run("export", *SPAN, "--data", theirs, "-o", file).code == 0
    done = run("import", file, "--data", ours)
    assert "energy is not counted without the estate" in done.output
    done = run("import", file, "--data", ours, "--estate", smallest(tmp_path / "estate"))
    assert done.code == 0, done.output
    assert "0 readings added, 100 were there" in done.output
    assert "energy counted again: 1 counters" in done.output
    engine = make_engine(sqlite_url(ours / "sitewatch.sqlite"))
    with reading(engine) as connection:
        [whole] = connection.execute(sa.select(sa.func.sum(intervals.c.amount))).scalars()
    engine.dispose()
    assert whole == 990_000
