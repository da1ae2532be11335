"""The demo's own MQTT broker: mosquitto where it is installed, else one that comes with pip.

Its settings are those of `deploy/mosquitto.conf`, with a port and a folder of its own; a test holds
the two against each other.
"""

import asyncio
import contextlib
import getpass
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collectors.simulator.model import SimulatorError

SETTINGS: Mapping[str, str] = {
    "allow_anonymous": "true",
    "set_tcp_nodelay": "true",
    "max_inflight_messages": "2000",
    "max_queued_messages": "1000000",
    "max_queued_bytes": "1073741824",
    "queue_qos0_messages": "false",
    "max_packet_size": "262144",
    "persistence": "true",
    "autosave_interval": "1",
    "autosave_on_changes": "false",
    "persistent_client_expiration": "1m",
    "sys_interval": "10",
}
"""What `deploy/mosquitto.conf` says too."""

_SEARCHED = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
_FIRST_PORT, _LAST_PORT = 10_000, 32_000
"""Linux gives outgoing connections the ports from 32768 on (ip(7), ip_local_port_range)."""
_PORT_ATTEMPTS = 200
_LARGEST_PAYLOAD = int(SETTINGS["max_packet_size"])
_START_S = 10.0
_STOP_S = 3.0
_POLL_S = 0.02


class Stoppable(Protocol):
    """The broker from PyPI, as far as it is used here once it runs."""

    def stop(self) -> None:
        """End it."""
        ...


@dataclass
class RunningBroker:
    """A broker in a child process.

    Attributes:
        name: `mosquitto`, or `iotcore` from PyPI.
        url: where it listens.
    """

    name: str
    url: str
    process: asyncio.subprocess.Process | None = None
    pip_broker: Stoppable | None = None

    async def stop(self) -> None:
        """End it; killed when it does not go by itself."""
        if self.pip_broker is not None:
            await asyncio.to_thread(self.pip_broker.stop)
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), _STOP_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now.

    It is below those that outgoing connections take, so that none of them has it a moment later.

    Raises:
        SimulatorError: no port is free.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise SimulatorError(f"no TCP port from {_FIRST_PORT} to {_LAST_PORT} is free")


def _require_free(port: int) -> None:
    """Refuse a port that somebody else answers at: that one would be taken for the broker.

    Raises:
        SimulatorError: the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SimulatorError(
                f"the MQTT broker did not start: port {port} is in use; choose another"
            ) from error


def find_mosquitto() -> str | None:
    """The mosquitto program; Debian keeps it outside the PATH of ordinary users."""
    found = shutil.which("mosquitto")
    return found or next(
        (hit for at in _SEARCHED if (hit := shutil.which("mosquitto", path=at))), None
    )


async def start_broker(folder: Path, port: int = 0, mosquitto: str | None = None) -> RunningBroker:
    """Start the broker; it accepts connections on return.

    Args:
        folder: where it keeps its sessions and retained messages.
        port: 0 takes a free one.
        mosquitto: the program; None takes the broker from PyPI.

    Raises:
        SimulatorError: it does not start, or the port is taken.
    """
    port = port or free_port()
    _require_free(port)
    url = f"mqtt://127.0.0.1:{port}"
    if mosquitto is None:
        return RunningBroker("iotcore", url, pip_broker=await asyncio.to_thread(_from_pypi, port))
    process = await _spawn(mosquitto, folder, port)
    broker = RunningBroker("mosquitto", url, process)
    try:
        await asyncio.wait_for(_until_ready(process, port), _START_S)
    except (TimeoutError, SimulatorError) as error:
        await broker.stop()
        raise SimulatorError(
            f"mosquitto did not start on port {port}: {_last_line(folder / 'mosquitto.log')}"
        ) from error
    return broker


def _from_pypi(port: int) -> Stoppable:
    """Start the broker from PyPI; it ends by itself when this process does."""
    try:
        # Imported here: 14 MB of machine code that nobody needs who has mosquitto.
        from iotcore import Broker

        broker = Broker(port=port, listen="127.0.0.1", max_payload_size=_LARGEST_PAYLOAD)
        broker.start(_START_S)
    except (ImportError, OSError, RuntimeError) as error:
        raise SimulatorError(f"the MQTT broker iotcore did not start: {error}") from error
    return broker


def _configure(folder: Path, port: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "listener": f"{port} 127.0.0.1",
        **SETTINGS,
        "persistence_location": f"{folder.resolve()}/",
        # Started as root, mosquitto would change to a user that may not write the folder.
        "user": getpass.getuser(),
        "log_dest": "stderr",
    }
    config = folder / "mosquitto.conf"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return config


async def _spawn(mosquitto: str, folder: Path, port: int) -> asyncio.subprocess.Process:
    config = _configure(folder, port)
    # With setpriv the broker also goes when the simulator is killed.
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
    with (folder / "mosquitto.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *guard, mosquitto, "-c", str(config),
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip


async def _until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    while True:
        if process.returncode is not None:
            raise SimulatorError(f"it ended with code {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_POLL_S)
            continue
        writer.close()
        await writer.wait_closed()
        return


def _last_line(file: Path) -> str:
    try:
        lines = file.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"
