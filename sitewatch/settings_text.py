"""Settings as TOML, without what must stay secret."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from sitewatch.settings import Settings


def without_secrets(settings: Settings) -> str:
    """The settings in force as a TOML file; a comment stands where a secret stood."""
    lines = ["# Settings in force when the backup was made; give the secrets again.", ""]
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if not isinstance(value, BaseModel) and value is not None:
            lines += _line(name, value)
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            fields = {key: getattr(value, key) for key in type(value).model_fields}
            lines += _table(name, fields)
    return "\n".join(lines) + "\n"


def _table(name: str, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[{name}]"
    fields = {key: _plain(value) for key, value in given.items()}
    for key, value in fields.items():
        if not isinstance(value, Mapping):
            yield from _line(key, value)
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _table(f"{name}.{key}", value)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return {key: getattr(value, key) for key in type(value).model_fields}
    return value


def _line(key: str, value: object) -> Iterator[str]:
    shown = key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key)
    if isinstance(value, SecretStr):
        yield f"# {shown} was set and is secret"
    elif isinstance(value, Path):
        yield f"{shown} = {json.dumps(str(value), ensure_ascii=False)}"
    elif value is not None:
        yield f"{shown} = {json.dumps(value, ensure_ascii=False)}"
