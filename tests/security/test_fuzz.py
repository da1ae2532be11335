"""The OpenAPI document against the service: schemathesis makes requests up from it.

Whatever comes in, the answer is one that the document describes, and never a 500. A route that is
added is tried with the next run. `SITEWATCH_FULL=1` tries each more often.
"""

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.house import ApiSettings
from records.people import Role
from tests.api.house import Built, built
from tests.api.serving import serving
from tests.e2e.background import in_background

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Request: TypeAlias = Case[Any]
FULL = bool(os.environ.get("SITEWATCH_FULL"))
TRIES = 40 if FULL else 2
"""Requests for each route, caller and kind of request."""
STREAM = "/api/v1/live"
KNOWN = {
    "device": "grid", "alarm": 1, "site": "centre", "kind": "charging", "order": 1, "window": 1,
    "drill": 1, "proof": 1, "username": "wang", "name": "modbus_tcp[127.0.0.1:1502]",
    "period": "2026-08", "points": "active_power", "from": "2026-09-01", "to": "2026-09-10",
    "start": "2026-09-20T00:00:00Z", "end": "2026-09-21T00:00:00Z",
}  # fmt: skip
"""What is there, put into every second request: what is made up finds little behind the door."""
WRITTEN_IN_THE_DOCUMENT = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
"""Not whether every request that fits the schema is taken: that a site is there, that a time is to
come, and that a password is a good one stands in no schema."""


class Walls:
    """The service and its callers."""

    def __init__(self, town: Built, url: str) -> None:
        self.url = url
        self.document = town.app.openapi()
        self.callers = {
            "with every role": town.token("all", *Role),
            "a viewer of one branch": town.token("north", Role.VIEWER, sites=("north",)),
        }

    def headers(self, caller: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.callers[caller]}"}


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walls]:
    folder = tmp_path_factory.mktemp("fuzzed")
    unlimited = replace(
        ApiSettings(static=folder / "static"), logins_per_minute=100_000,
        writes_per_minute=100_000, exports_per_minute=100_000,
    )  # fmt: skip
    with (
        built(folder, unlimited) as town,
        in_background(lambda: serving(town.app)) as background,
    ):
        town.person("wang", Role.OPERATOR, sites=("centre",))
        town.heard("grid", active_power=5.0)
        town.alarm("grid")
        yield Walls(town, background.server)


def _operations(walls: Walls) -> Iterator[Operation]:
    for found in schemathesis.openapi.from_dict(walls.document).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path != STREAM:
            yield operation


def _known(case: Request, turn: int) -> Request:
    if turn % 2:
        for given_ in (case.path_parameters, case.query):
            for name in set(given_ or {}) & set(KNOWN):
                given_[name] = KNOWN[name]
    return case


def _faults(walls: Walls, operation: Operation, caller: str, mode: GenerationMode) -> list[str]:
    """Ask one operation as one caller; what its answers do that the document does not say."""
    found: list[str] = []
    turns = itertools.count()

    @seed(7)
    @settings(
        max_examples=TRIES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Request) -> None:
        try:
            _known(case, next(turns)).call_and_validate(
                base_url=walls.url,
                headers=dict(walls.headers(caller)),
                checks=WRITTEN_IN_THE_DOCUMENT,
            )
        except FailureGroup as failures:
            found.extend(f"{operation.label} {caller}: {one}" for one in failures.exceptions)

    ask()
    assert next(turns) > 0
    return found


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_document_describes(
    walls: Walls, mode: GenerationMode
) -> None:
    asked = [
        operation
        for operation in _operations(walls)
        if mode is GenerationMode.POSITIVE or _can_be_wrong(operation)
    ]
    assert len(asked) > 60
    found = [
        fault
        for operation in asked
        for caller in walls.callers
        for fault in _faults(walls, operation, caller, mode)
    ]
    assert found == []


def _can_be_wrong(operation: Operation) -> bool:
    """Whether there is anything in a request that can break its schema."""
    return bool(operation.query or operation.body or operation.path_parameters)
