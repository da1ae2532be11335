"""Consumption that no meter counts: vehicle fuel, bottled gas, coal, and bills of unmetered sites.

Written by a person in the estate's `consumption.yaml`, with the document it was taken from.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from device_configs.carriers import STORED_IN, STORED_UNIT, Carrier
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation, line_of
from device_configs.quantities import Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

LITRE = "L"


class Entered(Strict):
    """What one site used of one carrier in one month."""

    site: Id
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    carrier: Carrier
    amount: Decimal = Field(ge=0)
    unit: str
    cost: Decimal | None = Field(default=None, ge=0)
    """[yuan]"""
    by: str = Field(min_length=1)
    """Who entered it."""
    document: str = ""
    """The bill or delivery note it was taken from."""

    @model_validator(mode="after")
    def _unit_of_carrier(self) -> "Entered":
        stored = STORED_UNIT[self.carrier]
        if self.unit == LITRE and self.carrier in (Carrier.GASOLINE, Carrier.DIESEL):
            return self
        if STORED_IN.get(self.unit, ("",))[0] != stored:
            fits = [unit for unit, (base, _) in STORED_IN.items() if base == stored]
            raise ValueError(f"{self.carrier} is not written in {self.unit!r}: {', '.join(fits)}")
        return self

    @property
    def first(self) -> dt.date:
        """The first day of its month."""
        return dt.date.fromisoformat(f"{self.month}-01")

    def stored(self, kg_per_litre: Fraction | None) -> Fraction | None:
        """The amount in the stored unit of its carrier; None for litres of unknown density."""
        if self.unit == LITRE:
            return None if kg_per_litre is None else Fraction(self.amount) * kg_per_litre
        return Fraction(self.amount) * STORED_IN[self.unit][1]


class EnteredFile(Strict):
    """`consumption.yaml` of an estate."""

    consumption: Sequence[Entered] = ()


def load_entered(estate_folder: Path | None, sites: frozenset[str]) -> tuple[Entered, ...]:
    """What people entered for the sites of an estate, in order of month; empty without a file.

    Raises:
        InvalidConfigError: with every fault of the file.
    """
    path = None if estate_folder is None else estate_folder / "consumption.yaml"
    if path is None or not path.exists():
        return ()
    document = read_yaml(path)
    try:
        file = EnteredFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfigError(
            from_validation(error, path, document.lines, model=EnteredFile)
        ) from error
    faults: list[Fault] = []
    seen: dict[tuple[str, str, Carrier, str], int] = {}
    for number, one in enumerate(file.consumption):
        line = line_of(document.lines, ("consumption", number))
        if one.site not in sites:
            hint = did_you_mean(one.site, sites)
            message = f"there is no site {one.site!r}{hint}"
            faults.append(Fault(str(path), line, f"consumption[{number}].site", message))
        key = (one.site, one.month, one.carrier, one.document)
        if key in seen:
            message = f"{one.carrier} of {one.site} in {one.month} stands in line {seen[key]}, too"
            faults.append(Fault(str(path), line, f"consumption[{number}]", message))
        seen.setdefault(key, line)
    if faults:
        raise InvalidConfigError(faults)
    return tuple(sorted(file.consumption, key=lambda one: (one.month, one.site, one.carrier)))
