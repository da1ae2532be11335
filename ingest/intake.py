"""The way in: every sample of every driver passes here, is checked, and is on disk on return."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from collectors.sample import Sample
from device_configs.estate import Device
from device_configs.kinds import Kind
from ingest.bus import Bus
from ingest.checks import DeviceChecks, device_checks, kind_checks, part_checks
from ingest.clock import wall_clock_ms
from ingest.latest import Latest
from ingest.standing import CLOCK_FAULT, Clock, Standing, examine


class ListenedBus(Bus, Protocol):
    """A bus that shows each sample, numbered, as soon as it is durable."""

    def listen(self, listener: Callable[[Sequence[Sample]], None]) -> None:
        """Have every written sample given to `listener` before `append` returns."""
        ...


@dataclass(frozen=True)
class IntakeStatistics:
    """What came in since the start of the process, in samples."""

    taken: int
    altered: int
    """Those in which a check made a value unknown or suspect, or took the device's time away."""
    unknown_device: int
    """Those refused because the estate has no such device."""
    last_unknown: str | None
    """The newest device that the estate does not have."""
    late: int = 0
    """Those older, by the device's own clock, than what was known of the device."""
    repeated: int = 0
    """Those that said again, at the same device time, what was just said."""


class Intake:
    """Checks samples, writes them to the bus, and lets the latest values follow.

    Implements `collectors.driver.Sink`. The latest values listen to the bus, so that they show
    what is on disk, in its order and without duplicates, also when a caller is cancelled.
    """

    def __init__(
        self,
        bus: ListenedBus,
        latest: Latest,
        devices: Mapping[str, Device],
        *,
        own: Mapping[str, Kind] | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._bus = bus
        self._latest = latest
        self._now_ms = now_ms
        self._own = dict(own or {})
        """Devices that are not of the estate: sitewatch itself, of kind `service`."""
        self._taken = self._altered = self._unknown = self._late = self._repeated = 0
        self._standings: dict[str, Standing] = {}
        self._last_unknown: str | None = None
        self._devices: Mapping[str, Device] = {}
        self._checks: dict[str, DeviceChecks] = {}
        self._part_checks: dict[str, DeviceChecks] = {}
        self.use(devices)
        bus.listen(latest.apply)

    def use(self, devices: Mapping[str, Device]) -> None:
        """Take up the devices of a new revision of the estate."""
        self._devices = devices
        self._checks = {name: kind_checks(kind) for name, kind in self._own.items()}
        self._part_checks = {}
        self._standings = {
            name: standing
            for name, standing in self._standings.items()
            if (root := name.partition("/")[0]) in devices or root in self._own
        }

    async def append(self, samples: Sequence[Sample]) -> int:
        """Check samples and write them; returns the last number once they are on disk.

        Samples of devices that the estate does not have are refused and counted; an unknown part
        of a known device is taken, for an alarm of an unlisted detector is still an alarm.

        Raises:
            IngestError: they are not on disk, and must not be acknowledged.
        """
        now = self._now_ms()
        checked: list[Sample] = []
        words: list[Sample] = []
        before: dict[str, Standing] = {}
        for sample in samples:
            name = sample.device
            checks = self._checks.get(name) or self._checks_of(name)
            if checks is None:
                self._unknown += 1
                self._last_unknown = name
                continue
            stood = self._standings.get(name) or self._standing_of(name, now)
            before.setdefault(name, stood)
            found = examine(sample, checks, stood, now)
            self._standings[name] = found.standing
            self._altered += found.sample is not sample
            self._late += found.late
            self._repeated += found.repeated
            checked.append(found.sample)
            if (stood.clock is Clock.GOOD) != (found.standing.clock is Clock.GOOD):
                words.append(_clock_word(found.sample, found.standing))
        written = False
        try:
            number = await self._bus.append([*checked, *words])
            written = True
        finally:
            if not written:
                # What is not on disk was not heard: it will come again.
                self._standings |= before
        self._taken += len(checked)
        return number

    def _standing_of(self, name: str, now_ms: int) -> Standing:
        """How a device stands; after a start, as far as the newest values tell."""
        standing = self._standings.get(name)
        if standing is None:
            root = name.partition("/")[0]
            known = [one for one in self._latest.items((name,), now_ms) if one.device == name]
            times = [one.source_at for one in known if one.source_at is not None]
            newest = Sample(name, now_ms, {}, source_at=max(times)) if times else None
            word = self._latest.value(root, CLOCK_FAULT, now_ms)
            wrong = word is not None and word.value is True
            clock = Clock.AHEAD if wrong else Clock.GOOD
            standing = self._standings[name] = Standing(newest, clock=clock)
        return standing

    def _checks_of(self, name: str) -> DeviceChecks | None:
        root, slash, part = name.partition("/")
        known = self._part_checks if slash else self._checks
        checks = known.get(root)
        if checks is None:
            device = self._devices.get(root)
            if device is None:
                return None
            checks = known[root] = part_checks(device) if slash else device_checks(device)
        return checks if part or not slash else None

    def statistics(self) -> IntakeStatistics:
        """What was counted so far."""
        return IntakeStatistics(
            self._taken, self._altered, self._unknown, self._last_unknown, self._late,
            self._repeated,
        )  # fmt: skip


def _clock_word(sample: Sample, standing: Standing) -> Sample:
    """That a device's clock went wrong, or is right again: a fault of its own."""
    wrong = standing.clock is not Clock.GOOD
    return Sample(sample.device.partition("/")[0], sample.received_at, {CLOCK_FAULT: wrong})
