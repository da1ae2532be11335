"""Fault codes of makers: what each means, how grave it is, and where that is written."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.point_mapping import Verified
from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml

LIBRARY = Path(__file__).with_name("fault_codes")
NO_FAULT = 0
"""Code 0 is no fault in every table."""


class FaultClass(StrEnum):
    """What a fault is about."""

    ENTRAPMENT = "entrapment"
    UNINTENDED_MOVEMENT = "unintended_movement"
    DOOR = "door"
    DRIVE = "drive"
    SAFETY_CHAIN = "safety_chain"
    CALL = "call"
    """The alarm button in the car."""
    INFO = "info"
    """An event or a state; an alarm only where it is given a severity above `info`."""


class FaultSeverity(StrEnum):
    """How grave a fault is; `info` raises no alarm."""

    EMERGENCY = "emergency"
    HIGH = "high"
    MEDIUM = "medium"
    INFO = "info"


_ALWAYS: Mapping[FaultClass, FaultSeverity] = {
    FaultClass.ENTRAPMENT: FaultSeverity.EMERGENCY,
    FaultClass.UNINTENDED_MOVEMENT: FaultSeverity.EMERGENCY,
    FaultClass.CALL: FaultSeverity.HIGH,
}
"""Classes whose severity is not the table's to choose. [P]"""


class FaultCode(Strict):
    """One code of a table."""

    code: int = Field(ge=0, le=65_535)
    label: Label
    fault_class: FaultClass = Field(alias="class")
    severity: FaultSeverity
    written: str | None = Field(default=None, min_length=1, max_length=32)
    """The code as the maker writes it, where that is not the number: `E-31`, `0101`."""
    vendor_class: str | None = Field(default=None, min_length=1, max_length=63)
    """How the maker himself classes it, in his words; it decides nothing."""

    @model_validator(mode="after")
    def _fixed(self) -> "FaultCode":
        wanted = _ALWAYS.get(self.fault_class, self.severity)
        if self.severity is not wanted:
            raise ValueError(f"a code of class {self.fault_class.value} is {wanted.value}")
        if self.code == NO_FAULT and self.severity is not FaultSeverity.INFO:
            raise ValueError("code 0 is no fault, and its severity info")
        return self


class FaultTable(Strict):
    """One file of `fault_codes/`."""

    table: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")
    label: Label
    source: str
    verified: Verified
    extends: str | None = None
    """A table whose codes it has too, where it does not give them itself."""
    codes: tuple[FaultCode, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> "FaultTable":
        seen: set[int] = set()
        for one in self.codes:
            if one.code in seen:
                raise ValueError(f"code {one.code} is given twice")
            seen.add(one.code)
        return self

    def find(self, code: int) -> FaultCode | None:
        """What a code means; None where the table does not have it."""
        return next((one for one in self.codes if one.code == code), None)


def _read(file: Path) -> FaultTable:
    document = read_yaml(file)
    try:
        return FaultTable.model_validate(document.data)
    except ValidationError as error:
        faults = from_validation(error, file, document.lines, model=FaultTable)
        raise InvalidConfigError(faults) from error


def _whole(tables: Mapping[str, FaultTable], files: Mapping[str, Path]) -> Iterator[FaultTable]:
    for table in tables.values():
        codes, step, seen = {one.code: one for one in table.codes}, table.extends, {table.table}
        while step is not None:
            if step not in tables or step in seen:
                at = str(files[table.table])
                raise InvalidConfigError([Fault(at, 0, "extends", f"no table {step!r} to extend")])
            seen.add(step)
            codes = {one.code: one for one in tables[step].codes} | codes
            step = tables[step].extends
        yield table.model_copy(update={"codes": tuple(codes[code] for code in sorted(codes))})


def load_fault_tables(folders: Iterable[Path] = ()) -> Mapping[str, FaultTable]:
    """The library's tables, and those of further folders over them.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    found: dict[str, FaultTable] = {}
    files: dict[str, Path] = {}
    faults: list[Fault] = []
    for folder in (LIBRARY, *folders):
        for file in sorted(folder.glob("**/*.yaml")):
            try:
                table = _read(file)
            except InvalidConfigError as error:
                faults += error.faults
            else:
                found[table.table], files[table.table] = table, file
    if faults:
        raise InvalidConfigError(faults)
    return {table.table: table for table in _whole(found, files)}


@cache
def library_tables() -> Mapping[str, FaultTable]:
    """The library's tables."""
    return load_fault_tables()
