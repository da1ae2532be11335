"""Finds which units answer on a line, which of them are SunSpec devices, and which profiles fit.

Only reads leave (functions 1 to 4). A silent unit costs one short time-out; one that answers is
asked at most `MOST_REQUESTS` times. Everything goes through one connection, since many devices and
gateways accept no second one.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectors.block_states import BEHIND_GATEWAY
from collectors.dial import dial
from collectors.driver import CollectorsError
from collectors.examined_unit import MOST_REQUESTS, ExaminedUnit
from collectors.fit import Fit, Observed, Verdict, judge, rank
from collectors.fit_questions import places_of, questions
from collectors.modbus_link import ModbusLink
from collectors.modbus_links import TcpTransport, Transport
from collectors.modbus_reading import DeviceReader
from collectors.modbus_schema import ModbusSettings, Table
from collectors.probe import READINGS, probed_points
from collectors.product_marks import product_marks
from collectors.reading import LinkLostError, ReadError
from collectors.sunspec import SunSpecReader
from collectors.sunspec_chain import SunSpecSettings
from device_configs.profile import Profile

__all__ = ["MOST_REQUESTS", "FoundUnit", "Scan", "SunSpecDevice", "scan"]

_LONGEST_DELAY_MS = 1000
"""Longest pause after the connect that is granted, whatever a profile asks for. [ms]"""
_PATIENCE_MS = 1000
"""Longest wait for an answer of a unit that has answered before. [ms]"""
_MANY = 16
"""When so many units were asked and every one answered, it is one device that does not look at the
unit: only the first is examined."""


class ScanError(CollectorsError):
    """The line cannot be scanned; the message is one sentence for a person."""


@dataclass(frozen=True)
class SunSpecDevice:
    """What a SunSpec device says of itself."""

    texts: Mapping[str, str]
    """`maker`, `model`, `serial`, `firmware`, as far as given."""
    models: Sequence[int]

    def __str__(self) -> str:
        named = ", ".join(f"{name} {text}" for name, text in self.texts.items())
        return f"{named}; models {', '.join(map(str, self.models))}"


@dataclass(frozen=True)
class Answer:
    """How a unit answered the first request."""

    unit: int
    says: str
    ms: float


@dataclass(frozen=True)
class FoundUnit:
    """One unit that answers, and what it may be."""

    answer: Answer
    sunspec: SunSpecDevice | None = None
    fits: Sequence[Fit] = ()
    requests: int = 0
    """Made to examine it."""
    unanswered: int = 0
    """Of these, how many brought no answer."""
    examined: bool = True


@dataclass(frozen=True)
class Scan:
    """All that a scan saw."""

    asked: int
    found: Sequence[FoundUnit]
    every_unit_answers: bool = False
    """One device answers whatever unit is asked for."""


Progress = Callable[[str, int, int], None]
"""Told what is done, how far it is, and how far it goes."""


@dataclass(frozen=True)
class _Scanner:
    link: ModbusLink
    profiles: Sequence[tuple[Profile, Profile]]
    """A profile whole, and with its telling points only."""
    probing: ModbusSettings
    gap_ms: int
    """The quiet that the slowest known device needs after its answer. [ms]"""
    progress: Progress

    async def answer(self, unit: int, *, quiet: bool) -> Answer | None:
        """How a unit answers; after a silent one there is nobody who needs `quiet`."""
        asking = self.probing.model_copy(update={"min_gap_ms": self.gap_ms}) if quiet else None
        started = time.perf_counter()
        try:
            await self._connected()
            words = await self.link.read(unit, Table.HOLDING, 0, 1, asking or self.probing)
            says = f"function 3, address 0: {words[0]:04X}"
        except LinkLostError:
            # Some gateways close the connection instead of answering for a unit they do not have.
            return None
        except ReadError as error:
            refused = error.code is not None and error.code not in BEHIND_GATEWAY
            if not refused:
                return None
            says = str(error).partition(": ")[2]
        return Answer(unit, says, round((time.perf_counter() - started) * 1000, 1))

    async def _connected(self) -> None:
        if not self.link.connected:
            await self.link.open()

    async def examine(self, answer: Answer) -> FoundUnit:
        unit = ExaminedUnit(self.link, answer.unit)
        sunspec, fits = None, []
        product = await self._product(unit)
        for number, (whole, asked) in enumerate(self.profiles):
            self.progress(f"unit {answer.unit}: which profiles fit", number, len(self.profiles))
            if isinstance(whole.settings, SunSpecSettings):
                sunspec, fit = await _sunspec(unit, whole, sunspec)
                fits += [fit] if fit else []
            elif isinstance(whole.settings, ModbusSettings):
                fits.append(await _fit(unit, whole, asked, whole.settings, product))
        return FoundUnit(answer, sunspec, rank(fits), unit.requests, unit.unanswered)

    async def _product(self, unit: ExaminedUnit) -> Sequence[str]:
        makers = {whole.vendor for whole, _ in self.profiles}
        patient = ModbusSettings(min_gap_ms=self.gap_ms)
        found = []
        for mark in product_marks():
            if mark.vendor not in makers:
                continue
            count = mark.type.words or mark.length
            try:
                words = await unit.view(patient).read(mark.table, mark.address, count)
            except ReadError:
                continue
            found.append(mark.product(words))
        return [text for text in found if text]


async def _sunspec(
    unit: ExaminedUnit, profile: Profile, known: SunSpecDevice | None
) -> tuple[SunSpecDevice | None, Fit | None]:
    settings = profile.settings
    if not isinstance(settings, SunSpecSettings):
        return known, None
    reader = SunSpecReader(profile, settings)
    reading = await reader.read(unit.view(settings))
    if not reader.models:
        return known, None
    points = probed_points(reading.own, profile.kind)
    texts = {
        name: value
        for name in ("maker", "model", "serial", "firmware")
        if name in points and isinstance(value := points[name].value, str)
    }
    device = SunSpecDevice(texts, reader.models)
    if known is not None and len(known.texts) > len(texts):
        device = known
    if reading.failure is not None:
        doubt = reading.message or "none of its models has a point of the profile"
        return device, Fit(profile, Verdict.UNLIKELY, 0.0, (), (doubt,))
    judged = judge(Observed(profile, points, {}))
    mark = f"it is a SunSpec device: {device}"
    return device, Fit(profile, Verdict.LIKELY, judged.score + 10, (mark, *judged.reasons),
                       judged.doubts)  # fmt: skip


async def _fit(
    unit: ExaminedUnit,
    whole: Profile,
    asked: Profile,
    settings: ModbusSettings,
    product: Sequence[str],
) -> Fit:
    reader, view = DeviceReader(asked, settings), unit.view(settings)
    for _ in range(READINGS):
        plans = reader.plans
        reading = await reader.read(view)
        if reader.plans == plans:
            break
    points = probed_points(reading.own, asked.kind)
    places = places_of(list(asked.points.values()), settings)
    return judge(Observed(whole, points, places, product))


async def scan(
    transport: Transport,
    units: Sequence[int],
    profiles: Iterable[Profile],
    *,
    timeout_ms: int = 300,
    progress: Progress = lambda what, done, of: None,
) -> Scan:
    """Scan one endpoint.

    Args:
        transport: Where the line is.
        units: Units to ask for, in this order.
        profiles: The library; those of other protocols are left out.
        timeout_ms: What a silent unit costs. [ms]
        progress: Called while it goes on.

    Raises:
        ScanError: nothing accepts the connection.
    """
    spoken = [p for p in profiles if isinstance(p.settings, ModbusSettings)]
    sections = [p.settings for p in spoken if isinstance(p.settings, ModbusSettings)]
    gap = max((section.min_gap_ms for section in sections), default=0)
    probing = ModbusSettings(timeout_ms=timeout_ms)
    link = dial(transport, [ModbusSettings(timeout_ms=max(timeout_ms, _PATIENCE_MS))])
    asked = [(p, _asked(p)) for p in spoken]
    scanner = _Scanner(link, asked, probing, gap, progress)
    try:
        await link.open()
        if isinstance(transport, TcpTransport):
            delay = max((section.connect_delay_ms for section in sections), default=0)
            await asyncio.sleep(min(delay, _LONGEST_DELAY_MS) / 1000)
        return await _scan(scanner, units)
    except CollectorsError as error:
        raise ScanError(f"{error}.") from error
    finally:
        link.close()


def _asked(profile: Profile) -> Profile:
    settings = profile.settings
    if isinstance(settings, SunSpecSettings) or not isinstance(settings, ModbusSettings):
        return profile
    return questions(profile, settings)


async def _scan(scanner: _Scanner, units: Sequence[int]) -> Scan:
    answers: list[Answer] = []
    for number, unit in enumerate(units):
        scanner.progress(f"unit {unit}; {len(answers)} found", number, len(units))
        quiet = bool(answers) and number > 0 and answers[-1].unit == units[number - 1]
        answer = await scanner.answer(unit, quiet=quiet)
        answers += [answer] if answer else []
    everyone = len(answers) == len(units) >= _MANY
    found = []
    for number, answer in enumerate(answers):
        if everyone and number:
            found.append(FoundUnit(answer, examined=False))
        else:
            found.append(await scanner.examine(answer))
    return Scan(len(units), found, everyone)
