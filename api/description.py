"""The description of the interface for machines (OpenAPI 3.1), as the routes have it and completed.

What no route says by itself: who may ask and how, errors as problem documents, examples.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.auth import COOKIE, CSRF_HEADER
from api.permissions import load_permissions
from api.schemas import Problem
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_EXAMPLES = Path(__file__).with_name("examples.yaml")
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A machine's token."},
    "session": {
        "type": "apiKey", "in": "cookie", "name": COOKIE,
        "description": f"A person's session; every write shows `{CSRF_HEADER}` as well.",
    },
}  # fmt: skip


class _Example(Strict):
    request: Any = None
    answer: Any = None


@cache
def examples(file: Path = _EXAMPLES) -> Mapping[str, _Example]:
    """What is sent and answered, by operationId."""
    return TypeAdapter(dict[str, _Example]).validate_python(read_yaml(file).data)


def operation_id(route: APIRoute) -> str:
    """The name of a route for programs: that of its function."""
    return route.name


class DescribedApp(FastAPI):
    """An app that describes itself wholly."""

    def openapi(self) -> dict[str, Any]:
        """The description; made once."""
        if not self.openapi_schema:
            self.openapi_schema = _completed(
                get_openapi(
                    title=self.title,
                    version=self.version,
                    openapi_version=self.openapi_version,
                    summary=self.summary,
                    description=self.description,
                    routes=self.routes,
                )
            )
        return self.openapi_schema


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"]
    components["schemas"]["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = _SCHEMES
    problem = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    access = load_permissions()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            public = access[f"{method.upper()} {path}"].public
            operation["security"] = [] if public else [{name: []} for name in _SCHEMES]
            operation["responses"] |= {
                "4XX": {"description": "A problem document (RFC 9457).", "content": problem},
                "5XX": {"description": "As 4XX: a fault of the service.", "content": problem},
            }
            _illustrate(operation)
    return document


def _illustrate(operation: dict[str, Any]) -> None:
    example = examples().get(operation["operationId"])
    if example is None:
        return
    if example.request is not None:
        operation["requestBody"]["content"][_JSON]["example"] = example.request
    if example.answer is not None:
        good = next(code for code in operation["responses"] if code.startswith("2"))
        operation["responses"][good]["content"][_JSON]["example"] = example.answer
