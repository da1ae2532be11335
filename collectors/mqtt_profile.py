"""What MQTT adds to profiles and devices: topics, payload formats, identity, time, availability."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, field_validator, model_validator

from collectors.driver import CollectorsError
from device_configs.estate import Device
from device_configs.profile import Linked, Profile, ProfilePoint, ProtocolSchema
from device_configs.quantities import Strict

_TOPIC_LIMIT = 512
"""Longest topic accepted here [characters]; MQTT itself allows 65,535 bytes."""


class BadMqttProfileError(CollectorsError):
    """A profile or link that passed its models but cannot be spoken, in one sentence."""


class Payload(StrEnum):
    """How a topic's payload is written."""

    JSON = "json"
    SCALAR = "scalar"
    """One value as text: `23.5`, `true`, `online`."""


class TimeFormat(StrEnum):
    """How a device writes its clock."""

    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"
    ISO8601 = "iso8601"
    """With its zone; a time without one is not used."""


NAMED = "+"
"""A level of a profile's topic that nothing in the estate can stand for: the link gives it."""
CHANNEL = "{channel}"
"""Stands in suffixes and paths for the number of the channel that a link names."""


def _compilable(path: str) -> str:
    try:
        jmespath.compile(path.replace(CHANNEL, "0"))
    except JMESPathError as error:
        raise ValueError(f"{path!r} is not a JMESPath expression") from error
    return path


def _topic_name(topic: str) -> str:
    """Check a topic (not a filter): no wildcards, nothing of the broker's own.

    A level may be empty, as the first one of `/go-eCharger/012345/car` is (MQTT 3.1.1, section
    4.7.1.1), but not the last: a suffix would then follow two slashes.
    """
    if not topic or len(topic) > _TOPIC_LIMIT:
        raise ValueError(f"a topic has 1 to {_TOPIC_LIMIT} characters")
    if topic != topic.strip():
        raise ValueError(f"{topic!r}: a topic does not begin or end with a space")
    if re.search(r"[#+\x00-\x1f\x7f-\x9f\ud800-\udfff]", topic):
        raise ValueError(f"{topic!r} is a topic and may not hold '+', '#' or control characters")
    if topic.startswith("$") or topic.endswith("/"):
        raise ValueError(f"{topic!r}: a topic does not begin with '$' and does not end in '/'")
    return topic


def _account_name(account: str) -> str:
    """Check a name as a broker's lists of passwords and rights can hold it."""
    if not re.fullmatch(r"[^\s:#\x00-\x1f\x7f-\x9f]{1,128}", account):
        raise ValueError(
            f"{account!r}: an account has 1 to 128 characters without spaces, ':', '#'"
        )
    return account


JmesPath = Annotated[str, AfterValidator(_compilable)]
TopicName = Annotated[str, AfterValidator(_topic_name)]
Account = Annotated[str, AfterValidator(_account_name)]
"""A user name at the broker."""


class Time(Strict):
    """Where a JSON payload has the device's clock, and whether it is believed."""

    path: JmesPath
    format: TimeFormat
    trusted: bool = False
    """Only a trusted clock becomes `source_at`."""


class Availability(Strict):
    """The topic that says whether the device is there: a last will, or its gateway's word."""

    topic: str = "{topic}/availability"
    """`{topic}` is the device's topic, `{parent}` what is above its last level, `{grandparent}`
    what is above its last two."""
    path: JmesPath | None = None
    """Where the word stands when the payload is a JSON object."""
    online: str = "online"
    offline: str = "offline"


class Events(Strict):
    """A topic whose messages say that a coded condition began or ended."""

    code: JmesPath = "code"
    phase: JmesPath = "phase"
    begun: tuple[str, ...] = ("raise",)
    ended: tuple[str, ...] = ("clear",)
    none: tuple[int, ...] = (0,)
    """Codes that say that nothing is wrong any more; they end every condition of the topic."""


class TopicSettings(Strict):
    """One topic below the device's own."""

    payload: Payload | None = None
    only: JmesPath | None = None
    """A condition on the JSON document: others on the topic are not for this profile."""
    root: JmesPath | None = None
    """Where in the JSON document the points' paths, the identity and the time begin."""
    identity: tuple[JmesPath, ...] = ()
    retained: bool = False
    """Whether the device publishes it retained; the simulator does as it says."""
    events: Events | None = None


