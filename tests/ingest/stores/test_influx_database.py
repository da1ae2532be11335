"""What the store does with the answers of versions 2 and 3 that the test machine's servers never
give; their bodies are those of the public API descriptions."""

import json
from collections.abc import Mapping
from contextlib import closing

import pytest

from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import StoreError
from tests.ingest.samples import NOW
from tests.ingest.stores.conftest import Letters, describe
from tests.scripted_http import Reply, Scripted, scripted

PING = Reply(204, headers={"X-Influxdb-Version": "v2.7.10", "X-Influxdb-Build": "OSS"})
PING_3 = Reply(200, {"version": "3.1.0"}, {"X-Influxdb-Version": "3.1.0"})
BUCKET = {"id": "00b", "orgID": "00a", "name": "series", "retentionRules": []}
FOUND = Reply(200, {"buckets": [BUCKET]})
NO_BUCKET = Reply(404, {"code": "not found", "message": 'bucket "series" not found'})
ORGS = Reply(200, {"orgs": [{"id": "00a", "name": "house"}]})
EMPTY = Reply(200, {"results": [{"statement_id": 0}]})
FORBIDDEN = Reply(401, {"code": "unauthorized", "message": "write:orgs/00a is unauthorized"})
VIRTUAL = {
    "id": "00b", "database": "series", "retention_policy": "autogen", "default": True,
    "orgID": "00a", "bucketID": "00b", "virtual": True,
}  # fmt: skip
MADE = {**VIRTUAL, "id": "00c", "database": "old", "retention_policy": "year", "virtual": False}


def mappings(*found: Mapping[str, object]) -> Reply:
    return Reply(200, {"content": list(found)})


def open_store(server: Scripted, version: int = 2) -> closing[InfluxStore]:
    settings = InfluxSettings(server.url, "series", version=version, token="t", org="house")
    return closing(InfluxStore(settings, describe, Letters(), now_ms=lambda: NOW))


def read(replies: Mapping[str, Reply | tuple[Reply, ...]], version: int = 2) -> Scripted:
    with (
        scripted({"GET /ping": PING, "POST /query": EMPTY, **replies}) as server,
        open_store(server, version) as store,
    ):
        assert store.cursor() == Cursor()
        assert store.cursor() == Cursor()
    return server


def asked_of(server: Scripted, path: str) -> Mapping[str, str]:
    [found] = [one for one in server.asked if f"{one.method} {one.path}" == path]
    return json.loads(found.body) if found.body else found.query


def test_a_bucket_is_read_by_the_mapping_that_the_server_makes_up() -> None:
    server = read({"GET /api/v2/buckets": FOUND, "GET /api/v2/dbrps": mappings(VIRTUAL)})
    assert server.paths() == [
        "GET /ping", "GET /api/v2/buckets", "GET /api/v2/dbrps", "POST /query", "POST /query",
    ]  # fmt: skip
    assert asked_of(server, "GET /api/v2/buckets") == {"org": "house", "name": "series"}
    assert asked_of(server, "GET /api/v2/dbrps") == {"orgID": "00a", "bucketID": "00b"}
    query = server.asked[-1].query
    assert (query["db"], query["rp"], query["epoch"]) == ("series", "autogen", "ns")
    assert {one.headers["authorization"] for one in server.asked} == {"Token t"}


def test_a_mapping_that_somebody_made_goes_before_one_made_up() -> None:
    server = read({"GET /api/v2/buckets": FOUND, "GET /api/v2/dbrps": mappings(VIRTUAL, MADE)})
    assert (server.asked[-1].query["db"], server.asked[-1].query["rp"]) == ("old", "year")


def test_a_mapping_of_another_bucket_is_not_ours() -> None:
    other = {**MADE, "bucketID": "00f"}
    server = read(
        {
            "GET /api/v2/buckets": FOUND,
            "GET /api/v2/dbrps": mappings(other, VIRTUAL),
        }
    )
    assert server.asked[-1].query["db"] == "series"


def test_a_missing_mapping_is_made() -> None:
    server = read(
        {
            "GET /api/v2/buckets": FOUND,
            "GET /api/v2/dbrps": mappings(),
            "POST /api/v2/dbrps": Reply(201, {"id": "00d"}),
        }
    )
    assert asked_of(server, "POST /api/v2/dbrps") == {
        "orgID": "00a", "bucketID": "00b", "database": "series",
        "retention_policy": "sitewatch", "default": True,
    }  # fmt: skip
    assert (server.asked[-1].query["db"], server.asked[-1].query["rp"]) == ("series", "sitewatch")


