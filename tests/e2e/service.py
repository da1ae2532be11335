"""The real service as a process of its own, as an operator would start it."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PASSWORD = "a long enough first password"
STARTS_WITHIN_S = 60.0


@dataclass
class Service:
    """A running `sitewatch run` or `sitewatch demo` with a signed-in client."""

    process: subprocess.Popen[str]
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
        """The stored values of a point from a moment until an hour from now."""
        query = {
            "points": point,
            "start": dt.datetime.fromtimestamp(start_ms / 1000, dt.UTC).isoformat(),
            "end": (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat(),
        }
        data = self.get(f"devices/{device}/series", **query)["points"][point]["data"]
        return [row[1] for row in data]

    def alarms(self, state: str = "open") -> list[dict[str, Any]]:
        """The alarms."""
        found: list[dict[str, Any]] = self.get("alarms", state=state, limit=500)["items"]
        return found

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
    return [sys.executable, "-m", "sitewatch", *arguments]


def _read(process: subprocess.Popen[str], lines: list[str]) -> None:
    if process.stdout is not None:
        try:
            lines.extend(iter(process.stdout.readline, ""))
        except ValueError:
            return


@contextmanager
def started(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Start a command that serves the page, wait until it does, sign in; stop it at the end."""
    password = folder / "first-password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    variables = os.environ | {
        "SITEWATCH_ADMIN_PASSWORD_FILE": str(password),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=variables | dict(environment or {}),
    )
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


def _address(process: subprocess.Popen[str], lines: list[str]) -> str:
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
