"""The disk of the data folder is filled up by others. covers: the service.

On a small file system of its own: the journal gives room back until the floor is free again, the
oldest routine samples first, each counted and alarmed; alarms are raised and told meanwhile; when
there is room and a store again, everything that was kept is in it.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.brokers import publisher, running_broker
from tests.device_configs.estates import write
from tests.e2e.folders import estate, gate, smoke, webhook
from tests.e2e.service import Service, command, eventually, started
from tests.influx import influx_server
from tests.webhook import Receiver, receiving

FULL = os.environ.get("SITEWATCH_FULL") == "1"
SIZE_MB = 512 if FULL else 128
COUNT = 60_000 if FULL else 6_500
FLOOR_BYTES = SIZE_MB * 1024**2 // 10 + 5_000_000
"""More than the room kept for alarms (`sitewatch.disk_reserve`): the journal must give too."""
METER = """\
profile: wordy_meter
kind: electricity_meter
vendor: Test
model: W1
source: "made for this test"
verified: document
mqtt:
  topic: wordy/{id}
  identity: [n]
points:
  active_energy_import: {path: n, unit: Wh}
  maker: {path: words}
  model: {path: words}
  serial: {path: words}
  firmware: {path: words}
"""
WORDS = "w" * 1000
"""So long that some thousand samples fill a small disk."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a known size; root alone can mount one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir()
    option = f"size={SIZE_MB}m"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def fill(file: Path) -> None:
    """Take every byte that is left."""
    with file.open("ab", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    if ballast.write(b"\0" * size) < size:
                        break
                except OSError:
                    break


def is_open(service: Service, rule: str) -> bool:
    return any(one["rule"] == rule for one in service.alarms())


def raised_and_told(service: Service, receiver: Receiver, device: str) -> None:
    eventually(f"{device} is an alarm", lambda: bool(service.alarms(device=device)))
    eventually(
        f"{device} is told",
        lambda: any(one.json["device"] == device for one in list(receiver.requests)),
    )


def stored(url: str, kind: str, device: str, point: str) -> list[float]:
    question = f'SELECT "{point}" FROM "{kind}" WHERE "device" = \'{device}\''
    answer = httpx.get(f"{url}/query", params={"db": "sitewatch", "q": question}, timeout=30)
    (result,) = answer.json()["results"]
    return [row[1] for series in result.get("series", ()) for row in series["values"]]


def test_a_full_disk_costs_the_oldest_routine_and_says_how_much(tmp_path: Path) -> None:
    devices = smoke(["smoke-1", "smoke-2", "smoke-3"])
    devices += "- {id: m1, profile: wordy_meter, place: centre, interval: 1h, link: {mqtt: {topic: wordy/m1}}}\n"  # noqa: E501
    with (
        small_disk(tmp_path / "disk") as disk,
        running_broker(tmp_path / "broker") as broker,
        influx_server(tmp_path / "influx") as store,
        receiving() as receiver,
    ):
        home = estate(tmp_path, devices, webhook(receiver.url), confirmed=False)
        write(home, {"profiles/wordy_meter.yaml": METER})
        arguments = ("run", "--estate", str(home), "--data", str(disk / "data"), "--port", "0")
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_STORE__KIND": "influx",
            "SITEWATCH_STORE__URL": store.url,
            "SITEWATCH_JOURNAL__FREE_FLOOR_BYTES": str(FLOOR_BYTES),
        }
        with (
            started(*arguments, folder=tmp_path, environment=environment) as service,
            publisher(broker) as gateway,
        ):

            def say(first: int, last: int) -> None:
                gateway.publish_all(
                    [
                        ("wordy/m1", json.dumps({"n": n, "words": WORDS}).encode())
                        for n in range(first, last + 1)
                    ]
                )
                eventually(
                    f"{last} is live",
                    lambda: service.latest("m1")["active_energy_import"]["value"] == last,
                    within_s=60,
                )

            gateway.publish("zigbee2mqtt/smoke-1", '{"smoke": true}')
            say(1, COUNT)
            raised_and_told(service, receiver, "smoke-1")
            assert not is_open(service, "samples_dropped")

            fill(disk / "ballast")
            gateway.publish("zigbee2mqtt/smoke-2", '{"smoke": true}')
            raised_and_told(service, receiver, "smoke-2")
            eventually("the floor is free", lambda: free(disk) >= FLOOR_BYTES, within_s=60)
            eventually("the loss is an alarm", lambda: is_open(service, "samples_dropped"), 60)
            say(COUNT + 1, COUNT + 100)
            gateway.publish("zigbee2mqtt/smoke-3", '{"smoke": true}')
            raised_and_told(service, receiver, "smoke-3")

            (disk / "ballast").unlink()
            store.start()
            last = COUNT + 100

            def kept() -> list[float]:
                return stored(store.url, "electricity_meter", "m1", "active_energy_import")

            eventually("the newest is stored", lambda: kept()[-1:] == [last], within_s=180)
            found = kept()
            missing = last - len(found)
            assert 0 < missing < COUNT
            assert found == list(range(missing + 1, last + 1)), "the oldest went, and only they"
            for name in ("smoke-1", "smoke-2", "smoke-3"):
                assert stored(store.url, "smoke_detector", name, "smoke") == [True]

            def counted() -> float:
                return max(stored(store.url, "service", "sitewatch", "dropped_total"), default=0)

            eventually("every loss is counted", lambda: counted() >= missing, within_s=60)
            own = len(stored(store.url, "service", "sitewatch", "memory"))
            # Besides the meter's, only the service's own values can be among the dropped.
            assert missing <= counted() <= missing + own + 10


