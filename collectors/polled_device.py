"""A device on a polled line: its reader's readings become samples. Protocol-neutral."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from collectors.line import Outcome
from collectors.reading import Lanes, PartMemory, Reading, lane_of
from collectors.sample import Lane, Reason, Sample
from device_configs.estate import Device
from device_configs.kinds import Kind
from device_configs.profile import PartsProfile, ProfilePoint


class Reader(Protocol):
    """Reads one device once; what a polled protocol provides."""

    async def read(self) -> Reading:
        """Poll the device.

        Raises:
            LinkLostError: the connection broke.
        """
        ...

    def lost(self, reason: Reason) -> Reading:
        """The reading of a device of which nothing could be read."""
        ...

    def refused(self) -> Mapping[str, str]:
        """Points that the device says it does not have, each with its word."""
        ...


class PolledDevice:
    """The `Poller` of one device."""

    def __init__(
        self, device: Device, reader: Reader, now_ms: Callable[[], int], interval_s: float
    ) -> None:
        self._device = device
        self._interval_s = interval_s
        self._reader = reader
        self._now_ms = now_ms
        profile = device.profile
        self._lanes = Lanes(profile.kind)
        self._part_lanes = Lanes(profile.parts.kind) if profile.parts else None
        self._memory = PartMemory()
        self._urgent = _has_safety(profile.kind, profile.points) or (
            profile.parts is not None and _parts_have_safety(profile.parts)
        )

    @property
    def device(self) -> str:
        """The device's id."""
        return self._device.id

    @property
    def interval_s(self) -> float:
        """How often it is polled, in seconds."""
        return self._interval_s

    @property
    def urgent(self) -> bool:
        """Whether it or its parts have safety points."""
        return self._urgent

    @property
    def refused(self) -> Mapping[str, str]:
        """Points that the device says it does not have, each with its word."""
        return self._reader.refused()

    async def poll(self) -> Outcome:
        """Poll once; a device that fails gives samples of unknown values.

        Raises:
            LinkLostError: the connection broke.
        """
        reading = await self._reader.read()
        return Outcome(self._samples(reading), reading.failure)

    def lost(self, reason: Reason) -> Sequence[Sample]:
        """The samples of the device when it could not be asked at all."""
        return self._samples(self._reader.lost(reason))

    def _samples(self, reading: Reading) -> Sequence[Sample]:
        at_ms = self._now_ms()
        samples = list(self._lanes.samples(self.device, reading.own, at_ms))
        if self._part_lanes is not None:
            for part, readings in reading.parts.items():
                if self._memory.fresh(part, readings, at_ms):
                    name = f"{self.device}/{part}"
                    samples += self._part_lanes.samples(name, readings, at_ms)
        return samples


def _has_safety(kind: Kind, points: Mapping[str, ProfilePoint]) -> bool:
    names = [
        name for point in points.values() for name in (point.mapping.bits.values() or (point.name,))
    ]
    return any(lane_of(kind, name) is Lane.SAFETY for name in names)


def _parts_have_safety(parts: PartsProfile) -> bool:
    return _has_safety(parts.kind, parts.points)
