"""A copy of an estate folder in which the Modbus lines have other ports, and days are of today."""

import datetime as dt
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from collectors.simulator.broker import free_port
from collectors.simulator.model import SimulatorError

_PORT = re.compile(r"\bport: (\d+)\b")
_DAY = re.compile(r"\b(maintained|next_inspection|tested): (\d{4}-\d{2}-\d{2})\b")


def modbus_ports(source: Path) -> tuple[int, ...]:
    """The ports that the devices of an estate folder name."""
    found = {int(port) for file in _device_files(source) for port in _PORT.findall(_text(file))}
    return tuple(sorted(found))


def free_ports(ports: tuple[int, ...]) -> Mapping[int, int]:
    """A free port for each; none twice."""
    taken: set[int] = set()
    chosen = {}
    for port in ports:
        free = free_port()
        while free in taken:
            free = free_port()
        taken.add(free)
        chosen[port] = free
    return chosen


def materialise(
    source: Path,
    target: Path,
    ports: Mapping[int, int] | None = None,
    later: dt.timedelta = dt.timedelta(0),
) -> Path:
    """Copy an estate folder and move its Modbus lines to free ports; returns the copy.

    What stood in the target before is replaced, so that a demo can be started again in its folder.

    Args:
        source: the estate folder.
        target: where the copy goes.
        ports: port in the source to port in the copy; None chooses free ones.
        later: by how much the days of maintenance, inspections and tests are moved.

    Raises:
        SimulatorError: a folder cannot be read or written.
    """
    try:
        moved = free_ports(modbus_ports(source)) if ports is None else ports
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(source, target)
        for file in _device_files(target):
            text = _PORT.sub(lambda match: _moved(match, moved), _text(file))
            text = _DAY.sub(lambda match: _later(match, later), text)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SimulatorError(
            f"cannot copy the demo estate to {target}: {error.strerror or error}"
        ) from error
    return target


def _moved(match: re.Match[str], ports: Mapping[int, int]) -> str:
    port = int(match.group(1))
    return f"port: {ports.get(port, port)}"


def _later(match: re.Match[str], later: dt.timedelta) -> str:
    return f"{match.group(1)}: {dt.date.fromisoformat(match.group(2)) + later}"


def _device_files(folder: Path) -> list[Path]:
    return sorted((folder / "devices").glob("**/*.yaml"))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
