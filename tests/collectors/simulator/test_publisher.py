import json

import pytest

from collectors.mqtt_profile import topic_of
from collectors.payload_encode import Message
from collectors.simulator.model import Model
from collectors.simulator.publisher import Publisher, presence
from collectors.topics import build_routes
from tests.collectors.mqtt_devices import PROFILES, device
from tests.collectors.simulator.conftest import NOON_MS


def said(model: Model, *ticks: int) -> list[list[Message]]:
    """The messages of each tick."""
    messages: list[Message] = []
    publisher, found = Publisher(model, messages.append), []
    for tick in ticks:
        messages.clear()
        publisher.tick(tick)
        found.append(list(messages))
    return found


def test_everything_is_said_first_and_its_presence_before_it(calm: Model) -> None:
    (first,) = said(calm, NOON_MS)
    lift = [message for message in first if "/elevator/centre-lift-1/" in message.topic]
    devices = [d for d in calm.estate.devices.values() if d.profile.protocol == "mqtt"]

    assert lift[0].topic.endswith("/status")
    assert (lift[0].payload, lift[0].retain) == (b"online", True)
    assert all(any(device.id in message.topic for message in first) for device in devices)


def test_states_are_retained_and_events_are_not(calm: Model) -> None:
    (first,) = said(calm, NOON_MS)
    by_suffix = {m.topic.rpartition("/")[2]: m for m in first if "/centre-lift-1/" in m.topic}

    assert by_suffix["state"].retain
    assert not by_suffix["event"].retain


def test_a_calm_lift_says_that_no_event_is_going_on(calm: Model) -> None:
    (first,) = said(calm, NOON_MS)
    events = [json.loads(m.payload) for m in first if m.topic.endswith("/centre-lift-1/event")]

    assert len(events) == 1
    assert events[0]["code"] == 0


def test_a_silent_hour_is_filled_by_the_schedule(calm: Model) -> None:
    ticks = said(calm, *range(NOON_MS, NOON_MS + 130_000, 1000))
    smoke = [
        second
        for second, messages in enumerate(ticks)
        if any(m.topic == "zigbee2mqtt/centre-smoke-1" for m in messages)
    ]

    assert smoke[:3] == [0, 5, 10], "often at the start, when a reader may not be there yet"
    assert smoke[-3:] == [60, 90, 120], "then twice in the longest silence"


def test_every_identity_is_another(calm: Model) -> None:
    ticks = said(calm, NOON_MS, NOON_MS, NOON_MS + 20_000)
    payloads = [
        (message.topic, message.payload)
        for messages in ticks
        for message in messages
        if message.topic.endswith("/state") and message.topic.startswith("v1/")
    ]

    assert len(payloads) > 50
    assert len(set(payloads)) == len(payloads)


def test_after_a_lost_broker_all_is_said_again(calm: Model) -> None:
    messages: list[Message] = []
    publisher = Publisher(calm, messages.append)
    publisher.tick(NOON_MS)
    first = {message.topic for message in messages}
    messages.clear()
    publisher.forget()
    publisher.tick(NOON_MS + 100)

    assert {message.topic for message in messages} == first


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("online", [True, False])
def test_the_presence_of_every_profile_is_understood(name: str, online: bool) -> None:
    some = device("d-1", name)
    routes = build_routes([some]).by_topic
    words = {t: route.word for t, each in routes.items() for route in each if route.word}
    said = list(presence(some, online, everything=True))
    assert {message.topic for message in said} == set(words)
    for message in said:
        word = words[message.topic]
        own = message.topic.startswith(f"{topic_of(some)}/")
        # A bridge stays there when one of its devices goes.
        assert word.is_online(message.payload) is (online or not own)
        assert message.retain
