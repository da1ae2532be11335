"""Where in an InfluxDB the series are, and how that place is made where it is missing.

Version 1 has databases, version 2 buckets that InfluxQL reaches by a mapping of database and
retention policy (DBRP), version 3 databases again. Sources: InfluxDB OSS v1 documentation,
"Manage your database using InfluxQL"; OSS v2 API, `/api/v2/buckets`, `/api/v2/dbrps` and
"1.x compatibility API"; InfluxDB 3 Core API, `/api/v3/configure/database`.
"""

from collections.abc import Mapping
from typing import Any, Never

import httpx

from ingest.stores import influxql
from ingest.stores.influx_write import (
    Answer,
    InfluxSettings,
    answered,
    reason_of,
    refusal,
    unreachable,
)
from ingest.stores.store import StoreError

_POLICY = "sitewatch"
"""The retention policy in a mapping of our own.

Not `autogen`: newer servers map every unmapped bucket to that by themselves, and refuse to choose
between two mappings of one name.
"""
_NOT_ALLOWED = (401, 403, 404, 405)
"""A token without the right is answered 404 as well, where it may not even see the organisation."""


class Database:
    """The database or bucket that the settings name."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings) -> None:
        self._client = client
        self._settings = settings
        self._parameters = {"db": settings.database}
        self._generation = 1 if settings.version == 1 else 0
        self._found = False
        self._no_mapping = ""

    @property
    def answers_one_at_a_time(self) -> bool:
        """Whether `/query` takes a single statement in the address only, as version 3 does."""
        return self._generation == 3

    def parameters(self) -> Mapping[str, str]:
        """Where `/query` finds the series.

        Raises:
            StoreError: nobody answers, or what is missing cannot be made.
        """
        if not self._found:
            self._generation = self._generation or self._asked_generation()
            if self._generation == 2:
                self._find_bucket()
            self._found = True
        return self._parameters

    def make(self) -> None:
        """Make what is missing of the place.

        Raises:
            StoreError: nobody answers, or the server does not let us; the text says what to make.
        """
        self._generation = self._generation or self._asked_generation()
        if self._generation == 1:
            self._create_v1()
        elif self._generation == 2:
            self._find_bucket()
        else:
            self._create_v3()
        self._found = True

    def missing(self, reason: str) -> StoreError:
        """The error of a place that the server does not find although we have looked."""
        hint = f"; {self._no_mapping}" if self._no_mapping else ""
        return StoreError(
            f"InfluxDB at {self._settings.url} does not find {self._settings.database!r}: "
            f"{reason}{hint}"
        )

    def _asked_generation(self) -> int:
        answer = self._request("GET", "/ping")
        # Version 2 writes `v2.7.1` in some builds and `2.7.1` in others.
        text = answer.headers.get("X-Influxdb-Version", "").lstrip("v")
        return int(text[0]) if text[:1] in ("1", "2", "3") else self._settings.version

    def _request(self, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **given)
        except httpx.HTTPError as error:
            raise unreachable(self._settings.url, error) from error

    def _create_v1(self) -> None:
        name = self._settings.database
        answer = self._request(
            "POST", "/query", data={"q": f"CREATE DATABASE {influxql.identifier(name)}"}
        )
        results = _object(answer).get("results") or [{}]
        reason = results[0].get("error") if answer.is_success else reason_of(answer.text)
        if answer.status_code == 401:
            raise refusal(self._settings, answered(answer))
        if reason or not answer.is_success:
            self._cannot(f"database {name!r}", str(reason), "create the database")

    def _create_v3(self) -> None:
        name = self._settings.database
        answer = self._request("POST", "/api/v3/configure/database", json={"db": name})
        if not answer.is_success and answer.status_code != 409:
            self._cannot(f"database {name!r}", reason_of(answer.text), "create the database")

    def _find_bucket(self) -> None:
        settings = self._settings
        asked = {"org": settings.org, "name": settings.database}
        answer = self._request("GET", "/api/v2/buckets", params=asked)
        found = answered(answer)
        if found.status == 401 or found.status >= 429:
            raise refusal(settings, found)
        if found.status == 404 and found.text.startswith("organization"):
            raise StoreError(
                f"InfluxDB at {settings.url} has no organisation {settings.org!r} that our token "
                "may see: set store.organisation"
            )
        if found.status == 403:
            return
        buckets = _object(answer).get("buckets") or ()
        bucket = next((one for one in buckets if one.get("name") == settings.database), None)
        self._map(bucket or self._create_bucket())

    def _create_bucket(self) -> Mapping[str, Any]:
        settings = self._settings
        answer = self._request("GET", "/api/v2/orgs", params={"org": settings.org})
        orgs = _object(answer).get("orgs") or ()
        organisation = next((one for one in orgs if one.get("name") == settings.org), None)
        thing = f"bucket {settings.database!r} in organisation {settings.org!r}"
        if organisation is None:
            self._cannot(thing, reason_of(answer.text), "create the bucket")
        # No retention rule: readings are kept for ever, as in the embedded store.
        wanted = {"orgID": organisation["id"], "name": settings.database, "retentionRules": []}
        made = self._request("POST", "/api/v2/buckets", json=wanted)
        if not made.is_success:
            self._cannot(thing, reason_of(made.text), "create the bucket")
        return _object(made)

    def _map(self, bucket: Mapping[str, Any]) -> None:
        settings = self._settings
        wanted = {"orgID": bucket["orgID"], "bucketID": bucket["id"]}
        answer = self._request("GET", "/api/v2/dbrps", params=wanted)
        found = answered(answer)
        if not found.ok and found.status not in _NOT_ALLOWED:
            raise refusal(settings, found)
        mappings = [
            one for one in _object(answer).get("content") or ()
            if one.get("bucketID", bucket["id"]) == bucket["id"]
        ]  # fmt: skip
        if not mappings and found.ok:
            # A mapping has no slash in its names; a server that makes one up divides there too.
            database, _, policy = settings.database.partition("/")
            mapping = {
                **wanted, "database": database,
                "retention_policy": policy.replace("/", "_") or _POLICY, "default": not policy,
            }  # fmt: skip
            made = self._request("POST", "/api/v2/dbrps", json=mapping)
            found = answered(made)
            mappings = [mapping] if made.is_success else []
        if mappings:
            # A mapping that somebody made goes before the one a server makes up for every bucket.
            best = min(mappings, key=lambda one: (bool(one.get("virtual")), not one.get("default")))
            self._parameters = {"db": best["database"], "rp": best["retention_policy"]}
            self._no_mapping = ""
            return
        self._no_mapping = _without_mapping(settings, str(bucket["id"]), found)

    def _cannot(self, thing: str, reason: str, todo: str) -> Never:
        raise StoreError(
            f"InfluxDB at {self._settings.url} has no {thing}, and we may not make it "
            f"({reason or 'no reason given'}): {todo} or give an account that may"
        )


def _without_mapping(settings: InfluxSettings, bucket: str, found: Answer) -> str:
    return (
        "InfluxQL needs a mapping (DBRP) of the bucket, which our token may not see or make "
        f"({found.text or found.status}): 'influx v1 dbrp create --org {settings.org} "
        f"--bucket-id {bucket} --db {settings.database} --rp {_POLICY} --default' makes it"
    )


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    if not answer.is_success:
        return {}
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
