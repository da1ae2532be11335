"""What Modbus adds to profiles and devices: the profile's section, wire addresses and links."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from device_configs.quantities import Strict


class Table(StrEnum):
    """The four tables of Modbus; each is read by one function."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"

    @property
    def function(self) -> int:
        """The function code that reads it (Modbus application protocol V1.1b3, section 6)."""
        return {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}[self]

    @property
    def is_bits(self) -> bool:
        """Whether its cells are single bits."""
        return self in {Table.COIL, Table.DISCRETE}


class WordOrder(StrEnum):
    """Which register of a value of several registers comes first: its high or its low word."""

    BIG = "big"
    LITTLE = "little"


class ByteOrder(StrEnum):
    """Whether the bytes of a register come as Modbus says, high byte first, or swapped."""

    BIG = "big"
    LITTLE = "little"


class WordType(StrEnum):
    """How registers are to be read as one value."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    STRING = "string"
    BOOL = "bool"
    DATE_BYTES = "date_bytes"
    """Year since 2000, month, day, hour, minute and second, a byte each."""
    DATE_WORDS = "date_words"
    """Year, month, day, hour, minute and second, a register each."""

    @property
    def words(self) -> int:
        """Registers it takes; 0 for a string, whose length stands beside it."""
        found = _WORDS.get(self)
        return int(self.value.lstrip("uintfloabcd")) // 16 if found is None else found

    @property
    def is_integer(self) -> bool:
        """Whether its single bits can have a meaning."""
        return "int" in self.value or self in {WordType.BCD16, WordType.BCD32}


_WORDS = {
    WordType.STRING: 0, WordType.BOOL: 1, WordType.DATE_BYTES: 3, WordType.DATE_WORDS: 6,
}  # fmt: skip


WireAddress = Annotated[int, Field(ge=0, le=0xFFFF)]


class _Cell(Strict):
    address: int = Field(ge=0, le=0x10000)
    """Address as the maker writes it; the wire address is this minus `address_base`."""
    table: Table | None = None
    """The section's table when absent."""
    address_base: int | None = Field(default=None, ge=0, le=1)
    """The section's base when absent."""
    word_order: WordOrder | None = None
    """The section's order when absent."""
    byte_order: ByteOrder | None = None
    """The section's order when absent."""


class Fraction(_Cell):
    """A second value that is added to the first: m3 in one place, mL in another."""

    type: WordType = WordType.UINT16
    scale: float = 1.0
    """What one unit of it is worth in units of the first value."""


class ScaleUse(StrEnum):
    """What the value of a scale register means for the value it belongs to."""

    FACTOR = "factor"
    """Multiply by it: PT and CT ratios."""
    EXPONENT = "exponent"
    """Multiply by ten to its power."""
    DECIMALS = "decimals"
    """Divide by ten to its power."""


class Scale(_Cell):
    """A register that says how another value is scaled."""

    type: WordType = WordType.UINT16
    use: ScaleUse = ScaleUse.FACTOR
    factors: Mapping[int, float] = Field(default_factory=dict)
    """Where the register is a code: code to factor. One that is not listed makes the value
    unknown."""


def _listed(data: object) -> object:
    return [data] if isinstance(data, dict) else data


class Address(_Cell):
    """Where one point stands on the wire."""

    type: WordType = WordType.UINT16
    length: int | None = Field(default=None, ge=1, le=125)
    """Registers of a string."""
    bytes: tuple[int, int] | None = None
    """First byte and number of bytes of a string that are the point."""
    stride: int | None = Field(default=None, ge=1, le=0xFFFF)
    """Of a part's point: distance from one part to the next. `address` is the first part's."""
    scale_from: Annotated[Sequence[Scale], BeforeValidator(_listed)] = ()
    add: Fraction | None = None

    @model_validator(mode="after")
    def _length_of_strings(self) -> "Address":
        if (self.type is WordType.STRING) != (self.length is not None):
            raise ValueError("a string, and only a string, has a 'length' in registers")
        if self.bytes is not None:
            first, count = self.bytes
            if first < 0 or count < 1 or first + count > 2 * (self.length or 0):
                raise ValueError("'bytes' is [first byte, number of bytes] within a string")
        return self

    @property
    def words(self) -> int:
        """Registers or bits it takes."""
        return self.length or self.type.words


class Span(Strict):
    """Wire addresses from the first to the last, both included."""

    first: WireAddress
    last: WireAddress
    table: Table | None = None
    """All tables when absent."""


def _span(data: object) -> object:
    """Read `[first, last]` as well as the long form."""
    if isinstance(data, list) and all(isinstance(step, list) for step in data):
        return [{"first": step[0], "last": step[1]} if len(step) == 2 else step for step in data]
    return data


class ModbusSettings(Strict):
    """The section `modbus` of a profile."""

    table: Table = Table.HOLDING
    address_base: int = Field(default=0, ge=0, le=1)
    """What the maker's numbers begin with; wire = documented address - base."""
    word_order: WordOrder = WordOrder.BIG
    byte_order: ByteOrder = ByteOrder.BIG
    missing: Mapping[WordType, tuple[int | float, ...]] = Field(default_factory=dict)
    """Type to the raw values that mean 'not available' wherever it stands."""
    max_registers: int = Field(default=125, ge=1, le=125)
    """Most registers a request may ask for (125: Modbus application protocol V1.1b3, 6.3)."""
    max_bits: int = Field(default=2000, ge=1, le=2000)
    """Most coils or inputs a request may ask for (2000: the same, 6.1)."""
    max_gap: int = Field(default=125, ge=0)
    """Most unused registers that are read along to save a request."""
    even: bool = False
    """Every request begins at an even address and asks for an even count."""
    one_value_per_read: bool = False
    """The device answers a request only when it asks for exactly one value."""
    forbidden: Annotated[Sequence[Span], BeforeValidator(_span)] = ()
    """Wire addresses that no request may touch."""
    min_gap_ms: int = Field(default=0, ge=0, le=10_000)
    """Quiet time the device needs between an answer and the next request. [ms]"""
    connect_delay_ms: int = Field(default=0, ge=0, le=30_000)
    """Time the device needs after a connect before it answers. [ms]"""
    timeout_ms: int = Field(default=1000, ge=10, le=60_000)
    """How long an answer may take. [ms]"""


def wire(cell: _Cell, settings: ModbusSettings) -> int:
    """The 0-based address that stands in the request."""
    base = settings.address_base if cell.address_base is None else cell.address_base
    return cell.address - base


def table_of(cell: _Cell, settings: ModbusSettings) -> Table:
    """The table a cell stands in."""
    return cell.table or settings.table


def order_of(cell: _Cell, settings: ModbusSettings) -> WordOrder:
    """The word order of a cell."""
    return cell.word_order or settings.word_order


def swaps_bytes(cell: _Cell, settings: ModbusSettings) -> bool:
    """Whether the bytes of a cell's registers are swapped."""
    return (cell.byte_order or settings.byte_order) is ByteOrder.LITTLE


def type_of(cell: Address | Scale | Fraction, settings: ModbusSettings) -> WordType:
    """How a cell is to be read: what stands in a table of bits is a bit."""
    return WordType.BOOL if table_of(cell, settings).is_bits else cell.type
