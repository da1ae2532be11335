import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from collectors.sample import Sample, Value
from ingest.bus import Cursor
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import Aggregate, StoreError
from records.engine import RecordsError
from tests.influx import MAX_BODY, influxd
from tests.ingest.samples import NOW
from tests.ingest.stores.conftest import Letters, describe
from tests.ports import free_ports
from tests.scripted_http import Reply, scripted

Make = Callable[..., InfluxStore]


def samples(count: int, first: int = 1, **values: Value) -> list[Sample]:
    return [
        Sample("m1", NOW + n, values or {"x": float(n)}, seq=n) for n in range(first, first + count)
    ]


def stored(store: InfluxStore, point: str = "x", device: str = "m1") -> list[Value]:
    return [r.value for r in store.series(device, [point], NOW, NOW + 10**9)[point]]


@pytest.fixture
def store(influx: Make) -> Iterator[InfluxStore]:
    with closing(influx()) as made:
        yield made


@pytest.fixture(params=["influx", pytest.param("influx2", marks=pytest.mark.needs_influx2)])
def any_store(request: pytest.FixtureRequest) -> Iterator[InfluxStore]:
    """A store on every server there is."""
    with closing(request.getfixturevalue(request.param)()) as made:
        yield made


def test_a_poison_line_is_found_and_the_others_are_stored(
    any_store: InfluxStore, letters: Letters
) -> None:
    store = any_store
    good = samples(100)
    # A backslash at the end of a tag has no way of being written in the line protocol.
    poison = [Sample("panel-1/p\\", NOW + n, {"smoke": True}, seq=200 + n) for n in range(3)]
    store.write([*good[:40], poison[0], *good[40:90], *poison[1:], *good[90:]], Cursor(0, 203))
    assert stored(store) == [float(n) for n in range(1, 101)]
    assert len(letters.found) == 3
    source, payload, reason = letters.found[0]
    assert source.startswith("http")
    assert payload.startswith(b"smoke_detector,device=panel-1/p\\,site=centre smoke=true ")
    assert "unable to parse" in reason
    assert store.cursor() == Cursor(0, 203)


def test_a_field_of_another_type_does_not_take_the_rest_of_its_sample_along(
    any_store: InfluxStore, letters: Letters
) -> None:
    store = any_store
    store.write(samples(1, first=1, x=1.0), Cursor())
    store.write([Sample("m1", NOW + 2, {"x": "text", "y": 5.0}, seq=2)], Cursor())
    assert stored(store, "y") == [5.0]
    assert stored(store, "x") == [1.0]
    [(_, payload, reason)] = letters.found
    assert b' x="text" ' in payload
    assert "field type conflict" in reason


def test_a_device_that_the_estate_does_not_have_is_rejected(
    store: InfluxStore, letters: Letters
) -> None:
    store.write([Sample("stranger", NOW, {"x": 1.0}, seq=1), *samples(1, first=2)], Cursor())
    assert stored(store) == [2.0]
    assert [reason for _, _, reason in letters.found] == ["no such device"]


def test_a_batch_that_is_too_large_is_halved(influx: Make, letters: Letters) -> None:
    with closing(influx(lines=100_000)) as store:
        text = "z" * 1000
        count = MAX_BODY * 3 // len(text)
        store.write(samples(count, serial=text), Cursor())
        found = store.series("m1", ["serial"], NOW, NOW + 10**9, 10**9, Aggregate.COUNT)
        assert [r.value for r in found["serial"]] == [count]
        assert letters.found == []


def test_a_line_that_is_too_large_alone_is_rejected(store: InfluxStore, letters: Letters) -> None:
    store.write([*samples(1), *samples(1, first=2, serial="z" * MAX_BODY)], Cursor())
    assert stored(store) == [1.0]
    assert len(letters.found) == 1


def test_dead_letters_that_cannot_be_kept_keep_the_batch(influx_url: str) -> None:
    def refuse(source: str, payload: bytes, reason: str) -> None:
        raise RecordsError("the database is locked")

    with closing(InfluxStore(InfluxSettings(influx_url, "refuse"), describe, refuse)) as store:
        store.cursor()
        with pytest.raises(StoreError, match="cannot be kept: the database is locked"):
            store.write([Sample("stranger", NOW, {"x": 1.0}, seq=1)], Cursor(0, 1))
        assert store.cursor() == Cursor()


def test_a_missing_database_is_made_and_made_again(
    store: InfluxStore, influx_url: str, database: str
) -> None:
    store.write(samples(2), Cursor(0, 2))
    assert stored(store) == [1.0, 2.0]
    answer = httpx.post(f"{influx_url}/query", data={"q": f'DROP DATABASE "{database}"'})
    assert answer.is_success
    store.write(samples(2, first=3), Cursor(0, 4))
    assert stored(store) == [3.0, 4.0]


def test_one_point_of_the_cursor_is_kept_a_day(
    store: InfluxStore, influx_url: str, database: str
) -> None:
    for number in range(1, 6):
        store.write([], Cursor(number, number * 2))
    query = {"db": database, "q": "SELECT * FROM sitewatch_cursor"}
    [result] = httpx.get(f"{influx_url}/query", params=query).json()["results"]
    assert len(result["series"][0]["values"]) == 1
    assert store.cursor() == Cursor(5, 10)


