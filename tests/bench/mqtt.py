"""Messages a second of the MQTT path with everything on, beside a bare paho-mqtt receive loop.

Run as `python -m tests.bench.mqtt [--count N] [--rounds N] [--rate R --seconds S]`. One mosquitto
with deploy/mosquitto.conf, one publisher process (10-point JSON, QoS 1), one receiver process.
First as fast as the broker takes it, in turn: a bare paho-mqtt loop that only counts, then
sitewatch's line with the checks, the journal on disk, judge with default rules, recorder to DuckDB
and latest values, which acknowledges only what is in the journal. Then at a steady rate.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from collectors.driver import Wiring
from collectors.mqtt import DRIVER
from sitewatch.garbage import settle
from tests.bench.rig.figures import Clock, resident_mb, show
from tests.bench.rig.publisher import DEVICES, publish
from tests.bench.rig.service import NoLetters, now_ms, service
from tests.brokers import running_broker
from tests.collectors.mqtt_devices import device, until

_LOOK_S = 0.05
"""Between two looks at how far it is: each costs the line some time. [s]"""
_KEEP_UP_S = 30.0
"""How long the consumers may take for what is left at the end. [s]"""


def receive_bare(port: int, count: int) -> None:
    """Receive with paho-mqtt alone, counting."""
    seen, clock = 0, Clock()

    def on_message(client: Client, userdata: object, message: MQTTMessage) -> None:
        nonlocal seen, clock
        if not seen:
            clock = Clock()
        seen += 1
        if seen == count:
            report(count, clock.read())
            client.disconnect()

    def on_subscribe(*_: object) -> None:
        print("ready", flush=True)

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-bare")
    client.on_message, client.on_subscribe = on_message, on_subscribe
    client.connect("127.0.0.1", port)
    client.subscribe("v1/+/elevator/+/state", qos=1)
    client.loop_forever()


def report(count: int, span: tuple[float, float], **more: object) -> None:
    """Print the figures of a receiver. `span` is wall and processor time. [s]"""
    wall, cpu = span
    figures = {
        "messages": count, "seconds": round(wall, 1), "per_second": round(count / wall),
        "cores": round(cpu / wall, 2), "cpu_us_per_message": round(cpu / count * 1e6, 1),
        "resident_mb": round(resident_mb()),
    }  # fmt: skip
    print(json.dumps(figures | more), flush=True)


async def receive_line(port: int, count: int, folder: Path) -> None:
    """Receive with sitewatch's line and everything behind it."""
    devices = [device(f"lift-{n}", "generic_elevator_mqtt") for n in range(DEVICES)]
    letters = NoLetters()
    async with service(folder, devices) as behind:
        settings: dict[str, object] = {"url": f"mqtt://127.0.0.1:{port}", "client_id": "bench-line"}
        (line,) = DRIVER.open(devices, Wiring(behind.intake, letters, now_ms, settings))
        task = asyncio.ensure_future(line.run())
        await until(lambda: line.health().connected)
        settle()
        print("ready", flush=True)
        await until(lambda: line.health().counters["messages"] > 0, timeout=60)
        clock, early = Clock(), line.health().counters["acked"]
        await until(lambda: line.health().counters["acked"] >= count, timeout=600, every=_LOOK_S)
        counters, lag = line.health().counters, behind.lag()
        span, ended = clock.read(), time.perf_counter()
        await until(lambda: not any(behind.lag().values()), timeout=_KEEP_UP_S)
        report(
            count - early, span, behind_samples=lag,
            caught_up_after_s=round(time.perf_counter() - ended, 2), samples=behind.stored(),
            dead_letters=letters.count, duplicates=counters["duplicates"],
            journal_batches=behind.journal.statistics().batches,
        )  # fmt: skip
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _child(role: str, port: int, given: argparse.Namespace, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.mqtt", "--role", role, "--port", str(port)]
    command += ["--count", str(given.count), "--folder", str(folder), "--rate", str(given.rate)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _round(role: str, given: argparse.Namespace, folder: Path) -> dict[str, float]:
    """One receiver against a broker and a publisher of its own."""
    with running_broker(folder / role) as broker:
        receiver = _child(role, broker.port, given, folder)
        try:
            output = receiver.stdout
            if output is None or output.readline().strip() != "ready":
                raise SystemExit(f"the receiver {role!r} did not start")
            publisher = _child("publish", broker.port, given, folder)
            figures: dict[str, float] = json.loads(output.readline())
            publisher.communicate(timeout=60)
            receiver.communicate(timeout=60)
        finally:
            receiver.kill()
    return figures


def compare(given: argparse.Namespace) -> None:
    """Run both receivers in turn as fast as they go; then ours at a steady rate."""
    reached: dict[str, list[dict[str, float]]] = {"bare": [], "line": []}
    steady, given.rate = given.rate, 0.0
    for _ in range(given.rounds):
        for role, found in reached.items():
            with tempfile.TemporaryDirectory() as folder:
                found.append(_round(role, given, Path(folder)))
                print(json.dumps({"receiver": role} | found[-1]), flush=True)
    bare = statistics.median(one["per_second"] for one in reached["bare"])
    line = statistics.median(one["per_second"] for one in reached["line"])
    last = reached["line"][-1]
    rows = [
        ("bare paho-mqtt loop", f"{bare:,.0f} messages/s", ""),
        ("whole service", f"{line:,.0f} messages/s, {last['cores']} cores", ">= 5,000 messages/s"),
        ("  of the bare loop", f"{line / bare:.2f}", ">= 0.4"),
        ("  behind at the end", f"{last['behind_samples']}", ""),
        ("  caught up after", f"{last['caught_up_after_s']} s", ""),
    ]
    figures: dict[str, object] = {"bare": bare, "service": line, "ratio": round(line / bare, 3)}
    if steady and given.seconds:
        given.rate, given.count = steady, round(steady * given.seconds)
        with tempfile.TemporaryDirectory() as folder:
            figures["steady"] = last = _round("line", given, Path(folder))
        text = f"{last['per_second']:,} messages/s for {last['seconds']} s, {last['cores']} cores"
        rows.append((f"steady, {steady:,.0f} messages/s offered", text, ">= 5,000 for 60 s"))
        rows.append(("  behind at the end", f"{last['behind_samples']}", "none grows"))
        rows.append(("  caught up after", f"{last['caught_up_after_s']} s", ""))
    show("MQTT, 10-point JSON, QoS 1, acknowledged from the journal", rows, figures)


def main() -> None:
    """Run the comparison, or one of the processes it needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40_000, help="messages to each receiver")
    parser.add_argument("--rounds", type=int, default=3, help="times that each receiver runs")
    parser.add_argument("--rate", type=float, default=6000.0, help="messages/s of the steady run")
    parser.add_argument("--seconds", type=float, default=70.0, help="of the steady run; 0: none")
    parser.add_argument("--role", choices=("bare", "line", "publish"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "publish":
        publish(given.port, given.count, given.rate)
    elif given.role == "bare":
        receive_bare(given.port, given.count)
    elif given.role == "line":
        asyncio.run(receive_line(given.port, given.count, given.folder))
    else:
        compare(given)


if __name__ == "__main__":
    main()
