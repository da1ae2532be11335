"""The real service as a process of its own, as an operator would start it."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.warm import Forked, fork

PASSWORD = "a long enough first password"
STARTS_WITHIN_S = 60.0
PROGRAM = (sys.executable, "-m", "sitewatch")


@dataclass
class Service:
    """A running `sitewatch run` or `sitewatch demo` with a signed-in client."""

    process: subprocess.Popen[str] | Forked
    url: str
    lines: list[str]
    client: httpx.Client = field(init=False)

    def sign_in(self) -> None:
        """Sign in as the first administrator."""
        self.client = httpx.Client(base_url=f"{self.url}/api/v1/", timeout=30)
        answer = self.client.post("session", json={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        self.client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]

    def get(self, path: str, **query: Any) -> Any:
        """GET a resource as JSON."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """POST to a resource."""
        return self.client.post(path, json=dict(body or {}))

    def latest(self, device: str) -> dict[str, dict[str, Any]]:
        """The live values of a device by point."""
        return {
            item["point"]: item
            for item in self.get("latest", device=device)["items"]
            if item["device"] == device
        }

    def series(self, device: str, point: str, start_ms: int) -> list[Any]:
        """The stored values of a point from a moment until two days from now."""
        return [row[1] for row in self.rows(device, point, start_ms)]

    def counts(self, device: str, point: str, base_ms: int, last: int) -> list[int]:
        """The stored values of a counter whose reading n is of n ms after a moment, up to the last.

        The interface gives at most 20,000 readings at once.
        """
        found: list[int] = []
        for first in range(base_ms, base_ms + last + 1, 10_000):
            rows = self.rows(device, point, first, first + 10_000)
            found += [row[1] for row in rows if row[1] is not None]
        return found

    def rows(
        self, device: str, point: str, start_ms: int, end_ms: int | None = None
    ) -> list[list[Any]]:
        """The same with their times and qualities, as the interface gives them."""
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
        if end_ms is not None:
            end = dt.datetime.fromtimestamp(end_ms / 1000, dt.UTC)
        query = {
            "points": point,
            "start": dt.datetime.fromtimestamp(start_ms / 1000, dt.UTC).isoformat(),
            "end": end.isoformat(),
        }
        found = self.get(f"devices/{device}/series", **query)["points"]
        data: list[list[Any]] = found[point]["data"] if point in found else []
        return data

    def alarms(self, state: str = "open", **query: str) -> list[dict[str, Any]]:
        """The alarms."""
        found: list[dict[str, Any]] = self.get("alarms", state=state, limit=500, **query)["items"]
        return found

    def every_alarm(self, state: str = "open") -> list[dict[str, Any]]:
        """The alarms of all pages."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = self.get("alarms", state=state, limit=500, **after)
            found += page["items"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    def pause(self) -> None:
        """SIGSTOP: it stands still."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> float:
        """Stop as Ctrl-C does; returns how long it took. [s]"""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait(timeout=20)

    def close(self) -> None:
        """Release everything."""
        if hasattr(self, "client"):
            self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def command(*arguments: str) -> list[str]:
    """The command line of sitewatch in this environment."""
    return [*PROGRAM, *arguments]


def _read(process: subprocess.Popen[str] | Forked, lines: list[str]) -> None:
    if process.stdout is not None:
        try:
            lines.extend(iter(process.stdout.readline, ""))
        except ValueError:
            return


def _variables(folder: Path, more: Mapping[str, str] | None) -> Mapping[str, str]:
    password = folder / "first-password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    own = {
        "SITEWATCH_ADMIN_PASSWORD_FILE": str(password),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    return os.environ | own | dict(more or {})


def launched(
    *arguments: str, folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a command and wait for nothing; what it says is added to a file."""
    with log.open("ab") as said:
        return subprocess.Popen(
            command(*arguments), stdout=said, stderr=said, env=_variables(folder, environment)
        )


@contextmanager
def started(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] | None = None,
) -> Iterator[Service]:
    """Start a command that serves the page, wait until it does, sign in; stop it at the end.

    It is forked from a process that has its modules already (`tests.e2e.warm`), unless a program to
    start is given: `PROGRAM` for what an operator would start.
    """
    variables = _variables(folder, environment)
    process: subprocess.Popen[str] | Forked
    if program is None:
        process = fork(arguments, variables)
    else:
        process = subprocess.Popen(
            [*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=variables,
        )  # fmt: skip
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    service = Service(process, "", lines)
    try:
        service.url = _address(process, lines)
        service.sign_in()
        yield service
    finally:
        service.close()
        reader.join(timeout=5)


def _address(process: subprocess.Popen[str] | Forked, lines: list[str]) -> str:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        found = re.search(r"^page: (http://127\.0\.0\.1:\d+)", "".join(lines), re.MULTILINE)
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{''.join(lines)}")


def eventually(what: str, check: Callable[[], bool], within_s: float = 20.0) -> float:
    """Wait until something holds; returns how long it took. [s]"""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if check():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {what}")
