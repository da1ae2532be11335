"""The whole library read from devices that fail at random. covers: modbus_reading, line

Each profile is polled by its own line, in memory, over hours of leaping time. Whatever value comes
out must be what the words at that point's own addresses mean, served in that very poll.
"""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
import structlog

from collectors import modbus
from collectors.driver import Wiring
from collectors.sample import Reason, Sample, Value
from device_configs.profile import LIBRARY, PartsProfile, Profile
from tests.collectors.lines import device, library, running
from tests.collectors.memory_loop import Peer, run
from tests.collectors.modbus_frames import Framing, Rtu, Tcp
from tests.collectors.register_oracle import Oracle
from tests.collectors.scripted_device import Script, ScriptedDevice
from tests.footprint import FULL

PROFILES = tuple(
    file.stem
    for file in sorted(LIBRARY.glob("*.yaml"))
    if "\nmodbus:\n" in file.read_text(encoding="utf-8")
)
POLLS = 300 if FULL else 8
"""Polls of a profile in one run."""
INTERVAL_S = 10.0
SEED = 20261125
SCRIPTS = {
    "good": Script(),
    "flaky": Script(silent=0.05, refusing=0.05, spoiling=0.05, closing=0.02),
    "bad": Script(silent=0.2, refusing=0.3, spoiling=0.2, closing=0.05),
    "gone": Script(silent=0.9),
}


class Judge:
    """A sink that holds each value against the words that were served."""

    def __init__(self, profile: Profile, scripted: ScriptedDevice) -> None:
        self.profile, self.scripted = profile, scripted
        self.oracle = Oracle(profile.id)
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.known_at: dict[tuple[str, str], list[float]] = {}
        self.appends = 0
        self._turning = False
        parts = profile.parts
        self._part = _places(parts) if parts else {}

    async def append(self, samples: Sequence[Sample]) -> int:
        """Judge a poll; then the device's words change."""
        self.appends += 1
        for sample in samples:
            for name, value in sample.values.items():
                self._judge(sample, name, value)
        if not self._turning:
            # A poll of very many parts comes in several batches.
            self._turning = True
            asyncio.get_running_loop().call_later(INTERVAL_S / 4, self._turn)
        return self.appends

    def _turn(self) -> None:
        self._turning = False
        self.scripted.turn()

    async def keep(self, source: str, payload: bytes, reason: str) -> None:
        """Registers are no payloads."""
        raise AssertionError(source)

    def cells(self, device: str, name: str) -> frozenset[tuple[str, int]]:
        """Every cell that a point depends on."""
        part = device.partition("/")[2]
        return self.oracle.cells(name, self._part[part] if part else None)

    def _judge(self, sample: Sample, name: str, value: Value) -> None:
        part = sample.device.partition("/")[2]
        number = self._part[part] if part else None
        kind = self.profile.parts.kind if part and self.profile.parts else self.profile.kind
        spec = kind.point(name)
        means = self.oracle.values(name, self.scripted.cell, spec, number)
        reason = sample.reasons.get(name)
        answered = reason not in {Reason.NO_ANSWER, Reason.REFUSED, Reason.BUSY}
        clear = means and None not in means
        self.outcomes["value" if value is not None else str(reason)] += 1
        if value is not None or answered:
            now = asyncio.get_running_loop().time()
            self.known_at.setdefault((sample.device, name), []).append(now)
        fault = None
        if (value is None) != (reason is not None):
            fault = "a value with a reason, or none without"
        elif value is not None and not any(_same(value, one) for one in means):
            fault = f"its words mean {means}"
        elif value is None and answered and reason != Reason.GARBLED and clear:
            fault = f"unknown, though its words mean {means}"
        if fault and len(self.wrong) < 10:
            self.wrong.append(f"{sample.device} {name} = {value!r} ({reason}): {fault}")


def _always(device: ScriptedDevice) -> Callable[[str, int], Peer]:
    return lambda host, port: device


def _places(parts: PartsProfile) -> dict[str, int]:
    """Part id to its 0-based place, for as many as there could ever be."""
    return {parts.id_format.format(n=parts.first + n): n for n in range(0x10000)}


def _same(value: Value, meant: Value) -> bool:
    if isinstance(value, bool) or isinstance(meant, bool):
        return value is meant
    if isinstance(value, (int, float)) and isinstance(meant, (int, float)):
        return math.isclose(value, meant, rel_tol=1e-12, abs_tol=1e-12)
    return value == meant


