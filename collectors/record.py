"""Reads a device to keep what it holds: the requests of a profile, or ranges of addresses."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from collectors.block_states import BEHIND_GATEWAY
from collectors.capture import Block, Capture, Gap
from collectors.dial import dial, place
from collectors.driver import CollectorsError
from collectors.modbus_link import ModbusLink, UnitOnLink
from collectors.modbus_links import Transport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.probe import Probe, ProbeError, Prober
from collectors.reading import LinkLostError, ReadError
from collectors.recorded_registers import FailedCells, ReadCells, RecordedRegisters
from device_configs.profile import Profile

ADDRESS_BASE = "wire (0-based)"
UNCHECKED = "sitewatch decoding, unchecked"
"""What stands beside expected values that nobody has compared with the device's own display: they
come from the code that a test with this capture would test."""
_MOST_CUTS = 500
"""Requests that may be spent on finding which addresses of the ranges are refused."""
_MOST_SILENCES = 5
"""Requests in a row without an answer after which the rest of the ranges is left alone."""
_BITS_STEP, _REGISTERS_STEP = 2000, 125


class RecordError(CollectorsError):
    """Nothing could be recorded; the message is one sentence for a person."""


@dataclass(frozen=True)
class Span:
    """Addresses of one table to be recorded."""

    table: Table
    start: int
    count: int


@dataclass(frozen=True)
class Recording:
    """What was read, and what it means where a profile was given."""

    capture: Capture
    requests: int
    profile: Profile | None = None
    probe: Probe | None = None
    redacted: frozenset[str] = frozenset()
    """Points whose words and values were blanked."""

    def document(self, *, at: dt.datetime, note: str, source: str) -> dict[str, object]:
        """The capture as it is written to a file.

        Args:
            at: When it was read.
            note: What a person says about the device and the moment.
            source: Where it comes from.
        """
        capture = self.capture
        document: dict[str, object] = {
            "device": capture.device,
            "source": source,
            "captured": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "address_base": ADDRESS_BASE,
            "note": note,
            "unit": capture.unit,
            "blocks": [
                {"fc": block.table.function, "start": block.start, "regs": list(block.words)}
                for block in capture.blocks
            ],
            "refused": [_gap(gap) for gap in capture.gaps if gap.exception is not None],
            "silent": [_gap(gap) for gap in capture.gaps if gap.exception is None],
        }
        if self.probe is not None and self.profile is not None:
            document |= {
                "profile": self.profile.id,
                "redacted": sorted(self.redacted),
                "expected": self._expected(self.probe),
                "expected_from": UNCHECKED,
            }
        return document

    def _expected(self, probe: Probe) -> dict[str, object]:
        return {
            device.id: {
                name: {"value": point.value, "unit": point.unit, "quality": point.quality.value}
                for name, point in device.points.items()
                if name not in self.redacted
            }
            for device in probe.devices
        }


def _gap(gap: Gap) -> dict[str, object]:
    entry: dict[str, object] = {
        "fc": gap.table.function, "start": gap.start, "count": gap.count,
    }  # fmt: skip
    return entry | ({} if gap.exception is None else {"exception": gap.exception})


async def record_profile(profile: Profile, transport: Transport, unit: int) -> Recording:
    """Read what a profile reads.

    Raises:
        UnknownProtocolError: the profile is not read over Modbus.
        RecordError: the device is silent or refuses everything.
    """
    prober = Prober(profile, transport, unit)
    try:
        probe = await prober.read()
    except ProbeError as error:
        raise RecordError(str(error)) from error
    finally:
        prober.close()
    device = f"{profile.vendor} {profile.model}"
    capture = _capture(device, unit, prober.registers)
    return Recording(capture, len(prober.registers.requests), profile, probe)


async def record_spans(spans: Sequence[Span], transport: Transport, unit: int) -> Recording:
    """Read ranges of addresses, and find out which of them are refused.

    Raises:
        RecordError: nothing of them was answered.
    """
    settings = ModbusSettings()
    link = dial(transport, [settings])
    registers = RecordedRegisters(UnitOnLink(link, unit, settings))
    try:
        await link.open()
        await _read_spans(link, registers, spans)
    except CollectorsError as error:
        raise RecordError(f"{error}.") from error
    finally:
        link.close()
    if not registers.read_cells:
        raise RecordError(f"{place(transport)}: {registers.last_error or 'nothing was asked for'}.")
    return Recording(_capture("unnamed device", unit, registers), len(registers.requests))


async def _read_spans(
    link: ModbusLink, registers: RecordedRegisters, spans: Sequence[Span]
) -> None:
    """Read piece by piece; a refused piece is halved until what is refused stands alone."""
    pieces = [piece for span in spans for piece in _pieces(span)]
    pieces.reverse()
    cuts = silences = 0
    while pieces and silences < _MOST_SILENCES:
        piece = pieces.pop()
        try:
            if not link.connected:
                await link.open()
            await registers.read(piece.table, piece.start, piece.count)
        except LinkLostError:
            # Some devices close the connection where others refuse; what was read stays.
            silences += 1
            continue
        except ReadError as error:
            if error.code is None or error.code in BEHIND_GATEWAY:
                silences += 1
                continue
            if piece.count > 1 and cuts < _MOST_CUTS:
                cuts += 1
                half = piece.count // 2
                rest = Span(piece.table, piece.start + half, piece.count - half)
                pieces += [rest, replace(piece, count=half)]
        silences = 0


def _pieces(span: Span) -> Iterable[Span]:
    step = _BITS_STEP if span.table.is_bits else _REGISTERS_STEP
    for start in range(span.start, span.start + span.count, step):
        yield Span(span.table, start, min(step, span.start + span.count - start))


def _capture(device: str, unit: int, registers: RecordedRegisters) -> Capture:
    blocks = blocks_of(registers.read_cells)
    return Capture(device, blocks, gaps_of(registers.failed_cells, registers.read_cells), unit=unit)


def blocks_of(read: Iterable[ReadCells]) -> Sequence[Block]:
    """What was read, cells that touch each other in one block; a later reading wins."""
    cells: dict[Table, dict[int, int]] = {}
    for piece in read:
        cells.setdefault(piece.table, {}).update(enumerate(piece.words, piece.address))
    return [
        Block(table, run[0], tuple(held[at] for at in run))
        for table, held in sorted(cells.items(), key=lambda pair: pair[0].function)
        for run in _runs(held)
    ]


def gaps_of(failed: Sequence[FailedCells], read: Sequence[ReadCells]) -> Sequence[Gap]:
    """What failed, without the requests that were cut to find out what of them is there."""
    asked = [(one.table, one.address, len(one.words)) for one in read]
    asked += [(one.table, one.address, one.count) for one in failed]
    codes: dict[tuple[Table, int | None], dict[int, int]] = {}
    for one in failed:
        if not any(_inside(smaller, one) for smaller in asked):
            code = None if one.error.code in BEHIND_GATEWAY else one.error.code
            cells = range(one.address, one.address + one.count)
            codes.setdefault((one.table, code), {}).update(dict.fromkeys(cells, 0))
    return [
        Gap(table, run[0], len(run), code)
        for (table, code), cells in sorted(codes.items(), key=str)
        for run in _runs(cells)
    ]


def _inside(request: tuple[Table, int, int], whole: FailedCells) -> bool:
    table, address, count = request
    within = whole.address <= address and address + count <= whole.address + whole.count
    return table is whole.table and within and count < whole.count


def _runs(cells: Mapping[int, int]) -> Iterable[Sequence[int]]:
    """Addresses in runs without a hole."""
    for _, run in groupby(enumerate(sorted(cells)), key=lambda pair: pair[1] - pair[0]):
        yield [address for _, address in run]
