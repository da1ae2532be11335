"""MQTT profiles: what the loader refuses, and that docs/generic_mqtt.md says what is true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.mqtt_profile import MqttSettings, availability_topic
from collectors.payload import decode, plans
from device_configs.faults import InvalidConfigError
from device_configs.kinds import PointType
from tests.collectors.mqtt_devices import PROFILES, device, library_profile, written_profile

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "generic_mqtt.md"

PROFILE = """\
profile: tried
kind: environment_sensor
vendor: Test
model: M1
source: "made for this test"
verified: document
mqtt: {mqtt}
points:
  temperature: {point}
"""


def examples(language: str, section: str = "") -> Iterator[str]:
    text = DOCUMENT.read_text("utf-8")
    if section:
        text = text.partition(f": `{section}`\n")[2].partition("\n## ")[0]
    return iter(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL))


@pytest.mark.parametrize(
    ("section", "suffixes"),
    [
        ("generic_elevator_mqtt", ["state", "event"]),
        ("generic_escalator_mqtt", ["state"]),
        ("generic_access_gate_mqtt", ["state"]),
    ],
)
def test_every_payload_in_the_document_is_read_whole(section: str, suffixes: list[str]) -> None:
    found = list(examples("json", section))
    assert len(found) == len(suffixes)
    for payload, suffix in zip(found, suffixes, strict=True):
        plan = plans(library_profile(section))[suffix]
        said = decode(plan, payload.encode())
        assert said.reasons == {}
        assert said.remark is None
        assert said.identity is not None
        assert said.source_at == 1764000000123
        if suffix == "state":
            stamps = set(json.loads(payload)) & {"ts", "seq"}
            assert len(said.values) == len(json.loads(payload)) - len(stamps) == len(plan.readings)


def test_the_profile_in_the_document_loads_and_reads(tmp_path: Path) -> None:
    (text,) = examples("yaml")
    profile = written_profile(tmp_path, text)
    found = plans(profile)
    payload = b'{"ts":1764000000,"n":1,"sensor":{"leak":true},"probes":[{"t":"21.5"}]}'
    said = decode(found[""], payload)
    assert said.values == {"water_leak": True, "temperature": 21.5}
    assert said.source_at == 1764000000000
    assert said.identity is not None
    assert decode(found["battery"], b"80").values == {"battery": 80.0}


def test_every_code_in_the_document_is_the_point_it_says() -> None:
    plan = plans(library_profile("generic_elevator_mqtt"))["event"]
    text = DOCUMENT.read_text("utf-8")
    told = re.findall(r"\| (\d+(?:, \d+)*) \| `(\w+)`", text)
    assert len(told) == 13
    for codes, point in told:
        for code in codes.split(", "):
            payload = json.dumps({"code": int(code), "phase": "raise", "event_id": "e"})
            assert decode(plan, payload.encode()).values == {point: True}


@pytest.mark.parametrize("name", PROFILES)
def test_the_library_is_whole(name: str) -> None:
    profile = library_profile(name)
    assert plans(profile)
    assert isinstance(profile.settings, MqttSettings)
    for point in profile.points.values():
        values = point.mapping.values.values()
        if point.spec.type is PointType.BOOL:
            assert all(isinstance(value, bool) for value in values)
        if point.spec.type is PointType.NUMBER:
            assert not values


def test_where_the_availability_stands() -> None:
    smoke = device("smoke-1", "zigbee2mqtt_smoke", "site/z2m/hall")
    settings = smoke.profile.settings
    assert isinstance(settings, MqttSettings)
    assert [availability_topic(smoke, each) for each in settings.availability] == [
        "site/z2m/hall/availability",
        "site/z2m/bridge/state",
    ]


@pytest.mark.parametrize(
    ("mqtt", "point", "says"),
    [
        ("{topic: a/b}", "{unit: degC}", "{id}"),
        ('{topic: "a/{id}/#"}', "{unit: degC}", "may not hold"),
        ('{topic: "a/{id}/{floor}"}', "{unit: degC}", "knows only"),
        ('{topic: "a/{id}/"}', "{unit: degC}", "end in"),
        ('{topic: "a/{id}", colour: 1}', "{unit: degC}", "colour"),
        ('{topic: "a/{id}"}', '{unit: degC, path: "a["}', "JMESPath"),
        ('{topic: "a/{id}"}', "{unit: degC, path: a, event: 9}", "not both"),
        ('{topic: "a/{id}"}', '{unit: degC, topic: "b/+"}', "may not hold"),
        ('{topic: "a/{id}"}', "{unit: degC, also: [{path: a}], event: 9}", "not both"),
        ('{topic: "a/{id}"}', '{unit: degC, also: [{topic: "b/#"}]}', "may not hold"),
        ('{topic: "a/{id}", only: "a["}', "{unit: degC}", "JMESPath"),
        ('{topic: "a/{id}", root: "a["}', "{unit: degC}", "JMESPath"),
        ('{topic: "a/{id}", account: "a b"}', "{unit: degC}", "account"),
        ('{topic: "a/{id}", identity: ["a["]}', "{unit: degC}", "JMESPath"),
        ('{topic: "a/{id}", time: {path: "[", format: epoch_s}}', "{unit: degC}", "JMESPath"),
        ('{topic: "a/{id}", time: {path: a, format: noon}}', "{unit: degC}", "epoch_s"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(
    tmp_path: Path, mqtt: str, point: str, says: str
) -> None:
    text = PROFILE.replace("{mqtt}", mqtt).replace("{point}", point)
    with pytest.raises(InvalidConfigError, match=re.escape(says)):
        written_profile(tmp_path, text)


@pytest.mark.parametrize(
    ("mqtt", "point", "says"),
    [
        ('{topic: "a/{id}"}', "{unit: degC, event: 1}", "no 'events' settings"),
        ('{topic: "a/{id}", payload: scalar}', "{unit: degC, event: 1}", "is a scalar"),
        ('{topic: "a/{id}", payload: scalar}', "{unit: degC, path: t}", "is a scalar"),
        ('{topic: "a/{id}", topics: {b: {retained: true}}}', "{unit: degC}", "no point is in"),
        ('{topic: "a/{id}", payload: scalar, root: x}', "{unit: degC}", "no 'root'"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused_with_its_place(
    tmp_path: Path, mqtt: str, point: str, says: str
) -> None:
    text = PROFILE.replace("{mqtt}", mqtt).replace("{point}", point)
    with pytest.raises(InvalidConfigError, match=r"profile\.yaml:7: mqtt: ") as caught:
        written_profile(tmp_path, text)
    assert says in str(caught.value)