MOST_PARTS = 40


def read_library(name: str) -> Profile:
    """A profile, with fewer parts where it has very many: they are all alike."""
    profile = library(name)
    if profile.parts is None:
        return profile
    few = replace(profile.parts, count=min(profile.parts.count, MOST_PARTS))
    return replace(profile, parts=few)


def few_parts(profile: Profile) -> dict[tuple[str, int], int]:
    """A number of parts that a product can have, where a point tells it."""
    oracle = Oracle(profile.id)
    count = profile.parts.count if profile.parts else 0
    return {oracle.place(entry): count or 20 for entry in oracle.entries("part_count", part=False)}


async def polled(
    profile: Profile, scripted: ScriptedDevice, polls: int, escaped: list[str]
) -> Judge:
    """Poll a scripted device for so many intervals."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: escaped.append(str(context)))
    judge = Judge(profile, scripted)
    one = device(profile, 502, interval_s=INTERVAL_S, rtu=scripted.framing.rtu)
    wiring = Wiring(judge, judge, lambda: round(loop.time() * 1000))
    (line,) = modbus.DRIVER.open([one], wiring)
    async with running(line):
        await asyncio.sleep(polls * INTERVAL_S)
    return judge


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("framing", [Tcp(), Rtu()], ids=["tcp", "rtu"])
def test_a_value_is_what_its_own_registers_mean(
    framing: Framing, say: Callable[[str], None]
) -> None:
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    escaped: list[str] = []
    requests = 0
    # The frames make no difference to what is read: the short run has little of RTU.
    scripts = list(SCRIPTS.values()) if FULL or not framing.rtu else [SCRIPTS["flaky"]]
    with structlog.testing.capture_logs():
        for name in PROFILES:
            profile = read_library(name)
            for number, script in enumerate(scripts):
                scripted = ScriptedDevice(framing, script, SEED + number, few_parts(profile))
                judge = run(polled(profile, scripted, POLLS, escaped), _always(scripted))
                outcomes += judge.outcomes
                wrong += judge.wrong
                requests += scripted.requests
                if script == Script():
                    assert judge.known_at, name
    say(
        f"library read over {'rtu' if framing.rtu else 'tcp'}, seed {SEED}: {len(PROFILES)} "
        f"profiles, {requests} requests, points {dict(outcomes)}, {len(wrong)} wrong"
    )
    assert wrong == []
    assert escaped == []


HELD_UP = 8
"""Most polls that finding what a device does not have may hold up a point that it has."""


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", PROFILES if FULL else PROFILES[::8])
def test_what_a_device_refuses_does_not_hold_up_the_rest(
    name: str, say: Callable[[str], None]
) -> None:
    profile, chance = read_library(name), random.Random(SEED)
    polls = 200 if FULL else 70
    whole = ScriptedDevice(Tcp(), Script(), SEED, few_parts(profile))
    escaped: list[str] = []
    places: set[tuple[str, int]] = set()
    whole_turn = whole.turn

    def remember() -> None:
        places.update(whole.served)
        whole_turn()

    whole.turn = remember  # type: ignore[method-assign]
    with structlog.testing.capture_logs():
        control = run(polled(profile, whole, polls, escaped), _always(whole))
        usual = {point: _longest_gap(at) for point, at in control.known_at.items()}
        worst = 0.0
        for share in (0.02, 0.1, 0.4):
            some = sorted(places)
            refused = frozenset(chance.sample(some, max(1, int(len(some) * share))))
            scripted = ScriptedDevice(Tcp(), Script(refused=refused), SEED, few_parts(profile))
            judge = run(polled(profile, scripted, polls, escaped), _always(scripted))
            assert judge.wrong == []
            for point, gap in usual.items():
                if not judge.cells(*point) & refused:
                    late = _longest_gap(judge.known_at.get(point, ())) - gap
                    worst = max(worst, late / INTERVAL_S)
    say(f"{name}: refused addresses held up others by {worst:.1f} polls (to reach: {HELD_UP})")
    assert worst <= HELD_UP
    assert escaped == []


def _longest_gap(times: Sequence[float]) -> float:
    """From the start of the loop's time on; endless where there are none. [s]"""
    moments = [1000.0, *times] if times else [0.0, math.inf]
    return max(b - a for a, b in pairwise(moments))