class MqttSettings(Strict):
    """The `mqtt` section of a profile."""

    topic: str
    """Where the product publishes: a topic with `{id}` and, if needed, `{place}` in it. A level `+`
    is one that only the link can tell."""
    account: Account | None = None
    """The user name at the broker of the one program that publishes for all devices of the profile;
    left out where each device has its own, which is called as the device is."""
    payload: Payload = Payload.JSON
    only: JmesPath | None = None
    root: JmesPath | None = None
    identity: tuple[JmesPath, ...] = ()
    """JMESPaths that together make a payload the same on a second delivery; all must be there."""
    retained: bool = False
    events: Events | None = None
    time: Time | None = None
    availability: tuple[Availability, ...] = ()
    topics: Mapping[str, TopicSettings] = Field(default_factory=dict)
    """Suffix to what differs from the settings above."""

    @field_validator("topic")
    @classmethod
    def _pattern(cls, topic: str) -> str:
        named = ["x" if level == NAMED else level for level in topic.split("/")]
        filled = _topic_name(_fill("/".join(named), "id", "place"))
        if "{id}" not in topic and "x" not in named:
            raise ValueError(f"the topic needs {{id}} in it, or {NAMED!r} for what the link names")
        if re.search(r"[{}]", filled):
            raise ValueError(f"{topic!r}: a topic knows only {{id}} and {{place}}")
        return topic

    def at(self, suffix: str) -> TopicSettings:
        """The settings of one topic, the section's own where it gives none."""
        given = self.topics.get(suffix)
        if given is None:
            return TopicSettings(
                payload=self.payload,
                only=self.only,
                root=self.root,
                identity=self.identity,
                retained=self.retained,
                events=self.events,
            )
        return given.model_copy(
            update={
                "payload": given.payload or self.payload,
                "only": given.only or self.only,
                "root": given.root or self.root,
            }
        )


class Place(Strict):
    """One place of a point: in which topic, and where in its payload."""

    topic: str = ""
    """Below the device's topic; empty for the device's topic itself. `{channel}` in it, and in the
    path, is the number of the link's channel."""
    path: JmesPath | None = None
    """JMESPath in a JSON payload; without it, the key that is called as the point is."""

    @field_validator("topic")
    @classmethod
    def _is_name(cls, topic: str) -> str:
        return topic and _topic_name(topic)


class MqttAddress(Place):
    """Where a point stands: in which topic, and where in its payload."""

    also: tuple[Place, ...] = ()
    """Further places where the device says the same in the same unit; the newest counts."""
    event: int | str | tuple[int | str, ...] | None = None
    """The event codes that this point stands for; `other` for codes that no point names."""

    @model_validator(mode="after")
    def _path_or_event(self) -> "MqttAddress":
        if self.event is not None and (self.path is not None or self.also):
            raise ValueError("a point has a path or an event, not both")
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place of the point, its own first."""
        return (self, *self.also)

    def codes(self) -> tuple[str, ...]:
        """The event codes as text; empty for a point that is read from a path."""
        if self.event is None:
            return ()
        codes = self.event if isinstance(self.event, tuple) else (self.event,)
        return tuple(str(code) for code in codes)


class MqttLink(Strict):
    """How the estate links a device: by the profile's topic, or by one of its own."""

    topic: TopicName | None = None
    channel: int = Field(default=0, ge=0, le=99)
    """Which channel of the product the device is, counted as the product counts."""
    account: Account | None = None
    """The user name at the broker that publishes for the device, where it is not its id."""


def address_of(point: ProfilePoint) -> MqttAddress:
    """The MQTT address of a point.

    Raises:
        BadMqttProfileError: it has that of another protocol.
    """
    if not isinstance(point.address, MqttAddress):
        raise BadMqttProfileError(f"point {point.name} has no MQTT address")
    return point.address