def test_a_server_that_is_away_is_an_error_and_later_takes_what_it_missed(tmp_path: Path) -> None:
    [port] = free_ports(1)
    letters = Letters()
    settings = InfluxSettings(f"http://127.0.0.1:{port}")
    with closing(InfluxStore(settings, describe, letters, now_ms=lambda: NOW)) as store:
        for call in (
            lambda: store.write(samples(3), Cursor(0, 3)),
            store.cursor,
            store.latest,
            lambda: stored(store),
        ):
            with pytest.raises(StoreError, match=f"127.0.0.1:{port} cannot be reached"):
                call()
        with influxd(tmp_path / "influxd", http_port=port):
            store.write(samples(3), Cursor(0, 3))
            assert stored(store) == [1.0, 2.0, 3.0]
        with pytest.raises(StoreError, match="cannot be reached"):
            store.write(samples(3, first=4), Cursor(0, 6))
        with influxd(tmp_path / "influxd", http_port=port):
            assert store.cursor() == Cursor(0, 3)
            store.write(samples(3, first=4), Cursor(0, 6))
            assert stored(store) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert letters.found == []


def test_a_wrong_password_is_kept_and_said(tmp_path: Path) -> None:
    with influxd(tmp_path / "influxd", auth=True) as url:
        create = "CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES"
        assert httpx.post(f"{url}/query", data={"q": create}).is_success
        letters = Letters()
        wrong = InfluxSettings(url, username="admin", password="wrong")
        with closing(InfluxStore(wrong, describe, letters)) as store:
            with pytest.raises(StoreError, match="refuses our name and password"):
                store.cursor()
            with pytest.raises(StoreError, match="refuses our name and password"):
                store.write(samples(2), Cursor())
        right = InfluxSettings(url, username="admin", password="right")
        with closing(InfluxStore(right, describe, letters)) as store:
            store.write(samples(2), Cursor())
            assert stored(store) == [1.0, 2.0]
        assert letters.found == []
        assert "right" not in repr(right)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (503, "busy", "answers 503: busy"),
        (429, {"code": "too many requests", "message": "slow down"}, "answers 429: slow down"),
        (400, {"error": "database is required"}, "answers 400: database is required"),
        (422, {"code": "unprocessable entity", "message": "no"}, "answers 422: no"),
        (403, {"code": "forbidden", "message": "not yours"}, "refuses our token: not yours"),
        (401, "unauthorized", "refuses our token: unauthorized"),
    ],
)
def test_what_is_no_fault_of_a_line_is_kept_for_later(
    version: int, status: int, body: object, message: str
) -> None:
    letters = Letters()
    reply = Reply(status, body, {"Retry-After": "7"})
    with scripted({"POST /write": reply, "POST /api/v2/write": reply}) as server:
        settings = InfluxSettings(server.url, version=version, token="t")
        with (
            closing(InfluxStore(settings, describe, letters)) as store,
            pytest.raises(StoreError, match=message) as raised,
        ):
            store.write(samples(4), Cursor())
    assert raised.value.retry_after_s == 7.0
    assert letters.found == []


def test_a_server_that_is_no_influxdb_is_said() -> None:
    with (
        scripted({"POST /query": Reply(200, "<html>hello</html>")}) as server,
        closing(InfluxStore(InfluxSettings(server.url), describe, Letters())) as store,
        pytest.raises(StoreError, match="does not answer as an InfluxDB"),
    ):
        store.cursor()


def test_what_is_beyond_the_retention_is_rejected_and_the_rest_is_stored(
    influx_url: str, letters: Letters, database: str
) -> None:
    now = round(time.time() * 1000)
    old = [Sample("m1", NOW - n * 10**9, {"x": 1.0, "y": 2.0}, seq=n) for n in range(1, 21)]
    with closing(InfluxStore(InfluxSettings(influx_url, database), describe, letters)) as store:
        store.cursor()
        alter = f'ALTER RETENTION POLICY "autogen" ON "{database}" DURATION 1d SHARD DURATION 1h'
        assert httpx.post(f"{influx_url}/query", data={"q": alter}).is_success
        store.write([*old, Sample("m1", now, {"x": 5.0}, seq=21)], Cursor(0, 21))
        found = store.series("m1", ["x"], now - 1, now + 1)["x"]
        assert [reading.value for reading in found] == [5.0]
        assert store.cursor() == Cursor(0, 21)
    assert len(letters.found) == 20
    assert "retention" in letters.found[0][2]


def test_version_2_that_is_away_is_an_error() -> None:
    [port] = free_ports(1)
    settings = InfluxSettings(f"http://127.0.0.1:{port}", version=2, token="any")
    with (
        closing(InfluxStore(settings, describe, Letters())) as store,
        pytest.raises(StoreError, match="cannot be reached"),
    ):
        store.write(samples(1), Cursor())
