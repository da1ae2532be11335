import json

from collectors.registry import SCHEMAS
from device_configs.json_schema import (
    devices_schema,
    estate_schema,
    profile_schema,
    tariff_schema,
    tariffs_schema,
)


def test_the_schemas_are_json_and_strict() -> None:
    every = (profile_schema(SCHEMAS), estate_schema(), devices_schema())
    for schema in (*every, tariff_schema(), tariffs_schema()):
        assert json.loads(json.dumps(schema)) == schema
        assert schema["$schema"].startswith("https://json-schema.org/")
    estate = estate_schema()
    assert estate["additionalProperties"] is False
    assert set(estate["required"]) == {"estate", "communities"}


def test_a_profile_has_one_alternative_a_protocol() -> None:
    schema = profile_schema(SCHEMAS)
    sections = [set(one["required"]) - {"points"} for one in schema["oneOf"]]
    assert len(sections) == len(SCHEMAS)
    assert all(len(found & {s.protocol for s in SCHEMAS}) == 1 for found in sections)


def test_a_dated_value_may_be_written_plainly() -> None:
    community = estate_schema()["$defs"]["Community"]["properties"]["area_m2"]
    written = json.dumps(community)
    assert '"type": "number"' in written
    assert '"from"' in written
