"""Where a maker's products say what they are, beside what a profile reads of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import Field, TypeAdapter

from collectors.modbus_schema import Table, WordType
from collectors.registers import DecodeError, decode
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("product_marks.yaml")


class ProductMark(Strict):
    """One place on the wire with the name of the product in it, as a text or as a code."""

    vendor: str
    table: Table = Table.HOLDING
    address: int = Field(ge=0, le=0xFFFF)
    type: WordType = WordType.UINT16
    length: int = Field(default=1, ge=1, le=125)
    """Registers of a text."""
    names: Mapping[int, str] = Field(default_factory=dict)
    """Code to product."""
    source: str

    def product(self, words: Sequence[int]) -> str | None:
        """What these registers say; None where they say nothing known."""
        try:
            raw = decode(words, self.type)
        except DecodeError:
            return None
        if self.names:
            name = self.names.get(raw) if isinstance(raw, int) else None
            return f"{self.vendor} {name}" if name else None
        readable = (
            isinstance(raw, str) and len(raw) >= 3 and raw.isprintable() and "\ufffd" not in raw
        )
        return raw if readable and isinstance(raw, str) else None


@cache
def product_marks() -> Sequence[ProductMark]:
    """All that are known."""
    return TypeAdapter(tuple[ProductMark, ...]).validate_python(read_yaml(_FILE).data)
