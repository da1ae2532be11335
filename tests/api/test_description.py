"""The OpenAPI document: names that stay, examples that hold, who may ask.

`python -m tests.api.test_description` writes docs/operations.md anew after a route was added on
purpose.
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.description import examples
from api.permissions import load_permissions
from records.people import Role
from tests.api.house import built
from tests.conftest import ROOT

TABLE = ROOT / "docs" / "operations.md"
HEAD = """# Every operation of the interface

Written by `python -m tests.api.test_description` from the OpenAPI document; paths are below
`/api/v1`. The names are its `operationId`s: what generated clients call the operations. They stay.

| operation | request | what it does | who |
|---|---|---|---|"""


@cache
def document() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, built(Path(folder)) as town:
        return town.app.openapi()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def names() -> list[str]:
    return [str(operation["operationId"]) for _, operation in operations()]


def table() -> str:
    """docs/operations.md: every operation, its name for programs, and who may use it."""
    lines = [HEAD]
    for route, operation in operations():
        access = load_permissions()[route]
        roles = "everyone" if access.roles == set(Role) else ", ".join(sorted(access.roles))
        what = " ".join(operation["description"].split("\n\n")[0].split()).replace("|", "\\|")
        who = "anyone, without login" if access.public else roles
        path = route.replace("/api/v1/", "")
        lines.append(f"| `{operation['operationId']}` | `{path}` | {what} | {who} |")
    return "\n".join(lines) + "\n"


def test_programs_find_every_operation_under_its_name() -> None:
    """A name that changes breaks every generated client."""
    kept = TABLE.read_text("utf-8")
    assert table() == kept, "if that is meant: python -m tests.api.test_description"


def test_no_two_operations_have_one_name() -> None:
    assert len(set(names())) == len(names()) > 90


def test_who_may_ask_is_said() -> None:
    access = load_permissions()
    for route, operation in operations():
        assert (operation["security"] == []) is access[route].public, route
    schemes = document()["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "apiKey"}


def test_every_error_is_a_problem_document() -> None:
    for route, operation in operations():
        for code in ("4XX", "5XX"):
            assert list(operation["responses"][code]["content"]) == ["application/problem+json"], (
                route
            )


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_fits_the_schema_of_its_route(name: str) -> None:
    (operation,) = (one for _, one in operations() if one["operationId"] == name)
    shown = [operation["requestBody"]] if "requestBody" in operation else []
    shown += [answer for code, answer in operation["responses"].items() if code.startswith("2")]
    held = 0
    for one in shown:
        media = one.get("content", {}).get("application/json", {})
        if "example" in media:
            schema = media["schema"] | {"components": document()["components"]}
            jsonschema.validate(media["example"], schema, format_checker=jsonschema.FormatChecker())
            held += 1
    assert held == sum(
        part is not None for part in (examples()[name].request, examples()[name].answer)
    )


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
