"""The write half of the contract on a server that speaks /api/v2/write: VictoriaMetrics."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from collectors.sample import Lane, Sample
from ingest.bus import Cursor
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.influx_write_v2 import WriteV2
from ingest.stores.store import StoreError
from tests.influx import victoria_metrics
from tests.ingest.samples import NOW
from tests.ingest.stores.conftest import Letters, describe
from tests.ports import free_ports
from tests.scripted_http import Reply, scripted

Found = dict[tuple[str, str], list[tuple[int, float]]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with victoria_metrics(tmp_path_factory.mktemp("vm")) as found:
        yield found


@pytest.fixture
def write(url: str, letters: Letters) -> Iterator[Callable[..., None]]:
    settings = InfluxSettings(url, version=2, token="any", lines=30)
    with closing(InfluxStore(settings, describe, letters)) as store:

        def call(*samples: Sample) -> None:
            store.write(samples, Cursor().advanced(samples))

        yield call


def found(url: str, series: str) -> Found:
    """Device and site to readings of one series."""
    httpx.get(f"{url}/internal/force_flush").raise_for_status()
    answer = httpx.get(f"{url}/api/v1/export", params={"match[]": f'{{__name__="{series}"}}'})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return {
        (line["metric"]["device"], line["metric"]["site"]): list(
            zip(line["timestamps"], line["values"], strict=True)
        )
        for line in lines
    }


def test_numbers_and_booleans_arrive_with_their_times(
    write: Callable[..., None], url: str, letters: Letters
) -> None:
    write(*(
        Sample("m1", NOW + n, {"active_power": n + 0.5, "running": n % 2 == 0}, seq=n)
        for n in range(1, 101)
    ))  # fmt: skip
    where = ("m1", "centre, hall=1")
    assert found(url, "electricity_meter_active_power") == {
        where: [(NOW + n, n + 0.5) for n in range(1, 101)]
    }
    assert found(url, "electricity_meter_running")[where][:2] == [(NOW + 1, 0), (NOW + 2, 1)]
    assert letters.found == []


def test_what_is_missing_is_not_a_number(write: Callable[..., None], url: str) -> None:
    write(
        Sample("m2", NOW, {"voltage_l1": None, "current_l1": 0}, {"voltage_l1": "no_answer"}, seq=1)
    )
    assert found(url, "electricity_meter_voltage_l1") == {}
    assert found(url, "electricity_meter_current_l1") == {("m2", "centre, hall=1"): [(NOW, 0)]}


def test_the_devices_own_time_and_names_from_the_wire_arrive(
    write: Callable[..., None], url: str
) -> None:
    names = ["panel-1/p'1", 'panel-1/p"1', "panel-1/p 1,x=2", "panel-1/p;DROP"]
    write(*(
        Sample(name, NOW, {"smoke": True}, {}, Lane.SAFETY, NOW - 5000, None, n + 1)
        for n, name in enumerate(names)
    ))  # fmt: skip
    assert found(url, "smoke_detector_smoke") == {
        (name, "centre"): [(NOW - 5000, 1)] for name in names
    }


def test_a_replay_writes_nothing_twice(write: Callable[..., None], url: str) -> None:
    samples = [Sample("m3", NOW + n, {"frequency": float(n)}, seq=n) for n in range(1, 51)]
    for _ in range(3):
        write(*samples)
    readings = found(url, "electricity_meter_frequency")["m3", "centre, hall=1"]
    assert sorted(set(readings)) == [(NOW + n, float(n)) for n in range(1, 51)]


def test_a_server_that_is_away_is_an_error() -> None:
    [port] = free_ports(1)
    settings = InfluxSettings(f"http://127.0.0.1:{port}", version=2, token="any")
    with (
        closing(WriteV2(settings)) as writer,
        pytest.raises(StoreError, match="cannot be reached"),
    ):
        writer.post(b"m x=1 1")


@pytest.mark.parametrize(("version", "scheme"), [(2, "Token"), (3, "Bearer")])
def test_each_request_names_bucket_organisation_precision_and_token(
    version: int, scheme: str
) -> None:
    with scripted({"POST /api/v2/write": Reply(204)}) as server:
        settings = InfluxSettings(
            server.url, "our bucket", version=version, token="t", org="our org"
        )
        with closing(WriteV2(settings)) as writer:
            assert writer.post('m x=1 1780000000000000001\nm y="中" 2'.encode()).ok
    [asked] = server.asked
    assert asked.query == {"org": "our org", "bucket": "our bucket", "precision": "ns"}
    assert asked.headers["authorization"] == f"{scheme} t"
    assert asked.body == 'm x=1 1780000000000000001\nm y="中" 2'


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply(429, {"code": "too many requests", "message": "wait"}, {"Retry-After": "9"}),
            (429, "wait", 9.0),
        ),
        (Reply(413, {"code": "request too large", "message": "too big"}), (413, "too big", None)),
        (Reply(502, "<html>proxy</html>"), (502, "<html>proxy</html>", None)),
    ],
)
def test_an_answer_is_given_back_with_its_sentence(
    reply: Reply, expected: tuple[int, str, float | None]
) -> None:
    with scripted({"POST /api/v2/write": reply}) as server:
        with closing(WriteV2(InfluxSettings(server.url, version=2, token="t"))) as writer:
            answer = writer.post(b"m x=1 1")
        assert (answer.status, answer.text, answer.retry_after_s) == expected
        assert len(server.asked) == 1
