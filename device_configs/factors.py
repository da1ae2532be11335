"""Emission factors and coal equivalents: dated, with their sources, as data.

A factor has versions, by the year of the data they are from or by the day they hold from; a version
is never altered, so an old report can be made again as it was. The library's are in `factors/`; an
estate's `factors.yaml` adds its own and says which are used.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from device_configs.carriers import STORED_IN, STORED_UNIT, Carrier
from device_configs.faults import Fault, InvalidConfigError, dotted, from_validation, line_of
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import Document, read_yaml

_LIBRARY = Path(__file__).with_name("factors")


class Gives(StrEnum):
    """What an amount times a factor is."""

    CARBON = "carbon"
    """[kgCO2]"""
    CALORIFIC = "calorific"
    """[kgce], of the heat in the energy itself (当量值)."""
    EQUIVALENT = "equivalent"
    """[kgce], of what it took to make it (等价值)."""
    MASS = "mass"
    """[kg]"""


class Version(Strict):
    """One value of a factor."""

    value: Decimal = Field(gt=0)
    year: int | None = Field(default=None, ge=1990, le=2200)
    """The year that its data are from."""
    from_: dt.date | None = Field(default=None, alias="from")
    """The first day it holds, where it is not by year of data."""
    published: dt.date | None = None
    source: str = Field(min_length=3)
    confidence: Literal["V", "1", "M", "P"]

    @property
    def name(self) -> str:
        """What it is called on a report: its year of data or its first day."""
        if self.year is not None:
            return str(self.year)
        return "" if self.from_ is None else self.from_.isoformat()


class Factor(Strict):
    """What one unit of a carrier gives, in every version there was."""

    label: Label
    carrier: Carrier
    gives: Gives
    per: str
    versions: Sequence[Version] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Factor":
        stored = STORED_UNIT[self.carrier]
        if self.gives is not Gives.MASS and STORED_IN.get(self.per, ("",))[0] != stored:
            raise ValueError(f"'per' {self.per!r} is no unit of {self.carrier} ({stored})")
        by_year = [one.year for one in self.versions if one.year is not None]
        if by_year and len(by_year) != len(self.versions):
            raise ValueError("either every version has a year, or none has")
        days = [one.from_ or dt.date.min for one in self.versions]
        if by_year != sorted(set(by_year)) or not (by_year or days == sorted(set(days))):
            raise ValueError("the years or days of the versions must rise")
        return self

    def version(self, day: dt.date, known_on: dt.date, data_year: int | None = None) -> Version:
        """The version for consumption on a day, as it was known on another.

        By year of data: the one assigned (`data_year`), else the newest published by then whose
        year is not after the day's; where there is none so early, the oldest.

        Raises:
            UnknownFactorError: there is no version of the year assigned.
        """
        if data_year is not None:
            for one in self.versions:
                if one.year == data_year:
                    return one
            raise UnknownFactorError(f"{self.label.en} has no version of {data_year}")
        fit = [
            one
            for one in self.versions
            if (one.published is None or one.published <= known_on)
            and (one.year is None or one.year <= day.year)
            and (one.from_ is None or one.from_ <= day)
        ]
        return fit[-1] if fit else self.versions[0]

    def amount(self, stored: Fraction, version: Version) -> Fraction:
        """What an amount in the stored unit of its carrier (litres for a density) gives."""
        units = STORED_IN[self.per][1] if self.per in STORED_IN else Fraction(1)
        return stored / units * Fraction(version.value)


class UnknownFactorError(InvalidConfigError):
    """A factor or a version of it that there is not."""

    def __init__(self, message: str) -> None:
        super().__init__([Fault("factors.yaml", 0, "", message)])


class FactorFile(Strict):
    """A file of the library, or an estate's `factors.yaml`."""

    factors: Mapping[str, Factor] = {}
    use: Mapping[Gives, Mapping[Carrier, str]] = {}
    """Which factor is taken for a carrier."""
    data_years: Mapping[int, int] = {}
    """Reporting year to the year of data that is taken for it, for factors by year."""


@dataclass(frozen=True)
class Taken:
    """A version that a figure was made with."""

    id: str
    factor: Factor
    version: Version


@dataclass(frozen=True)
class Factors:
    """Every factor there is, and which are used."""

    factors: Mapping[str, Factor]
    use: Mapping[Gives, Mapping[Carrier, str]]
    data_years: Mapping[int, int] = field(default_factory=dict)

    def taken(
        self, gives: Gives, carrier: Carrier, day: dt.date, known_on: dt.date
    ) -> Taken | None:
        """The factor for a carrier on a day; None where none is used for it."""
        name = self.use.get(gives, {}).get(carrier)
        if name is None:
            return None
        factor = self.factors[name]
        by_year = factor.versions[0].year is not None
        data_year = self.data_years.get(day.year) if by_year else None
        return Taken(name, factor, factor.version(day, known_on, data_year))


def load_factors(estate_folder: Path | None = None) -> Factors:
    """The factors of the library, and an estate's over them.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    files = sorted(_LIBRARY.glob("*.yaml"))
    if estate_folder is not None and (own := estate_folder / "factors.yaml").exists():
        files.append(own)
    faults: list[Fault] = []
    factors: dict[str, Factor] = {}
    use: dict[Gives, dict[Carrier, str]] = {}
    years: dict[int, int] = {}
    read: list[tuple[Document, FactorFile]] = []
    for path in files:
        try:
            document = read_yaml(path)
            file = FactorFile.model_validate(document.data)
        except InvalidConfigError as error:
            faults += error.faults
            continue
        except ValidationError as error:
            faults += from_validation(error, path, document.lines, model=FactorFile)
            continue
        read.append((document, file))
        factors |= file.factors
        years |= file.data_years
        for gives, chosen in file.use.items():
            use.setdefault(gives, {}).update(chosen)
    for document, file in read:
        faults += _faults_of_use(document, file, factors)
    if faults:
        raise InvalidConfigError(faults)
    return Factors(factors, use, years)


def _faults_of_use(
    document: Document, file: FactorFile, factors: Mapping[str, Factor]
) -> list[Fault]:
    faults = []
    for gives, chosen in file.use.items():
        for carrier, name in chosen.items():
            path = ("use", gives.value, carrier.value)
            factor = factors.get(name)
            if factor is None:
                message = f"there is no factor {name!r}{did_you_mean(name, factors)}"
            elif (factor.gives, factor.carrier) != (gives, carrier):
                message = f"{name!r} gives {factor.gives} of {factor.carrier}"
            else:
                continue
            line = line_of(document.lines, path)
            faults.append(Fault(str(document.file), line, dotted(path), message))
    return faults
