"""A real mosquitto for tests: with the limits of deploy/mosquitto.conf, restartable, killable.

Use it as a fixture: `from tests.brokers import broker  # noqa: F401` and a parameter `broker`, or
`with running_broker(folder) as broker:` where one is not enough.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.ports import free_ports

CONFIG = Path(__file__).resolve().parent.parent / "deploy" / "mosquitto.conf"
_START_S = 15.0


def mosquitto_path() -> str | None:
    """The mosquitto of this machine; Debian keeps it where only root looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago."""
    return free_ports(1)[0]


class Broker:
    """One mosquitto with a folder of its own; the port stays the same over restarts."""

    def __init__(
        self, folder: Path, changes: Mapping[str, str] | None = None, more: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self._changes = dict(changes or {})
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`mqtt://127.0.0.1:PORT`."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        config = self.folder / "mosquitto.conf"
        config.write_text(self._config(), encoding="utf-8")
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(mosquitto_path()), "-c", str(config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "mosquitto.log").read_text(encoding="utf-8")
                raise AssertionError(f"mosquitto did not start:\n{text}")
            time.sleep(0.01)

    def _config(self) -> str:
        changes = {
            "listener": f"{self.port} 127.0.0.1",
            "persistence_location": f"{self.folder}/",
            "user": _own_user(),
        } | self._changes
        lines = []
        for line in CONFIG.read_text(encoding="utf-8").splitlines():
            key = line.split(" ", 1)[0]
            lines.append(f"{key} {changes.pop(key)}" if key in changes else line)
        lines += [f"{key} {value}" for key, value in changes.items()]
        return "\n".join([*lines, self._more]) + "\n"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def farewells(self, client_id: str) -> int:
        """How often a client has left in good order, so far.

        The broker reads a packet at a time: a client that comes again before its last ones were
        read takes over its session, and what it had acknowledged in them comes again.
        """
        log = (self.folder / "mosquitto.log").read_text(encoding="utf-8")
        return log.count(f"Client {client_id} disconnected.")

    def stop(self) -> None:
        """Stop it as a service manager does; it saves its sessions and messages."""
        self._end(lambda process: process.terminate())

    def kill(self) -> None:
        """Kill -9: it saves nothing more."""
        self._end(lambda process: process.kill())

    def send(self, number: int) -> None:
        """Send it a signal: SIGSTOP holds it, SIGCONT lets it go on."""
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, signal: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is not None:
            signal(self._process)
            self._process.wait(timeout=10)
            self._process = None


def _own_user() -> str:
    """Started by root, mosquitto would change to a user that cannot write the test's folder."""
    return "root" if os.geteuid() == 0 else "mosquitto"


def write_passwords(file: Path, accounts: Mapping[str, str]) -> None:
    """A broker's file of passwords: user name to password."""
    file.touch(mode=0o600)
    for name, password in accounts.items():
        subprocess.run(
            ["mosquitto_passwd", "-b", str(file), name, password], check=True, capture_output=True
        )


@contextmanager
def running_broker(
    folder: Path, changes: Mapping[str, str] | None = None, more: str = ""
) -> Iterator[Broker]:
    """Start a broker for the life of a block; skips the test where there is no mosquitto.

    Args:
        folder: Where it lives.
        changes: Lines of deploy/mosquitto.conf that are otherwise, and further ones.
        more: Text of a second file, which mosquitto reads after the first.
    """
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    broker = Broker(folder, changes, more)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own."""
    with running_broker(tmp_path / "mosquitto") as running:
        yield running


class Publisher:
    """A device's side: publishes at QoS 1 and waits for the broker's word."""

    def __init__(self, broker: Broker, client_id: str = "publisher") -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        """Publish one message; returns when the broker has acknowledged it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def publish_all(self, messages: list[tuple[str, bytes]], *, retain: bool = False) -> None:
        """Publish many; returns when the broker has acknowledged all of them."""
        infos = [self._client.publish(topic, body, 1, retain) for topic, body in messages]
        for info in infos:
            info.wait_for_publish(30)

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def publisher(broker: Broker, client_id: str = "publisher") -> Iterator[Publisher]:
    """A publisher for the life of a block."""
    client = Publisher(broker, client_id)
    try:
        yield client
    finally:
        client.close()