def contradictions(profile: Profile) -> Iterator[str]:
    """What of a profile cannot be read the way its topics are written."""
    settings = profile.settings
    if not isinstance(settings, MqttSettings):
        yield f"profile {profile.id} does not speak MQTT"
        return
    if profile.parts is not None:
        yield f"profile {profile.id}: MQTT devices have no parts yet"
    suffixes = {p.topic for point in profile.points.values() for p in address_of(point).places}
    for suffix in settings.topics:
        if suffix not in suffixes:
            yield f"profile {profile.id}: no point is in the topic {suffix!r}"
    for point in profile.points.values():
        address = address_of(point)
        for place in address.places:
            scalar = settings.at(place.topic).payload is Payload.SCALAR
            if scalar and (place.path or address.codes()):
                yield f"point {point.name}: its topic is a scalar, which has no path and no event"
        topic = settings.at(address.topic)
        if address.codes() and topic.events is None and topic.payload is not Payload.SCALAR:
            yield f"point {point.name}: its topic has no 'events' settings"
    for suffix in suffixes:
        topic = settings.at(suffix)
        if topic.payload is Payload.SCALAR and (topic.only or topic.root):
            yield f"profile {profile.id}: topic {suffix!r} is a scalar: it has no 'only', no 'root'"


def _fill(pattern: str, device: str, place: str) -> str:
    return pattern.replace("{id}", device).replace("{place}", place)


def conflicts(devices: Sequence[Linked]) -> Iterator[tuple[str, str]]:
    """Devices whose profile cannot tell their topic and whose link does not."""
    for device in devices:
        if isinstance(device, Device) and isinstance(device.link, MqttLink):
            pattern = settings_of(device).topic
            if device.link.topic is None and NAMED in pattern.split("/"):
                yield device.id, f"give the device's topic, `topic: {pattern}` with names for '+'"


SCHEMA = ProtocolSchema(
    "mqtt",
    MqttSettings,
    MqttAddress,
    {"mqtt": MqttLink},
    contradictions=contradictions,
    conflicts=conflicts,
)


def settings_of(device: Device) -> MqttSettings:
    """The `mqtt` section of a device's profile.

    Raises:
        BadMqttProfileError: the profile speaks another protocol.
    """
    settings = device.profile.settings
    if not isinstance(settings, MqttSettings):
        raise BadMqttProfileError(f"{device.id}: profile {device.profile.id} does not speak MQTT")
    return settings


def topic_of(device: Device) -> str:
    """The device's own topic: that of its link, else the profile's pattern filled in.

    Raises:
        BadMqttProfileError: only the link can tell the topic, and it does not.
    """
    settings = settings_of(device)
    if isinstance(device.link, MqttLink) and device.link.topic is not None:
        return device.link.topic
    if NAMED in settings.topic.split("/"):
        raise BadMqttProfileError(f"{device.id}: profile {device.profile.id} needs a topic")
    return _fill(settings.topic, device.id, device.place)


def filter_of(device: Device) -> str | None:
    """The subscription that covers the profile's devices; None where the link goes its own way.

    A link's topic may still follow the pattern: `zigbee2mqtt/smoke-1` follows `zigbee2mqtt/{id}`.
    A pattern without a fixed first level would ask for the topics of everybody on the broker.
    """
    levels = settings_of(device).topic.split("/")
    given = topic_of(device).split("/")
    first = levels[0] or levels[min(1, len(levels) - 1)]
    if len(levels) != len(given) or "{" in first or first == NAMED:
        return None
    wild = ["+" if "{" in level else level for level in levels]  # a level `+` is one already
    follows = all(level in ("+", name) for level, name in zip(wild, given, strict=True))
    return "/".join(wild) if follows else None


def channel_of(device: Device) -> str:
    """The number that stands for `{channel}` in the device's suffixes and paths."""
    return str(device.link.channel) if isinstance(device.link, MqttLink) else "0"


def below(topic: str, suffix: str) -> str:
    """The topic of a suffix below a device's topic."""
    return f"{topic}/{suffix}" if suffix else topic


def availability_topic(device: Device, availability: Availability) -> str:
    """The full topic of one availability entry of a device."""
    topic = topic_of(device)
    parent = topic.rpartition("/")[0]
    names = {"topic": topic, "parent": parent, "grandparent": parent.rpartition("/")[0]}
    return re.sub(r"\{(topic|parent|grandparent)\}", lambda m: names[m[1]], availability.topic)


def account_of(device: Device) -> str:
    """The user name at the broker by which the device's messages come."""
    given = device.link.account if isinstance(device.link, MqttLink) else None
    return given or settings_of(device).account or device.id
