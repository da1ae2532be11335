"""Retrofits and energy performance contracts, and the baselines they are measured against."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation, line_of
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml


class Days(Strict):
    """Days that follow each other, both ends included."""

    from_: dt.date = Field(alias="from")
    to: dt.date

    @model_validator(mode="after")
    def _rising(self) -> "Days":
        if self.from_ > self.to:
            raise ValueError("'from' is after 'to'")
        return self


class Status(StrEnum):
    """How far a saving may be believed."""

    PLANNED = "planned"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class Contract(StrEnum):
    """The kinds of contract of GB/T 24915-2020."""

    OWN = "own"
    """No contract: the institution paid itself."""
    SHARED = "shared"
    """节能效益分享型."""
    GUARANTEED = "guaranteed"
    """节能量保证型."""
    CUSTODY = "custody"
    """能源费用托管型."""
    LEASED = "leased"
    """融资租赁型."""
    MIXED = "mixed"
    """混合型."""


class Adjustment(Strict):
    """A non-routine adjustment: what changed and has nothing to do with the measure."""

    days: Days
    kwh_a_day: Decimal
    """Added to the baseline; negative where the building would have used less."""
    reason: str = Field(min_length=3)
    approved_by: str = Field(min_length=1)


Share = Annotated[Decimal, Field(ge=0, le=1)]


class Project(Strict):
    """A measure and how it is judged."""

    name: Label
    site: Id
    meters: Sequence[Id] = ()
    """The meters it is judged by; the site's consumption where none is named."""
    baseline: Days
    installed: Days
    """While the measure was put in: neither baseline nor reporting."""
    reporting_from: dt.date
    step: str = Field(default="day", pattern="^(day|hour)$")
    weather: Id
    """The weather station whose ambient temperature is used."""
    contract: Contract = Contract.OWN
    share: Decimal | None = Field(default=None, ge=0, le=1)
    """The part of the money that the institution keeps."""
    shares: Sequence[Share] = ()
    """The same by contract year, the first first; what comes after the last is not known."""
    adjustments: Sequence[Adjustment] = ()
    status: Status = Status.UNVERIFIED
    verified_by: str | None = None
    verified_on: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Project":
        if not self.baseline.to < self.installed.from_ <= self.installed.to < self.reporting_from:
            raise ValueError("baseline, installed and reporting_from must follow each other")
        named = {self.verified_by is not None, self.verified_on is not None}
        if named != {self.status is Status.VERIFIED}:
            raise ValueError("a verified project, and no other, has verified_by and verified_on")
        if self.share is not None and self.shares:
            raise ValueError("give 'share' or 'shares', not both")
        return self

    def share_in(self, year: int) -> Decimal | None:
        """The part of the money that the institution keeps in a contract year, counted from 1."""
        if self.shares:
            return self.shares[year - 1] if year <= len(self.shares) else None
        if self.share is None and self.contract is Contract.OWN:
            return Decimal(1)
        return self.share


class ProjectsFile(Strict):
    """`projects.yaml` of an estate."""

    projects: Mapping[Id, Project] = {}


def load_projects(
    estate_folder: Path | None, sites: frozenset[str], devices: frozenset[str]
) -> Mapping[str, Project]:
    """The projects of an estate; none without a file.

    Raises:
        InvalidConfigError: with every fault of the file.
    """
    path = None if estate_folder is None else estate_folder / "projects.yaml"
    if path is None or not path.exists():
        return {}
    document = read_yaml(path)
    try:
        file = ProjectsFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfigError(
            from_validation(error, path, document.lines, model=ProjectsFile)
        ) from error
    faults = []
    for name, project in file.projects.items():
        named = [("site", project.site, sites), ("weather", project.weather, devices)]
        named += [("meters", meter, devices) for meter in project.meters]
        for field, value, known in named:
            if value not in known:
                what = "site" if field == "site" else "device"
                message = f"there is no {what} {value!r}{did_you_mean(value, known)}"
                line = line_of(document.lines, ("projects", name, field))
                faults.append(Fault(str(path), line, f"projects.{name}.{field}", message))
    if faults:
        raise InvalidConfigError(faults)
    return file.projects
