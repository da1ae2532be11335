"""A real InfluxDB 1.x and a real VictoriaMetrics on free ports, for the tests."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.ports import free_ports

_CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  max-body-size = 2000000
  auth-enabled = {auth}
"""
MAX_BODY = 2_000_000
"""What the server takes in one request. [bytes]"""


@contextmanager
def _process(command: Sequence[str], url: str, path: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(process, url + path)
            yield process
        finally:
            process.kill()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code < 400:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not come up")


@contextmanager
def influxd(folder: Path, *, http_port: int | None = None, auth: bool = False) -> Iterator[str]:
    """The address of a running influxd 1.x whose files are in `folder`; killed at the end."""
    rpc, http = free_ports(2)
    http = http_port or http
    flag = "true" if auth else "false"
    text = _CONFIG.format(rpc=rpc, http=http, folder=folder, auth=flag)
    with _influxd(folder, text, http) as url:
        yield url


class InfluxServer:
    """An influxd 1.x that can be killed, held and started again on its port and files."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("influxd") is None:
            pytest.skip("influxd (InfluxDB 1.x) is not on the PATH")
        rpc, self.port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "influxdb.conf"
        text = _CONFIG.format(rpc=rpc, http=self.port, folder=folder, auth="false")
        self._config.write_text(text, "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = ["influxd", "-config", str(self._config)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        _wait(self._process, f"{self.url}/ping")

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP holds it, SIGCONT lets it go on."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it as a service manager does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None


@contextmanager
def influx_server(folder: Path) -> Iterator[InfluxServer]:
    """A server that is not started yet; killed at the end."""
    server = InfluxServer(folder)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def influxd_of(folder: Path, text: str) -> Iterator[str]:
    """The same with a configuration that is given, on ports and in a folder of our own."""
    rpc, http = free_ports(2)
    text = text.replace(":8088", f":{rpc}").replace(":8086", f":{http}")
    with _influxd(folder, text.replace("/var/lib/influxdb", str(folder)), http) as url:
        yield url


@contextmanager
def _influxd(folder: Path, text: str, port: int) -> Iterator[str]:
    if shutil.which("influxd") is None:
        pytest.skip("influxd (InfluxDB 1.x) is not on the PATH")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "influxdb.conf"
    config.write_text(text, "utf-8")
    url = f"http://127.0.0.1:{port}"
    with _process(["influxd", "-config", str(config)], url, "/ping"):
        yield url


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    """The address of a running VictoriaMetrics; killed at the end."""
    if shutil.which("victoria-metrics") is None:
        pytest.skip("victoria-metrics is not on the PATH")
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        "victoria-metrics",
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder}",
        "-retentionPeriod=100y",
    ]
    with _process(command, url, "/health"):
        yield url
