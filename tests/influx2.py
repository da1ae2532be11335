"""An InfluxDB 2.x for the tests: the server that `SITEWATCH_TEST_INFLUX_*` name."""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import httpx

from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import StoreError

MEASUREMENTS = (
    "electricity_meter", "fire_panel", "smoke_detector", "sitewatch_cursor", "sitewatch_probe",
)  # fmt: skip
"""What the tests write; nothing else of a bucket that is given is touched."""


def named_server() -> InfluxSettings:
    """The server, organisation, bucket and token of the environment."""
    return InfluxSettings(
        os.environ["SITEWATCH_TEST_INFLUX_URL"].rstrip("/"),
        os.environ.get("SITEWATCH_TEST_INFLUX_BUCKET", "sitewatch"),
        version=2,
        token=os.environ["SITEWATCH_TEST_INFLUX_TOKEN"],
        org=os.environ.get("SITEWATCH_TEST_INFLUX_ORG", "sitewatch"),
    )


@contextmanager
def empty_bucket() -> Iterator[InfluxSettings]:
    """A bucket of its own, made as the store makes it and deleted at the end.

    Where the token may not make buckets, the one that is given, without the tests' measurements.
    """
    given = named_server()
    own = replace(given, database=f"{given.database}-test-{uuid.uuid4().hex[:12]}")
    with closing(InfluxStore(own, lambda _: None, lambda *_: None)) as store:
        try:
            store.cursor()
        except StoreError as error:
            if "may not make" not in str(error):
                raise
            own = given
    with own.client() as client:
        if own is given:
            _clear(client, given)
        try:
            yield own
        finally:
            if own is given:
                _clear(client, given)
            else:
                _delete(client, own)


def _clear(client: httpx.Client, settings: InfluxSettings) -> None:
    where = {"org": settings.org, "bucket": settings.database}
    span = {"start": "1970-01-01T00:00:00Z", "stop": "2200-01-01T00:00:00Z"}
    for name in MEASUREMENTS:
        body = {**span, "predicate": f'_measurement="{name}"'}
        client.post("/api/v2/delete", params=where, json=body).raise_for_status()


def _delete(client: httpx.Client, settings: InfluxSettings) -> None:
    asked = {"org": settings.org, "name": settings.database}
    found = client.get("/api/v2/buckets", params=asked).raise_for_status().json()
    for bucket in found["buckets"]:
        where = {"orgID": bucket["orgID"], "bucketID": bucket["id"]}
        mappings = client.get("/api/v2/dbrps", params=where).raise_for_status().json()
        for mapping in mappings.get("content") or ():
            # Those that a server makes up for every bucket go with the bucket.
            if not mapping.get("virtual") and mapping["id"] != bucket["id"]:
                path = f"/api/v2/dbrps/{mapping['id']}"
                client.delete(path, params={"orgID": bucket["orgID"]}).raise_for_status()
        client.delete(f"/api/v2/buckets/{bucket['id']}").raise_for_status()
