"""JSON Schema of the files a person writes, so that an editor completes and checks them."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from device_configs.estate_entries import DeviceEntry, EstateFile
from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import ProtocolSchema
from device_configs.tariff import Tariff
from device_configs.tariffs import TariffsFile
from device_configs.variants import Condition

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS = ("vendor", "model", "source", "note")


def estate_schema() -> dict[str, Any]:
    """The schema of `estate.yaml`."""
    return {"$schema": _DIALECT, "title": "sitewatch estate"} | EstateFile.model_json_schema()


def devices_schema() -> dict[str, Any]:
    """The schema of a file of `devices/`."""
    schema = TypeAdapter(list[DeviceEntry]).json_schema()
    return {"$schema": _DIALECT, "title": "sitewatch devices"} | schema


def tariff_schema() -> dict[str, Any]:
    """The schema of a file of `tariffs/`."""
    return {"$schema": _DIALECT} | Tariff.model_json_schema() | {"title": "sitewatch tariff"}


def tariffs_schema() -> dict[str, Any]:
    """The schema of `tariffs.yaml`."""
    return {"$schema": _DIALECT} | TariffsFile.model_json_schema() | {"title": "sitewatch tariffs"}


def profile_schema(protocols: Iterable[ProtocolSchema]) -> dict[str, Any]:
    """The schema of a profile: one alternative a protocol."""
    definitions: dict[str, Any] = {}
    alternatives = [_alternative(protocol, definitions) for protocol in protocols]
    return {
        "$schema": _DIALECT,
        "title": "sitewatch profile",
        "oneOf": alternatives,
        "$defs": definitions,
    }


def _model(model: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = model.model_json_schema()
    definitions |= schema.pop("$defs", {})
    return schema


def _alternative(protocol: ProtocolSchema, definitions: dict[str, Any]) -> dict[str, Any]:
    mapping, address = _model(PointMapping, definitions), _model(protocol.address, definitions)
    point = {
        "type": "object",
        "properties": address.get("properties", {}) | mapping["properties"],
        "required": address.get("required", []),
        "additionalProperties": False,
    }
    points = {"type": "object", "additionalProperties": point}
    kind = {"enum": sorted(kinds())}
    parts = {
        "type": "object",
        "properties": {
            "kind": kind,
            "count": {"type": "integer", "minimum": 0, "maximum": 65535},
            "id": {"type": "string"},
            "first": {"type": "integer"},
            "points": points,
        },
        "required": ["kind", "count", "points"],
        "additionalProperties": False,
    }
    variant = {
        "type": "object",
        "properties": {
            "when": {"type": "object", "additionalProperties": _model(Condition, definitions)},
            "points": points | {"minProperties": 1},
        },
        "required": ["points"],
        "additionalProperties": False,
    }
    label = {
        "type": "object",
        "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        "required": ["zh", "en"],
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {
        "profile": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_]{0,62}$"},
        "kind": kind,
        "verified": {"enum": [level.value for level in Verified]},
        "label": label,
        protocol.protocol: _model(protocol.settings, definitions),
        "points": points,
        "parts": parts,
        "variants": {"type": "object", "additionalProperties": variant},
    }
    properties |= {name: {"type": "string"} for name in _TEXTS}
    required = ["profile", "kind", "vendor", "model", "source", "verified", "points"]
    return {
        "type": "object",
        "properties": properties,
        "required": [*required, protocol.protocol],
        "additionalProperties": False,
    }
