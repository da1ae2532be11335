"""The lines of the estate, kept running; a changed estate restarts only the lines it changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collectors.driver import Driver, Line, LineHealth, Wiring
from collectors.supervise import supervise
from device_configs.estate import Device, Estate


@dataclass(frozen=True)
class _Running:
    line: Line
    devices: Mapping[str, Device]
    task: asyncio.Task[None]


class Collection:
    """Opens the lines of all drivers and keeps them running until cancelled."""

    def __init__(
        self, drivers: Sequence[Driver], wiring: Callable[[Driver], Wiring], estate: Estate
    ) -> None:
        self._drivers = drivers
        self._wiring = wiring
        self._estate = estate
        self._changed = asyncio.Event()
        self._running: dict[str, _Running] = {}

    def health(self) -> Sequence[LineHealth]:
        """The present state of every line."""
        return [running.line.health() for running in self._running.values()]

    def change(self, estate: Estate) -> None:
        """Take up a changed estate; lines whose devices did not change go on undisturbed."""
        self._estate = estate
        self._changed.set()

    async def run(self) -> None:
        """Run all lines until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                await self._apply(group)
                await self._changed.wait()

    async def _apply(self, group: asyncio.TaskGroup) -> None:
        wanted = {line.name: (line, self._devices_of(line)) for line in self._open()}
        gone = [
            name
            for name, running in self._running.items()
            if name not in wanted or wanted[name][1] != running.devices
        ]
        stopped = [self._running.pop(name).task for name in gone]
        for task in stopped:
            task.cancel()
        if stopped:
            await asyncio.wait(stopped, timeout=10)
        for name, (line, devices) in wanted.items():
            if name not in self._running:
                task = group.create_task(supervise(name, line.run), name=f"line {name}")
                self._running[name] = _Running(line, devices, task)

    def _open(self) -> Sequence[Line]:
        lines: list[Line] = []
        for driver in self._drivers:
            protocols = {schema.protocol for schema in driver.schemas}
            devices = [d for d in self._estate.devices.values() if d.profile.protocol in protocols]
            if devices:
                lines += driver.open(devices, self._wiring(driver))
        return lines

    def _devices_of(self, line: Line) -> Mapping[str, Device]:
        return {
            health.device: self._estate.devices[health.device] for health in line.health().devices
        }