def test_the_embedded_store_waits_for_room_and_misses_nothing(tmp_path: Path) -> None:
    base = round(time.time() * 1000) - 60_000
    with (
        small_disk(tmp_path / "disk") as disk,
        running_broker(tmp_path / "broker") as broker,
        receiving() as receiver,
        publisher(broker) as gateway,
    ):
        home = estate(
            tmp_path, gate() + smoke(["smoke-1", "smoke-2"]), webhook(receiver.url), confirmed=False
        )
        arguments = ("run", "--estate", str(home), "--data", str(disk / "data"), "--port", "0")
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_JOURNAL__FREE_FLOOR_BYTES": "1000000",
        }
        with started(*arguments, folder=tmp_path, environment=environment) as service:

            def say(first: int, last: int) -> None:
                topic = "v1/centre/gate/gate-1/state"
                gateway.publish_all([
                    (topic, json.dumps({"ts": base + n, "seq": n, "people_in": n}).encode())
                    for n in range(first, last + 1)
                ])  # fmt: skip

            def stage() -> str:
                return str(service.get("health")["stages"]["disk"])

            say(1, 500)
            fill(disk / "ballast")
            gateway.publish("zigbee2mqtt/smoke-1", '{"smoke": true}')
            raised_and_told(service, receiver, "smoke-1")
            eventually("health says so", lambda: stage().startswith("the disk is full"))
            say(501, 1000)
            gateway.publish("zigbee2mqtt/smoke-2", '{"smoke": true}')
            raised_and_told(service, receiver, "smoke-2")
            (disk / "ballast").unlink()
            eventually("there is room again", lambda: stage() == "ok")
            eventually(
                "everything is stored",
                lambda: len(service.series("gate-1", "people_in_total", base)) >= 1000,
                within_s=90,
            )
            found = service.series("gate-1", "people_in_total", base)
            assert sorted(found) == list(range(1, 1001)), "every message, exactly once"
            assert not is_open(service, "samples_dropped")


def test_a_data_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    home = estate(tmp_path, smoke(["smoke-1"]), confirmed=False)
    with small_disk(tmp_path / "disk") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        done = subprocess.run(
            command("run", "--estate", str(home), "--data", str(disk / "data"), "--port", "0"),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert str(disk / "data") in line
    assert "Read-only" in line
