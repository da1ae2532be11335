"""The statutory sheet as data: fields, checks, and what an estate says of its institutions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from device_configs.carriers import Carrier
from device_configs.dated import DatedCount, DatedNumber
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation, line_of
from device_configs.quantities import Label, Strict
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("statutory.yaml")
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of a unified social credit code, by their value (GB 32100-2015, table 1)."""


class Origin(StrEnum):
    """Where the value of a field is from."""

    INSTITUTION = "institution"
    SIZE = "size"
    INVENTORY = "inventory"
    METER = "meter"
    METERS = "meters"
    """Of meters that the institution names."""
    COST = "cost"
    PV = "pv"


class StatutoryField(Strict):
    """A line of the sheet."""

    section: Literal["basics", "energy", "heating", "data_centre"]
    label: Label
    unit: str = ""
    from_: Origin = Field(alias="from")
    carrier: Carrier | None = None


class CheckKind(StrEnum):
    """What a check asks for."""

    SUM = "sum"
    """The fields `of` add up to `field`."""
    NEEDS = "needs"
    """Where one `of` is above 0, `field` is given and above 0."""
    AT_MOST = "at_most"
    """None `of` is above `field`."""
    EXPLAINED = "explained"
    """A change of `field` from the year before by more than `limit` has an explanation."""


class StatutoryCheck(Strict):
    """One rule that the sheet is held to."""

    label: Label
    kind: CheckKind
    of: Sequence[str] = Field(min_length=1)
    field: str
    limit: Decimal | None = None


class StatutorySheet(Strict):
    """`statutory.yaml` of the library."""

    source: str
    confidence: Literal["V", "1", "M", "P"]
    fields: Mapping[str, StatutoryField]
    checks: Mapping[str, StatutoryCheck]

    @model_validator(mode="after")
    def _known_fields(self) -> "StatutorySheet":
        for name, check in self.checks.items():
            if unknown := {*check.of, check.field} - set(self.fields):
                raise ValueError(f"check {name} names no field: {', '.join(sorted(unknown))}")
            if (check.kind is CheckKind.EXPLAINED) != (check.limit is not None):
                raise ValueError(f"check {name}: 'limit' belongs to 'explained', and only there")
        return self


@cache
def statutory_sheet() -> StatutorySheet:
    """The sheet, read once."""
    return StatutorySheet.model_validate(read_yaml(_FILE).data)


def check_digit(first: str) -> str:
    """The last character of a credit code from the 17 before it (GB 32100-2015, 4.5).

    Raises:
        ValueError: there are not 17, or one is not allowed.
    """
    if len(first) != 17 or any(one not in _CODE for one in first):
        raise ValueError("a credit code has 18 of the characters 0-9 and A-Z without I, O, S, V, Z")
    total = sum(_CODE.index(one) * pow(3, place, 31) for place, one in enumerate(first))
    return _CODE[-total % 31]


def _credit_code(text: str) -> str:
    if check_digit(text[:-1]) != text[-1:]:
        raise ValueError(f"the check character of {text!r} is not {check_digit(text[:-1])!r}")
    return text


class Institution(Strict):
    """What the sheet asks of a site and no meter knows."""

    name: str
    credit_code: Annotated[str, AfterValidator(_credit_code)] | None = None
    type: str | None = None
    level: str | None = None
    address: str | None = None
    posts: DatedCount | None = None
    staff: DatedCount | None = None
    fuel_vehicles: DatedCount | None = None
    heating_area: DatedNumber | None = None
    data_centre_area: DatedNumber | None = None
    data_centre_meters: Sequence[Id] = ()


class Explanation(Strict):
    """Why a figure is as it is."""

    site: Id
    period: Annotated[str, BeforeValidator(str)]
    """As a report is asked for it; `2026` may stand without quotes."""
    field: str
    text: str = Field(min_length=2)
    by: str = Field(min_length=1)


class InstitutionsFile(Strict):
    """`institutions.yaml` of an estate."""

    institutions: Mapping[Id, Institution] = {}
    explanations: Sequence[Explanation] = ()


def load_institutions(
    estate_folder: Path | None, sites: frozenset[str], devices: frozenset[str]
) -> InstitutionsFile:
    """What an estate says of its institutions; empty without a file.

    Raises:
        InvalidConfigError: with every fault of the file.
    """
    path = None if estate_folder is None else estate_folder / "institutions.yaml"
    if path is None or not path.exists():
        return InstitutionsFile()
    document = read_yaml(path)
    try:
        file = InstitutionsFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfigError(
            from_validation(error, path, document.lines, model=InstitutionsFile)
        ) from error
    faults: list[Fault] = []

    def fault(where: tuple[str | int, ...], field: str, message: str) -> None:
        faults.append(Fault(str(path), line_of(document.lines, where), field, message))

    for site, one in file.institutions.items():
        if site not in sites:
            message = f"there is no site {site!r}{did_you_mean(site, sites)}"
            fault(("institutions", site), f"institutions.{site}", message)
        for meter in one.data_centre_meters:
            if meter not in devices:
                message = f"there is no device {meter!r}{did_you_mean(meter, devices)}"
                field = f"institutions.{site}.data_centre_meters"
                fault(("institutions", site, "data_centre_meters"), field, message)
    for number, explanation in enumerate(file.explanations):
        where = ("explanations", number)
        if explanation.site not in sites:
            fault(where, f"explanations[{number}].site", f"there is no site {explanation.site!r}")
        if explanation.field not in statutory_sheet().fields:
            hint = did_you_mean(explanation.field, statutory_sheet().fields)
            message = f"the sheet has no field {explanation.field!r}{hint}"
            fault(where, f"explanations[{number}].field", message)
    if faults:
        raise InvalidConfigError(faults)
    return file
