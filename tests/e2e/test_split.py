"""A split service: nothing in the serving half holds up an alarm. covers: the service."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.brokers import Publisher, publisher, running_broker
from tests.e2e.folders import estate, gate, smoke, webhook
from tests.e2e.halves import children, runs, stopped
from tests.e2e.service import Service, command, eventually, started
from tests.webhook import Receiver, receiving

DETECTORS = [f"smoke-{number}" for number in range(1, 13)]


@dataclass(frozen=True)
class House:
    """A running split service and what is around it."""

    service: Service
    publisher: Publisher
    receiver: Receiver
    folder: Path
    data: Path

    @property
    def halves(self) -> dict[str, int]:
        """Process ids by half."""
        return children(self.service.process.pid)

    def smoke(self, name: str, *, smoke: bool = True) -> None:
        """One word of a detector."""
        self.publisher.publish(f"zigbee2mqtt/{name}", json.dumps({"smoke": smoke}))

    def told(self, device: str) -> list[dict[str, Any]]:
        """What the webhook got of a device."""
        bodies = [json.loads(request.body) for request in list(self.receiver.requests)]
        return [body for body in bodies if body["device"] == device]

    def stored_alarms(self, device: str) -> int:
        """Alarms of a device in the database."""
        with closing(sqlite3.connect(f"file:{self.data}/sitewatch.sqlite?mode=ro", uri=True)) as db:
            query = "SELECT count(*) FROM alarms WHERE device = ?"
            return int(db.execute(query, (device,)).fetchone()[0])

    def health(self) -> tuple[int, dict[str, Any]]:
        """What `health` says now; 0 where nobody answers."""
        try:
            answer = httpx.get(f"{self.service.url}/api/v1/health", timeout=5)
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()

    def is_well(self) -> bool:
        """Whether both halves work."""
        status, body = self.health()
        return status == 200 and body["stages"].get("watch") == "ok"

    def alarm_of(self, device: str) -> dict[str, Any]:
        """The one open alarm of a device, by the interface."""
        (alarm,) = [one for one in self.service.alarms() if one["device"] == device]
        return alarm


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("split")
    data = folder / "data"
    with (
        running_broker(folder / "broker") as broker,
        receiving() as receiver,
        publisher(broker) as publishes,
    ):
        home = estate(
            folder, smoke(DETECTORS) + gate("gate-1"), webhook(receiver.url), confirmed=False
        )
        arguments = ("run", "--split", "--estate", str(home), "--data", str(data), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        with started(*arguments, folder=folder, environment=environment) as service:
            found = House(service, publishes, receiver, folder, data)
            eventually("both halves work", found.is_well, within_s=30)
            yield found


def test_an_alarm_does_not_wait_for_a_stopped_serving_process(house: House) -> None:
    with stopped(house.halves["serve"]):
        house.smoke("smoke-1")
        took = eventually("the webhook has it", lambda: bool(house.told("smoke-1")), within_s=10)
        assert house.stored_alarms("smoke-1") == 1
    print(f"serving process stopped: at the webhook after {took:.2f} s")
    eventually("it works again", house.is_well, within_s=30)
    assert house.alarm_of("smoke-1")["active"] is True
    assert len(house.told("smoke-1")) == 1


def test_an_alarm_does_not_wait_for_a_killed_serving_process_and_nothing_is_lost_or_double(
    house: House,
) -> None:
    base = round(time.time() * 1000) - 60_000
    first = house.halves["serve"]

    def send(start: int, end: int) -> None:
        for number in range(start, end):
            body = {"ts": base + number, "seq": number, "people_in": number}
            house.publisher.publish("v1/centre/gate/gate-1/state", json.dumps(body))

    send(1, 200)
    os.kill(first, signal.SIGKILL)
    house.smoke("smoke-2")
    took = eventually("the webhook has it", lambda: bool(house.told("smoke-2")), within_s=10)
    send(200, 400)
    back = eventually("it comes back", house.is_well, within_s=60)
    print(f"serving process killed: at the webhook after {took:.2f} s, page back in {back:.1f} s")
    send(400, 600)
    assert house.halves["serve"] != first
    eventually(
        "all are stored",
        lambda: len(house.service.series("gate-1", "people_in_total", base)) >= 599,
        within_s=30,
    )
    time.sleep(1.0)
    stored = house.service.series("gate-1", "people_in_total", base)
    assert sorted(stored) == list(range(1, 600)), "each message once"
    assert house.stored_alarms("smoke-2") == 1
    assert len(house.told("smoke-2")) == 1
    live = house.service.latest("gate-1")["people_in_total"]
    assert (live["value"], live["quality"]) == (599, "good")


def test_the_watching_process_comes_back_and_nothing_acknowledged_is_lost(house: House) -> None:
    base = round(time.time() * 1000) - 30_000
    before = len(house.service.series("gate-1", "people_in_total", base))
    first = house.halves["watch"]
    house.smoke("smoke-3")
    for number in range(200):
        body = {"ts": base + number, "seq": 10_000 + number, "people_in": 10_000 + number}
        house.publisher.publish("v1/centre/gate/gate-1/state", json.dumps(body))
    os.kill(first, signal.SIGKILL)
    said: dict[str, Any] = {}

    def is_down() -> bool:
        status, answer = house.health()
        said.update(answer)
        return status == 503 and said["stages"]["watch"].startswith("does not answer since ")

    eventually("health says that nobody watches", is_down, within_s=10)
    assert said["status"] == "down"
    assert "ok" not in {said["stages"][one] for one in ("engine", "journal", "collectors")}
    house.smoke("smoke-4")
    back = eventually("it comes back", house.is_well, within_s=60)
    print(f"watching process killed: back after {back:.1f} s")
    assert house.halves["watch"] != first
    names = {"smoke-3", "smoke-4"}
    eventually("both were told", lambda: all(house.told(name) for name in names))
    assert [house.stored_alarms(name) for name in names] == [1, 1]
    eventually(
        "all are stored",
        lambda: len(house.service.series("gate-1", "people_in_total", base)) >= before + 200,
        within_s=30,
    )
    stored = house.service.series("gate-1", "people_in_total", base)
    assert sorted(one for one in stored if one >= 10_000) == list(range(10_000, 10_200))


def test_an_acknowledgement_on_the_page_reaches_the_judge(house: House) -> None:
    house.smoke("smoke-5")
    eventually("it is an alarm", lambda: bool(house.told("smoke-5")), within_s=10)
    number = house.alarm_of("smoke-5")["id"]
    assert house.service.post(f"alarms/{number}/ack").status_code == 200
    house.smoke("smoke-5", smoke=False)
    eventually(
        "it has returned, acknowledged",
        lambda: house.alarm_of("smoke-5")["state"] == "latched_acked",
        within_s=20,
    )
    done = house.service.post(f"alarms/{number}/reset", {"note": "nothing found"})
    assert done.status_code == 200, done.text
    house.smoke("smoke-5")
    eventually(
        "smoke again is another alarm",
        lambda: (
            [one["id"] != number for one in house.service.alarms() if one["device"] == "smoke-5"]
            == [True]
        ),
        within_s=20,
    )


def test_the_live_stream_has_values_and_alarms(house: House) -> None:
    seen: dict[str, list[Any]] = {"values": [], "alarm": [], "snapshot": []}
    mine: list[Any] = []
    with house.service.client.stream("GET", "live", timeout=30) as stream:
        event = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                seen.setdefault(event, []).append(json.loads(line.removeprefix("data: ")))
                if event == "snapshot":
                    house.smoke("smoke-6")
            # The reset of the test before may still be on its way.
            mine = [one for one in seen["alarm"] if one["device"] == "smoke-6"]
            if mine and seen["values"]:
                break
    assert mine[0]["transition"] == "raised"
    values = [item for event in seen["values"] for item in event["items"]]
    assert ("smoke-6", True) in {(one["device"], one["value"]) for one in values}


def test_an_alarm_is_written_though_the_serving_process_was_stopped_in_a_transaction(
    house: House,
) -> None:
    # Another process of the service's own kind cannot be stopped at will inside of its
    # transaction; one that is stopped and holds the file for it does the same to the watching one.
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sqlite3, sys, time\n"
            "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n"
            "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)",
            str(house.data / "sitewatch.sqlite"),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    first = house.halves["serve"]
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with stopped(first):
            house.smoke("smoke-7")
            took = eventually("the holder is ended", lambda: not runs(first), within_s=20)
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()
    print(f"the serving process was ended {took:.2f} s after it held up the database")
    assert took < 5
    eventually("the alarm is told", lambda: bool(house.told("smoke-7")), within_s=20)
    eventually("it works again", house.is_well, within_s=60)
    assert house.stored_alarms("smoke-7") == 1


def test_a_changed_estate_is_taken_up_by_both_halves(house: House) -> None:
    devices = house.folder / "estate" / "devices" / "all.yaml"
    devices.write_text(devices.read_text("utf-8") + smoke(["smoke-99"]), encoding="utf-8")

    def told() -> bool:
        house.smoke("smoke-99")
        return bool(house.told("smoke-99"))

    eventually("the watching half has it", told)
    eventually(
        "the serving half has it",
        lambda: "smoke-99" in {one["id"] for one in house.service.get("devices")},
    )
    alarms = [one for one in house.service.alarms() if one["device"] == "smoke-99"]
    assert [one["rule"] for one in alarms] == ["smoke_detector_fire"], "and not unlisted"
    devices.write_text(devices.read_text("utf-8") + "- {id: ", encoding="utf-8")
    eventually("it is refused", lambda: "refused" in house.health()[1]["stages"]["estate"])
    first = house.halves["watch"]
    os.kill(first, signal.SIGKILL)
    eventually("it comes back on what was accepted", lambda: house.halves.get("watch") != first)
    devices.write_text(devices.read_text("utf-8").removesuffix("- {id: "), encoding="utf-8")
    eventually("it is well", house.is_well)


def test_a_backup_of_a_split_service_holds_journal_and_series(house: House) -> None:
    done = subprocess.run(
        command("backup", str(house.folder / "kept"), "--data", str(house.data)),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {file.name for file in (house.folder / "kept").iterdir()}
    assert {"journal.sqlite", "sitewatch.sqlite", "series.duckdb"} <= names


def test_a_second_service_on_the_folder_is_refused(house: House) -> None:
    done = subprocess.run(
        command("run", "--estate", str(house.folder / "estate"), "--data", str(house.data)),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "another sitewatch works on" in done.stderr


def _split(
    tmp_path: Path, broker: str, routes: str = "[]\n"
) -> tuple[tuple[str, ...], dict[str, str]]:
    home = estate(tmp_path, smoke(["smoke-1"]), routes, confirmed=False)
    data = str(tmp_path / "data")
    arguments = ("run", "--split", "--estate", str(home), "--data", data, "--port", "0")
    return arguments, {"SITEWATCH_MQTT__URL": broker}


def test_alarms_are_watched_for_though_the_store_cannot_be_opened(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        receiving() as receiver,
        publisher(broker) as publishes,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd,
    ):
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        arguments, environment = _split(tmp_path, broker.url, webhook(receiver.url))
        environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "6000000"}
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "series.duckdb").write_bytes(b"this is no store" * 1000)
        log = tmp_path / "log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                command(*arguments), env=os.environ | environment, stderr=stderr
            )
        try:
            assert systemd.recv(1000) == b"READY=1"

            def told() -> bool:
                # The first start has no session at the broker yet: it may not have subscribed.
                publishes.publish("zigbee2mqtt/smoke-1", '{"smoke": true}')
                return bool(receiver.requests)

            eventually("the webhook has it", told)
            assert receiver.requests[0].json["device"] == "smoke-1"
            assert systemd.recv(1000).startswith(b"WATCHDOG=1")
            eventually("it is said", lambda: "is started again" in log.read_text("utf-8"))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
    assert process.returncode == 0
    assert "series.duckdb" in log.read_text("utf-8")
    assert "process='serve'" in log.read_text("utf-8")


def test_a_watching_half_that_cannot_start_ends_the_service(tmp_path: Path) -> None:
    arguments, environment = _split(tmp_path, "nonsense://127.0.0.1")
    done = subprocess.run(
        command(*arguments), env=os.environ | environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "mqtt.url" in done.stderr
    assert "the watching process did not start; its message is above" in done.stderr


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker:
        arguments, environment = _split(tmp_path, broker.url)
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            halves = children(service.process.pid)
            assert set(halves) == {"watch", "serve"}
            took = service.stop()
    print(f"Ctrl-C: ended after {took:.2f} s")
    assert service.process.returncode == 0
    assert took < 8
    assert not any(runs(one) for one in halves.values())


def test_the_halves_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker:
        arguments, environment = _split(tmp_path, broker.url)
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            halves = children(service.process.pid)
            service.kill()
            took = eventually(
                "both have ended", lambda: not any(runs(one) for one in halves.values())
            )
        print(f"parent killed: both ended after {took:.2f} s")
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            assert service.get("version")["version"]
