"""Kill -9 anywhere on the MQTT path: with an identity every message is there exactly once."""

import asyncio
import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from collectors.payload import encode_payload
from collectors.sample import Sample
from ingest.bus import Cursor
from ingest.journal import Journal
from tests.brokers import Broker, broker, publisher
from tests.collectors.mqtt_child import CONSUMER, run
from tests.collectors.mqtt_devices import device, now_ms

__all__ = ["broker"]

KILLS = 15


# A fork of a process that has imported everything: a start takes milliseconds, not seconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.collectors.mqtt_child"])


@contextmanager
def line_process(broker: Broker, folder: Path, point: str = "") -> Iterator[ForkServerProcess]:
    """The line in a process of its own, subscribed; killed at the end if it still lives."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=run, args=(broker.url, folder, point, theirs))
    process.start()
    theirs.close()
    try:
        assert ours.poll(60), "the line did not connect"
        assert ours.recv() == "ready"
        yield process
    finally:
        ours.close()
        process.kill()
        process.join(30)
        process.close()


def kept(folder: Path) -> list[Sample]:
    """Everything in the journal, in its order."""

    async def read() -> list[Sample]:
        found: list[Sample] = []
        async with Journal.open(folder / "journal.sqlite", (CONSUMER,)) as journal:
            after = Cursor()
            while some := await journal.read(after, 10_000, 0):
                found += some
                after = after.advanced(some)
        return found

    return asyncio.run(read())


def finish(broker: Broker, process: ForkServerProcess) -> None:
    """Say that this was all: the process ends when it has everything before this message."""
    with publisher(broker) as gateway:
        gateway.publish("zigbee2mqtt/smoke-1", '{"smoke":true}')
    process.join(60)
    assert process.exitcode == 0


def lift_message(number: int) -> tuple[str, bytes]:
    lift = device("lift-1", "generic_elevator_mqtt")
    values = {"floor": number, "alarm_button": number % 2 == 0}
    (message,) = encode_payload(lift, values, at_ms=now_ms(), seq=number)
    return message.topic, message.payload


class Stream(threading.Thread):
    """Publishes numbered messages at QoS 1 until it is told to stop; knows what was published."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self.published = 0
        self.done = threading.Event()
        self._broker = broker

    def run(self) -> None:
        with publisher(self._broker) as gateway:
            while not self.done.is_set():
                first = self.published + 1
                gateway.publish_all([lift_message(n) for n in range(first, first + 20)])
                self.published += 20
                time.sleep(0.01)


def test_every_message_is_there_exactly_once_after_kills_at_random_points(
    broker: Broker, tmp_path: Path
) -> None:
    chance = random.Random(20261123)
    stream: Stream | None = None
    for _ in range(KILLS):
        with line_process(broker, tmp_path) as process:
            if stream is None:
                stream = Stream(broker)
                stream.start()
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
    assert stream is not None
    stream.done.set()
    stream.join()
    with line_process(broker, tmp_path) as process:
        finish(broker, process)
    samples = kept(tmp_path)
    for point in ("floor", "alarm_button"):
        numbers = [s.identity for s in samples if point in s.values]
        assert len(numbers) == len(set(numbers)) == stream.published
    floors = [s.values["floor"] for s in samples if "floor" in s.values]
    assert floors == list(range(1, stream.published + 1))


@pytest.mark.parametrize("point", ["before_append", "after_append", "after_ack"])
def test_a_single_message_survives_a_kill_at_each_point(
    broker: Broker, tmp_path: Path, point: str
) -> None:
    with line_process(broker, tmp_path, point) as process:
        with publisher(broker) as gateway:
            gateway.publish(*lift_message(1))
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
    with line_process(broker, tmp_path) as process:
        with publisher(broker) as gateway:
            gateway.publish(*lift_message(2))
        finish(broker, process)
    assert [s.values["floor"] for s in kept(tmp_path) if "floor" in s.values] == [1, 2]
