"""The chain of models in a SunSpec device: finding where it begins and what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.modbus_reading import Registers
from collectors.modbus_schema import ModbusSettings, Table, WireAddress
from collectors.reading import ReadError
from collectors.sample import Reason

_MARK = (0x5375, 0x6E53)
"""'SunS' (SunSpec Device Information Model, well-known value)."""
_END = 0xFFFF
"""Model id of the end of the chain; its length may be 0 or unreadable."""
_COMMON = 1
"""The model that begins a device; a second one in a chain begins the next device."""
_LONGEST_CHAIN = 200
"""More models than any real device has: a chain that does not end is none."""


class SunSpecSettings(ModbusSettings):
    """The section `sunspec` of a profile."""

    bases: Sequence[WireAddress] = (40000, 0, 50000)
    """Where the chain may begin, in the order they are tried."""


@dataclass(frozen=True)
class ModelAt:
    """A model as it was found."""

    id: int
    address: int
    """Wire address of its ID register."""
    length: int
    """L: registers after the two of the header."""


Chain = Sequence[Sequence[ModelAt]]
"""The models of each device in the chain, the device itself first."""


async def discover(registers: Registers, settings: SunSpecSettings) -> Chain:
    """Find the chain and walk it.

    Raises:
        ReadError: there is none, or it does not end; or the device is silent.
        LinkLostError: the connection is gone.
    """
    for base in settings.bases:
        try:
            found = tuple(await registers.read(Table.HOLDING, base, 2))
        except ReadError as error:
            if error.reason is not Reason.REFUSED:
                raise
            continue
        if found == _MARK:
            return _by_device(await _walk(registers, base + 2))
    tried = ", ".join(str(base) for base in settings.bases)
    raise ReadError(Reason.REFUSED, f"no SunSpec device at {tried}")


async def _walk(registers: Registers, address: int) -> Sequence[ModelAt]:
    models: list[ModelAt] = []
    while len(models) < _LONGEST_CHAIN and address <= 0xFFFE:
        header = await _header(registers, address)
        if header is None:
            return models
        models.append(ModelAt(header[0], address, header[1]))
        address += 2 + header[1]
    raise ReadError(Reason.GARBLED, f"the chain of models does not end before {address}")


async def _header(registers: Registers, address: int) -> tuple[int, int] | None:
    """ID and length of the model at an address; None at the end of the chain."""
    try:
        model, length = await registers.read(Table.HOLDING, address, 2)
    except ReadError as error:
        if error.reason is not Reason.REFUSED:
            raise
        # The end model may have no length register, and some makers leave it out altogether.
        try:
            model, length = (await registers.read(Table.HOLDING, address, 1))[0], 0
        except ReadError as again:
            if again.reason is not Reason.REFUSED:
                raise
            return None
        if model != _END:
            raise
    return None if model == _END else (model, length)


def _by_device(models: Sequence[ModelAt]) -> Chain:
    devices: list[list[ModelAt]] = []
    for model in models:
        if not devices or model.id == _COMMON:
            devices.append([])
        devices[-1].append(model)
    return devices
