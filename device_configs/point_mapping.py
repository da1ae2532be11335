"""What a point of a profile says about its raw value, whatever the protocol."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from device_configs.durations import Seconds
from device_configs.quantities import Strict


class Verified(StrEnum):
    """How far a profile or a point is proven (design, section 5), best first."""

    CAPTURE = "capture"
    TWO_SOURCES = "two_sources"
    DOCUMENT = "document"
    DRIVER = "driver"
    WEAK = "weak"


class AnyCell(Strict):
    """A row of equally wide cells in one integer; the point is whether any of them holds a code."""

    width: int = Field(ge=1, le=16)
    """Bits of a cell."""
    count: int = Field(ge=1, le=64)
    first: int = Field(default=0, ge=0, le=63)
    """Lowest bit of the first cell."""
    of: tuple[int, ...] = Field(min_length=1)
    """The codes that make the point true."""

    @model_validator(mode="after")
    def _fits(self) -> "AnyCell":
        if self.first + self.width * self.count > 64:
            raise ValueError("the cells reach beyond 64 bits")
        if not all(0 <= code < 1 << self.width for code in self.of):
            raise ValueError(f"a cell of {self.width} bits cannot hold every one of {self.of}")
        return self

    def holds(self, raw: int) -> bool:
        """Whether any cell holds one of the codes."""
        mask = (1 << self.width) - 1
        places = range(self.first, self.first + self.width * self.count, self.width)
        return any(raw >> place & mask in self.of for place in places)

    def raw(self, value: bool) -> int:
        """An integer that means the value; one cell shows it, a different one for each code."""
        if not value:
            calm = next((code for code in range(1 << self.width) if code not in self.of), 0)
            return sum(calm << self.first + self.width * cell for cell in range(self.count))
        code = self.of[0]
        return code << self.first + self.width * (code % self.count)


class PointMapping(Strict):
    """The keys of a profile point that mean the same in every protocol.

    A raw value becomes a value in this order: `missing`, then `cut` or `any_cell`, then `values`,
    `bit` or `bits`, then `raw * scale + offset` in `unit` with its sign, then conversion to the
    stored unit, then `range`.
    """

    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    positive: Literal["import", "export"] = "import"
    """What the wire counts as positive; export is turned, for import is positive here."""
    values: Mapping[str | int, str | bool] = Field(default_factory=dict)
    """Raw value to enumeration value or boolean; one that is not listed is missing."""
    bit: int | None = Field(default=None, ge=0, le=63)
    """The point is this bit of an integer, as a boolean."""
    bits: Mapping[int, str] = Field(default_factory=dict)
    """Bit number to point name: one integer becomes several boolean points."""
    cut: tuple[int, int] | None = None
    """First bit and number of bits of an integer that the point is read from."""
    any_cell: AnyCell | None = None
    """The point is whether one of several cells holds a code."""
    invert: bool = False
    """A boolean that is true on the wire when the point is false."""
    missing: tuple[int | float | str, ...] = ()
    """Raw values that mean 'not available', beside those the protocol's type already has."""
    range: tuple[float, float] | None = None
    """Plausible range in the stored unit, narrower than the kind's."""
    max_rate: float | None = Field(default=None, gt=0)
    """The fastest change that is believed, other than the kind's. [stored unit/s]"""
    stuck_after: Seconds | None = None
    """A value that stays exactly the same for so long, while the device reports, is stuck. [s]"""
    rolls_over_at: float | None = Field(default=None, gt=0)
    """Where a counter begins at 0 again, in `unit`; else its width on the wire decides."""
    primary: bool = False
    """The meter has multiplied by its transformers already; the estate's ratios leave it alone."""
    verified: Verified | None = None
    source: str | None = None
    note: str | None = None

    @field_validator("scale")
    @classmethod
    def _scales(cls, scale: float) -> float:
        if scale == 0.0:
            raise ValueError("a scale of 0 would make every value 0")
        return scale

    @field_validator("cut")
    @classmethod
    def _cuts(cls, cut: tuple[int, int] | None) -> tuple[int, int] | None:
        if cut is not None and not (cut[0] >= 0 and cut[1] >= 1 and sum(cut) <= 64):
            raise ValueError("'cut' is [first bit, number of bits] within 64 bits")
        return cut

    @model_validator(mode="after")
    def _one_way(self) -> "PointMapping":
        ways = {
            "bit": self.bit is not None, "bits": bool(self.bits), "values": bool(self.values),
            "any_cell": self.any_cell is not None,
        }  # fmt: skip
        given = [name for name, is_given in ways.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"a point is read by one of {' and '.join(given)}, not by both")
        if self.cut is not None and (self.bit is not None or self.any_cell is not None):
            raise ValueError("'cut' goes with a number, 'values' or 'bits'")
        return self

    @property
    def slope(self) -> float:
        """What a raw number is multiplied with, its sign included."""
        return -self.scale if self.positive == "export" else self.scale

    @property
    def intercept(self) -> float:
        """What is added to it then, its sign included; never -0.0, which nobody wants to read."""
        return 0.0 - self.offset if self.positive == "export" else self.offset

    @property
    def is_linear(self) -> bool:
        """Whether a raw number is the number in `unit` as it is."""
        return self.slope == 1.0 and self.offset == 0.0

    @property
    def shares_cells(self) -> bool:
        """Whether other points may be read from the same integer."""
        return self.bit is not None or self.cut is not None or self.any_cell is not None

    @property
    def needs_integer(self) -> bool:
        """Whether single bits of the raw value have a meaning."""
        return self.shares_cells or bool(self.bits)