def test_the_mapping_of_a_bucket_with_a_slash_has_none() -> None:
    bucket = {**BUCKET, "name": "city/2026/all"}
    replies = {
        "GET /ping": PING,
        "POST /query": EMPTY,
        "GET /api/v2/buckets": Reply(200, {"buckets": [bucket]}),
        "GET /api/v2/dbrps": Reply(200, {"content": None}),
        "POST /api/v2/dbrps": Reply(201, {"id": "00d"}),
    }
    with scripted(replies) as server:
        settings = InfluxSettings(server.url, "city/2026/all", version=2, token="t", org="house")
        with closing(InfluxStore(settings, describe, Letters(), now_ms=lambda: NOW)) as store:
            assert store.cursor() == Cursor()
    assert asked_of(server, "POST /api/v2/dbrps") == {
        "orgID": "00a", "bucketID": "00b", "database": "city",
        "retention_policy": "2026_all", "default": False,
    }  # fmt: skip
    assert (server.asked[-1].query["db"], server.asked[-1].query["rp"]) == ("city", "2026_all")


def test_a_bucket_that_is_named_like_an_organisation_is_made() -> None:
    missing = {"code": "not found", "message": 'bucket "organization-1" not found'}
    server = read(
        {
            "GET /api/v2/buckets": Reply(404, missing),
            "GET /api/v2/orgs": ORGS,
            "POST /api/v2/buckets": Reply(201, BUCKET),
            "GET /api/v2/dbrps": mappings(VIRTUAL),
        }
    )
    assert "POST /api/v2/buckets" in server.paths()


def test_a_mapping_that_was_removed_is_made_again() -> None:
    gone = Reply(200, {"results": [{"statement_id": 0, "error": "unable to find DBRP"}]})
    server = read(
        {
            "GET /api/v2/buckets": FOUND,
            "GET /api/v2/dbrps": (mappings(MADE), mappings(VIRTUAL)),
            "POST /query": (gone, EMPTY),
        }
    )
    assert server.asked[-1].query["rp"] == "autogen"


@pytest.mark.parametrize("none", [NO_BUCKET, Reply(200, {"buckets": []})])
def test_a_missing_bucket_is_made_without_a_retention(none: Reply) -> None:
    server = read(
        {
            "GET /api/v2/buckets": none,
            "GET /api/v2/orgs": ORGS,
            "POST /api/v2/buckets": Reply(201, BUCKET),
            "GET /api/v2/dbrps": mappings(VIRTUAL),
        }
    )
    assert asked_of(server, "GET /api/v2/orgs") == {"org": "house"}
    assert asked_of(server, "POST /api/v2/buckets") == {
        "orgID": "00a", "name": "series", "retentionRules": [],
    }  # fmt: skip


