"""Spoiled MQTT payloads: values that fit or a reason, and nothing lost. covers: payload, mqtt

Every topic of every MQTT profile of the library, in memory; then some thousands through a real
mosquitto and the line, each of which must be acknowledged and either give samples or be kept.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from collectors.payload import Decoded, PayloadError, decode, plans
from collectors.payload_plan import Reading, TopicPlan
from collectors.sample import Value
from collectors.topics import Route, build_routes
from device_configs.estate import Device
from tests.brokers import Broker, broker, publisher
from tests.collectors.mqtt_devices import (
    PROFILES,
    device,
    library_profile,
    running_line,
    until,
)
from tests.collectors.payload_mutations import PayloadSpoiler
from tests.collectors.test_payload import check
from tests.footprint import FULL

__all__ = ["broker"]

COUNT = 300_000 if FULL else 6_000
"""Payloads over all topics of the library."""
SENT = 20_000 if FULL else 1_500
"""Payloads through a broker."""
SEED = 20261125
TOPICS = [
    (name, suffix, plan)
    for name in PROFILES
    for suffix, plan in plans(library_profile(name)).items()
]


def slowly(plan: TopicPlan) -> TopicPlan:
    """The same plan without its short cuts."""
    readings = [Reading(None, r.get, lambda raw: None, r.point) for r in plan.readings]
    return replace(plan, readings=readings)


def said(plan: TopicPlan, payload: bytes) -> Decoded | str:
    try:
        return decode(plan, payload)
    except PayloadError as error:
        return str(error)


def typed(found: Decoded | str) -> object:
    """Comparable with the types of the values: True is not 1."""
    if isinstance(found, str):
        return found
    values: list[tuple[str, type, Value]] = [
        (name, type(value), value) for name, value in found.values.items()
    ]
    return values, found.reasons, found.source_at, found.identity, found.remark


@pytest.mark.timeout(3000)
def test_spoiled_payloads_give_values_that_fit_or_a_reason(say: Callable[[str], None]) -> None:
    outcomes: Counter[str] = Counter()
    for number, (name, suffix, plan) in enumerate(TOPICS):
        profile, slow = library_profile(name), slowly(plan)
        spoiler = PayloadSpoiler(profile, plan, random.Random(SEED + number))
        for _ in range(COUNT // len(TOPICS)):
            payload = spoiler.payload()
            check(profile, plan, payload)
            found = said(plan, payload)
            assert typed(found) == typed(said(slow, payload)), (name, suffix, payload)
            outcomes["refused" if isinstance(found, str) else "decoded"] += 1
    say(
        f"MQTT payloads, seed {SEED}: {len(TOPICS)} topics, {sum(outcomes.values())} payloads, "
        f"{dict(outcomes)}, 0 wrong"
    )
    assert outcomes["decoded"] > COUNT / 10
    assert outcomes["refused"] > COUNT / 10


def is_letter(routes: list[Route], payload: bytes) -> bool:
    """Whether a payload must be kept as a dead letter, wholly or for a part of it."""
    kept = False
    for route in routes:
        try:
            if route.plan is not None:
                kept = kept or route.decode(payload).remark is not None
            if route.word is not None:
                route.word.is_online(payload)
        except PayloadError:
            kept = True
    return kept


def messages(devices: list[Device]) -> list[tuple[str, bytes]]:
    """Spoiled payloads on all topics of the devices, in turn."""
    chance = random.Random(SEED)
    profiles = {one.id: one.profile for one in devices}
    spoilers = [
        (topic, PayloadSpoiler(profiles[route.points.device], route.plan, chance))
        for topic, routes in build_routes(devices).by_topic.items()
        for route in routes
        if route.plan is not None
    ]
    found = [spoilers[n % len(spoilers)] for n in range(SENT)]
    return [(topic, spoiler.payload()) for topic, spoiler in found]


@pytest.mark.timeout(600)
async def test_every_spoiled_message_is_acknowledged_and_told_or_kept(
    broker: Broker, say: Callable[[str], None]
) -> None:
    devices = [device(f"d-{n}", name) for n, name in enumerate(PROFILES)]
    routes = build_routes(devices).by_topic
    sent = messages(devices)
    wanted = Counter(
        (topic, payload)
        for topic, payload in sent
        if payload and is_letter(list(routes[topic]), payload)
    )
    async with running_line(broker, devices) as line:
        with publisher(broker) as client:
            for start in range(0, len(sent), 500):
                client.publish_all(sent[start : start + 500])
        await until(lambda: line.count("acked") >= len(sent), timeout=300)
        kept = Counter((topic, payload) for topic, payload, _ in line.letters.kept)
        assert kept == wanted
        assert line.count("dead_letters") == sum(wanted.values())
        assert line.count("messages") == line.count("acked") == len(sent)
        assert line.count("empty") == sum(not payload for _, payload in sent)
        assert line.count("dead_letters_not_kept") == line.count("unknown_topics") == 0
        samples = len(line.sink.samples)
        assert samples
    say(
        f"MQTT through a broker, seed {SEED}: {len(sent)} messages, all acknowledged, "
        f"{sum(wanted.values())} kept as dead letters, {samples} samples"
    )
