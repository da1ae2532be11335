"""Messages a second of the MQTT path to durable storage, beside a bare paho-mqtt receive loop.

Run as `python -m tests.bench.mqtt [--count N] [--rounds N]`. One mosquitto with
deploy/mosquitto.conf, one publisher process (10-point JSON, QoS 1, as fast as the broker takes it),
and one receiver process: a bare paho-mqtt loop that only counts, then sitewatch's line, which
decodes, checks, writes to the journal on disk, keeps the latest values, and acknowledges only after
that; in turn, some rounds.
"""

import argparse
import asyncio
import json
import resource
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from collectors.driver import Wiring
from collectors.mqtt import DRIVER
from ingest.intake import Intake
from ingest.journal import Journal
from ingest.latest import Latest
from tests.brokers import running_broker
from tests.collectors.mqtt_devices import Letters, device, now_ms, until

DEVICES = 100
WINDOW = 1000
"""Messages the publisher has unacknowledged at the broker."""
CHUNK = 100
_ACCEPTED = b"\x20\x02\x00\x00"


def _payload(number: int, at_ms: int) -> bytes:
    return (
        b'{"ts":%d,"seq":%d,"service_mode":1,"car_status":1,"car_direction":%d,"door_zone":false,'
        b'"floor":%d,"door_closed":true,"passenger":true,"speed_mps":%.2f,"alarm_button":false,'
        b'"fault_code":0}' % (at_ms, number, number % 3, number % 24, number % 7 / 4)
    )


def _packet(topic: bytes, payload: bytes, mid: int) -> bytes:
    """A PUBLISH packet of QoS 1 (MQTT 3.1.1, section 3.3)."""
    body = struct.pack("!H", len(topic)) + topic + struct.pack("!H", mid) + payload
    length = bytearray()
    left = len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (128 if left else 0))
        if not left:
            return b"\x32" + bytes(length) + body


def publish(port: int, count: int) -> None:
    """Publish as fast as the broker acknowledges."""
    topics = [f"v1/centre/elevator/lift-{n}/state".encode() for n in range(DEVICES)]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = b"bench-publisher"
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack("!H", len(name)) + name
        connection.sendall(b"\x10" + bytes([len(body)]) + body)
        answer = connection.recv(4)
        if answer != _ACCEPTED:
            raise SystemExit(f"the broker refused the publisher: {answer!r}")
        sent, acked_bytes = 0, 0
        while acked_bytes < 4 * count:
            if sent < count and sent - acked_bytes // 4 < WINDOW:
                size = min(CHUNK, count - sent)
                at_ms = now_ms()
                connection.sendall(
                    b"".join(
                        _packet(topics[n % DEVICES], _payload(n, at_ms), n % 60_000 + 1)
                        for n in range(sent, sent + size)
                    )
                )
                sent += size
            else:
                acked_bytes += len(connection.recv(65_536))


class Span:
    """What the time from the first to the last message took."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._cpu = time.process_time()

    def report(self, count: int, **more: object) -> None:
        """Print the figures of a receiver."""
        seconds = time.perf_counter() - self._began
        figures = {
            "messages": count,
            "per_second": round(count / seconds),
            "cpu_us_per_message": round((time.process_time() - self._cpu) / count * 1e6, 1),
            "resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            **more,
        }
        print(json.dumps(figures), flush=True)


def receive_bare(port: int, count: int) -> None:
    """Receive with paho-mqtt alone, counting."""
    seen, span = 0, Span()

    def on_message(client: Client, userdata: object, message: MQTTMessage) -> None:
        nonlocal seen, span
        if not seen:
            span = Span()
        seen += 1
        if seen == count:
            span.report(count)
            client.disconnect()

    def on_subscribe(*_: object) -> None:
        print("ready", flush=True)

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-bare")
    client.on_message, client.on_subscribe = on_message, on_subscribe
    client.connect("127.0.0.1", port)
    client.subscribe("v1/+/elevator/+/state", qos=1)
    client.loop_forever()


async def receive_line(port: int, count: int, folder: Path) -> None:
    """Receive with sitewatch's line, to the journal."""
    devices = [device(f"lift-{n}", "generic_elevator_mqtt") for n in range(DEVICES)]
    async with Journal.open(folder / "journal.sqlite", ("recorder",)) as journal:
        latest = Latest(lambda device, point: 60_000)
        sink = Intake(journal, latest, {d.id: d for d in devices})
        settings: dict[str, object] = {"url": f"mqtt://127.0.0.1:{port}", "client_id": "bench-line"}
        (line,) = DRIVER.open(devices, Wiring(sink, Letters(), now_ms, settings))

        async def watch() -> None:
            await until(lambda: line.health().connected)
            print("ready", flush=True)
            await until(lambda: line.health().counters["messages"] > 0)
            span = Span()
            early = line.health().counters["acked"]
            await until(lambda: line.health().counters["acked"] >= count, timeout=120)
            health = line.health()
            span.report(
                count - early,
                dead_letters=health.counters["dead_letters"],
                duplicates=health.counters["duplicates"],
                journal_batches=journal.statistics().batches,
                journal_samples=journal.statistics().written,
            )
            task.cancel()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(line.run())
            group.create_task(watch())


def _child(role: str, port: int, count: int, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.mqtt", "--role", role]
    command += ["--port", str(port), "--count", str(count), "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _round(role: str, count: int, folder: Path) -> dict[str, float]:
    """One receiver against a broker and a publisher of its own."""
    with running_broker(folder / role) as broker:
        receiver = _child(role, broker.port, count, folder)
        try:
            output = receiver.stdout
            if output is None or output.readline().strip() != "ready":
                raise SystemExit(f"the receiver {role!r} did not start")
            publisher = _child("publish", broker.port, count, folder)
            figures: dict[str, float] = json.loads(output.readline())
            publisher.communicate(timeout=60)
            receiver.communicate(timeout=60)
        finally:
            receiver.kill()
    return figures


def main() -> None:
    """Run both receivers in turn, or one of the processes this needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40_000, help="messages to each receiver")
    parser.add_argument("--rounds", type=int, default=3, help="times that each receiver runs")
    parser.add_argument("--role", choices=("bare", "line", "publish"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "publish":
        publish(given.port, given.count)
    elif given.role == "bare":
        receive_bare(given.port, given.count)
    elif given.role == "line":
        asyncio.run(receive_line(given.port, given.count, given.folder))
    else:
        compare(given.count, given.rounds)


def compare(count: int, rounds: int) -> None:
    """Run both receivers in turn and print what each reached, and the medians."""
    reached: dict[str, list[float]] = {"bare": [], "line": []}
    for number in range(rounds):
        for role, speeds in reached.items():
            with tempfile.TemporaryDirectory() as folder:
                figures = _round(role, count, Path(folder))
            speeds.append(figures["per_second"])
            print(json.dumps({"round": number + 1, "receiver": role} | figures), flush=True)
    bare, line = statistics.median(reached["bare"]), statistics.median(reached["line"])
    result = {
        "bare_paho_messages_per_second": bare,
        "sitewatch_messages_per_second": line,
        "ratio": round(line / bare, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
