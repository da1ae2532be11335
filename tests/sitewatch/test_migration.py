import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from collectors.sample import Reason, Sample
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import StoreError
from sitewatch.migration import Difference, Progress, compare, migrate
from tests.influx import influxd
from tests.ingest.samples import NOW


def quiet(_done: int, _of: int) -> None:
    return


def reject(*_: object) -> None:
    return


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with influxd(tmp_path_factory.mktemp("influxd")) as found:
        yield found


@pytest.fixture
def source(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "store.duckdb"))) as store:
        for day in range(0, 200, 40):
            samples = [
                Sample(f"m{n % 3}", NOW + day * 86_400_000 + n // 9, {"x": float(n), "on": True})
                for n in range(90)
            ]
            store.write(samples, Cursor(3, 5 + day))
            store.seal()
            store.compactor.step()
        store.write([Sample("m0", NOW, {"x": None}, {"x": Reason.NO_ANSWER})], Cursor())
        yield store


class Breaking(InfluxStore):
    """Fails when its second device comes."""

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        if any(sample.device == "m1" for sample in samples):
            raise StoreError("away")
        super().write(samples, cursor)


def opened(url: str, name: str, kind: type[InfluxStore] = InfluxStore) -> InfluxStore:
    store = kind(InfluxSettings(url, name), lambda _: ("electricity_meter", "centre"), reject)
    store.cursor()
    return store


def test_everything_is_moved_and_counted(source: DuckDbStore, url: str, tmp_path: Path) -> None:
    with closing(opened(url, "moved")) as target:
        progress = Progress(tmp_path / "migration.json", "moved")
        assert migrate(source, target, progress, quiet) == 901
        assert compare(source, target, quiet) == []
        assert target.cursor() == source.cursor()
        for device in source.devices():
            span = (NOW - 1, NOW + 400 * 86_400_000)
            points = source.points(device)
            assert target.series(device, points, *span) == source.series(device, points, *span)
        progress.forget()
        assert migrate(source, target, progress, quiet) == 901
        assert compare(source, target, quiet) == []


def test_a_broken_move_goes_on_where_it_stood(
    source: DuckDbStore, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "migration.json"
    with closing(opened(url, "broken", Breaking)) as target, pytest.raises(StoreError):
        migrate(source, target, Progress(file, "broken"), quiet)
    assert json.loads(file.read_text())["done"] == ["m0"]
    with closing(opened(url, "broken")) as target:
        fewer = compare(source, target, quiet)
        assert Difference("m1", "x", 150, 0) in fewer
        assert migrate(source, target, Progress(file, "broken"), quiet) == 600
        assert compare(source, target, quiet) == []
    assert Progress(file, "another").done == set()