def test_a_bucket_that_is_deleted_while_we_write_is_made_again() -> None:
    with (
        scripted(
            {
                "GET /ping": PING,
                "GET /api/v2/buckets": NO_BUCKET,
                "GET /api/v2/orgs": ORGS,
                "POST /api/v2/buckets": Reply(201, BUCKET),
                "GET /api/v2/dbrps": mappings(VIRTUAL),
                "POST /api/v2/write": (NO_BUCKET, Reply(204)),
            }
        ) as server,
        open_store(server) as store,
    ):
        store.write([Sample("m1", NOW, {"x": 1.0}, seq=1)], Cursor(0, 1))
    bodies = [one.body for one in server.asked if one.path == "/api/v2/write"]
    assert len(bodies) == 3
    assert (
        bodies[0]
        == bodies[1]
        == (f"electricity_meter,device=m1,site=centre\\,\\ hall\\=1 x=1.0 {NOW * 10**6 + 1}")
    )
    assert bodies[2].startswith("sitewatch_cursor safety=0i,routine=1i ")


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        (
            {"GET /api/v2/buckets": Reply(
                404, {"code": "not found", "message": 'organization name "house" not found'},
            )},
            "has no organisation 'house' that our token may see: set store.organisation",
        ),
        (
            {"GET /api/v2/buckets": Reply(401, {"code": "unauthorized", "message": "no"})},
            "refuses our token: no",
        ),
        (
            {"GET /api/v2/buckets": NO_BUCKET, "GET /api/v2/orgs": Reply(200, {"orgs": []})},
            "has no bucket 'series' in organisation 'house', and we may not make it",
        ),
        (
            {"GET /api/v2/buckets": NO_BUCKET, "GET /api/v2/orgs": ORGS,
             "POST /api/v2/buckets": FORBIDDEN},
            "(write:orgs/00a is unauthorized): create the bucket or give an account that may",
        ),
        (
            {"GET /api/v2/buckets": FOUND, "GET /api/v2/dbrps": FORBIDDEN,
             "POST /query": Reply(200, {"results": [{"error": "database not found: series"}]})},
            "'influx v1 dbrp create --org house --bucket-id 00b --db series --rp sitewatch "
            "--default' makes it",
        ),
        (
            {"GET /api/v2/buckets": FOUND, "GET /api/v2/dbrps": mappings(),
             "POST /api/v2/dbrps": FORBIDDEN,
             "POST /query": Reply(200, {"results": [{"error": "database not found: series"}]})},
            "which our token may not see or make (write:orgs/00a is unauthorized)",
        ),
        ({"GET /api/v2/buckets": Reply(503, "starting")}, "answers 503: starting"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_named(replies: Mapping[str, Reply], said: str) -> None:
    with (
        scripted({"GET /ping": PING, "POST /query": EMPTY, **replies}) as server,
        open_store(server) as store,
        pytest.raises(StoreError) as raised,
    ):
        store.cursor()
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_token_that_may_only_read_and_write_is_enough_where_the_mapping_is_there() -> None:
    server = read({"GET /api/v2/buckets": Reply(403, {"code": "forbidden", "message": "no"})})
    assert server.asked[-1].query["db"] == "series"
    server = read({"GET /api/v2/buckets": FOUND, "GET /api/v2/dbrps": FORBIDDEN})
    assert "rp" not in server.asked[-1].query


def test_version_1_8_with_a_token_makes_its_database_by_influxql() -> None:
    missing = Reply(200, {"results": [{"error": "database not found: series"}]})
    server = read(
        {
            "GET /ping": Reply(204, headers={"X-Influxdb-Version": "1.8.10"}),
            "POST /query": (missing, EMPTY),
        }
    )
    asked = [one.query["q"] for one in server.asked if one.path == "/query"]
    assert asked[1] == 'CREATE DATABASE "series"'


def test_version_1_that_may_not_make_its_database_says_so() -> None:
    missing = Reply(200, {"results": [{"error": "database not found: series"}]})
    refused = Reply(403, {"error": "error authorizing query: requires admin privilege"})
    with (
        scripted({"POST /query": (missing, refused)}) as server,
        open_store(server, 1) as store,
        pytest.raises(StoreError, match=r"no database 'series'.*requires admin privilege.*create"),
    ):
        store.cursor()


def test_version_3_is_asked_one_statement_at_a_time_in_the_address() -> None:
    rows = {"name": "electricity_meter", "columns": ["time", "v", "r"]}
    answers = tuple(
        Reply(200, {"results": [{"statement_id": 0, "series": [
            {**rows, "values": [[NOW * 10**6 + 5, value, None]]}]}]})
        for value in (1.5, True)
    )  # fmt: skip
    with (
        scripted({"GET /ping": PING_3, "GET /query": answers}) as server,
        open_store(server, 3) as store,
    ):
        found = store.series("m1", ["x", "y"], NOW, NOW + 10)
    assert {name: [one.value for one in readings] for name, readings in found.items()} == {
        "x": [1.5], "y": [True],
    }  # fmt: skip
    asked = [one for one in server.asked if one.path == "/query"]
    assert [";" in one.query["q"] for one in asked] == [False, False]
    assert {one.headers["authorization"] for one in asked} == {"Bearer t"}
    assert {one.query["db"] for one in asked} == {"series"}


def test_version_3_gives_the_device_as_a_column_or_as_a_tag() -> None:
    keys = Reply(200, {"results": [{"series": [
        {"name": "electricity_meter", "columns": ["fieldKey", "fieldType"],
         "values": [["x", "float"]]}]}]})  # fmt: skip
    values = Reply(200, {"results": [{"series": [
        {"name": "electricity_meter", "columns": ["time", "device", "v", "r", "l"],
         "values": [[NOW * 10**6, "m1", 2.5, None, None], [NOW * 10**6, "m2", 3, None, None]]}]}]}
    )  # fmt: skip
    with (
        scripted({"GET /ping": PING_3, "GET /query": (keys, values, EMPTY)}) as server,
        open_store(server, 3) as store,
    ):
        found = [(one.device, one.value) for one in store.latest()]
    assert found == [("m1", 2.5), ("m2", 3.0)]


def test_a_missing_database_of_version_3_is_made_or_named() -> None:
    missing = Reply(404, {"error": "database not found: series"})
    replies: dict[str, Reply | tuple[Reply, ...]] = {
        "GET /ping": PING_3, "GET /query": (missing, EMPTY),
        "POST /api/v3/configure/database": Reply(200),
    }  # fmt: skip
    with scripted(replies) as server, open_store(server, 3) as store:
        assert store.cursor() == Cursor()
    assert asked_of(server, "POST /api/v3/configure/database") == {"db": "series"}
    refused = {**replies, "POST /api/v3/configure/database": Reply(403, {"error": "not admin"})}
    with (
        scripted(refused) as server,
        open_store(server, 3) as store,
        pytest.raises(StoreError, match=r"no database 'series'.*\(not admin\): create"),
    ):
        store.cursor()


def test_an_answer_that_was_cut_short_is_no_answer() -> None:
    cut = Reply(200, {"results": [{"series": [{"name": "m", "columns": [], "partial": True}]}]})
    with (
        scripted({"POST /query": cut}) as server,
        open_store(server, 1) as store,
        pytest.raises(StoreError, match="cuts its answer short"),
    ):
        store.cursor()
