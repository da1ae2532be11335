"""Quotas of electricity per m2 and year, used only where an estate names one."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation, line_of
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

_LIBRARY = Path(__file__).with_name("quotas.yaml")


class Quota(Strict):
    """What a building of some type may use in a year [kWh/m2]."""

    label: Label
    per: Literal["m2"]
    constraint: Decimal | None = Field(default=None, gt=0)
    """约束值: not to be exceeded."""
    reference: Decimal | None = Field(default=None, gt=0)
    """基准值."""
    guide: Decimal | None = Field(default=None, gt=0)
    """引导值: what is aimed at."""
    source: str
    confidence: Literal["V", "1", "M", "P"]

    @model_validator(mode="after")
    def _ordered(self) -> "Quota":
        given = [one for one in (self.guide, self.reference, self.constraint) if one is not None]
        if not given or given != sorted(given):
            raise ValueError("give at least one of guide <= reference <= constraint")
        return self


class QuotaFile(Strict):
    """The library's quotas, or an estate's `quotas.yaml`."""

    quotas: Mapping[str, Quota] = {}
    use: Mapping[Id, str] = {}
    """Site to quota; what is below a site has the nearest above it."""


def load_quotas(
    estate_folder: Path | None, sites: frozenset[str]
) -> Mapping[str, tuple[str, Quota]]:
    """Site to the quota that the estate names for it; empty where it names none.

    Raises:
        InvalidConfigError: with every fault of the files.
    """
    path = None if estate_folder is None else estate_folder / "quotas.yaml"
    if path is None or not path.exists():
        return {}
    library, own = _read(_LIBRARY), _read(path)
    every = {**library.quotas, **own.quotas}
    lines, faults = read_yaml(path).lines, list[Fault]()
    for site, name in own.use.items():
        message = ""
        if site not in sites:
            message = f"there is no site {site!r}{did_you_mean(site, sites)}"
        elif name not in every:
            message = f"there is no quota {name!r}{did_you_mean(name, every)}"
        if message:
            line = line_of(lines, ("use", site))
            faults.append(Fault(str(path), line, f"use.{site}", message))
    if faults:
        raise InvalidConfigError(faults)
    return {site: (name, every[name]) for site, name in own.use.items()}


def _read(path: Path) -> QuotaFile:
    document = read_yaml(path)
    try:
        return QuotaFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfigError(
            from_validation(error, path, document.lines, model=QuotaFile)
        ) from error
