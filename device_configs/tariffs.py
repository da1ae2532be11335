"""The tariffs of the library and of an estate, and which site pays which from when.

An estate's `tariffs.yaml` says who pays what and adds prices month by month; its folder
`tariffs/` holds tariffs of its own, each in the place of the library's of the same name.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.quantities import Strict
from device_configs.suggest import did_you_mean
from device_configs.tariff import Prices, Tariff, Version
from device_configs.yaml_file import Document, read_yaml

LIBRARY = Path(__file__).with_name("tariffs")
FILE = "tariffs.yaml"
_A_DAY = dt.timedelta(days=1)
Model = TypeVar("Model", bound=BaseModel)


class Demand(Strict):
    """How the demand charge of a site is reckoned; what is not given here is not charged."""

    maximum: bool = False
    """By the highest power of the month, averaged over a quarter of an hour."""
    declared_kw: Decimal | None = Field(default=None, gt=0)
    """By the demand that was declared. [kW]"""
    capacity_kva: Decimal | None = Field(default=None, gt=0)
    """By the capacity of the transformers. [kVA]"""

    @model_validator(mode="after")
    def _one(self) -> "Demand":
        given = [self.maximum, self.declared_kw is not None, self.capacity_kva is not None]
        if sum(given) != 1:
            raise ValueError("give one of 'maximum: true', 'declared_kw' and 'capacity_kva'")
        return self


class Pays(Strict):
    """A site and everything below it pays a tariff from a day on."""

    model_config = ConfigDict(populate_by_name=True)

    site: str
    from_: dt.date = Field(alias="from")
    tariff: str
    demand: Demand | None = None
    note: str = ""


class PricesOf(Prices):
    """Prices that an estate adds to a tariff."""

    tariff: str


class TariffsFile(Strict):
    """An estate's `tariffs.yaml`."""

    pays: Sequence[Pays] = ()
    prices: Sequence[PricesOf] = ()


@dataclass(frozen=True)
class Due:
    """What a site pays on a day."""

    tariff: Tariff
    version: Version
    prices: Prices | None
    """None where no price of the day is known, and for carriers that have tiers."""
    demand: Demand | None = None


@dataclass(frozen=True)
class Tariffs:
    """All tariffs, and who pays them."""

    tariffs: Mapping[str, Tariff] = field(default_factory=dict)
    pays: Sequence[Pays] = ()

    def pays_on(self, estate: Estate, site: str, day: dt.date, carrier: Carrier) -> Pays | None:
        """The entry that counts for a site: of the nearest above, the newest of the day."""
        for node in reversed(estate.path(site)):
            valid = [
                one
                for one in self.pays
                if one.site == node.id
                and one.from_ <= day
                and self.tariffs[one.tariff].carrier is carrier
            ]
            if valid:
                return max(valid, key=lambda one: one.from_)
        return None

    @cached_property
    def edges(self) -> frozenset[dt.date]:
        """The days on which what somebody pays may change."""
        days = {one.from_ for one in self.pays}
        for tariff in self.tariffs.values():
            days |= {one.from_ for one in (*tariff.versions, *tariff.prices)}
            days |= {one.until + _A_DAY for one in tariff.prices if one.until is not None}
        return frozenset(days)

    def due(
        self,
        estate: Estate,
        site: str,
        day: dt.date,
        carrier: Carrier = Carrier.ELECTRICITY,
        instead: str | None = None,
    ) -> Due | None:
        """What a site pays on a day, or would with another tariff; None where nothing is said."""
        entry = self.pays_on(estate, site, day, carrier)
        name = instead or (entry.tariff if entry is not None else None)
        if name is None:
            return None
        tariff = self.tariffs[name]
        version = tariff.version_on(day)
        if version is None:
            return None
        demand = entry.demand if entry is not None else None
        return Due(tariff, version, tariff.prices_on(day), demand)


def load_tariffs(estate_folder: Path | None = None, estate: Estate | None = None) -> Tariffs:
    """The tariffs of the library, an estate's own over them, and who pays them.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    faults: list[Fault] = []
    tariffs = dict(_library())
    if estate_folder is None:
        return Tariffs(tariffs)
    for path in sorted((estate_folder / "tariffs").glob("*.yaml")):
        if (found := _tariff(path, faults)) is not None:
            tariffs[found.tariff] = found
    pays: Sequence[Pays] = ()
    file = estate_folder / FILE
    if file.exists() and (document := _document(file, faults)) is not None:
        listed = _checked(TariffsFile, document, faults)
        if listed is not None:
            faults += _name_faults(listed, document, tariffs, estate)
            pays = listed.pays
            if not faults:
                tariffs |= _with_prices(listed, document, tariffs, faults)
    if faults:
        raise InvalidConfigError(faults)
    return Tariffs(tariffs, pays)


@cache
def _library() -> Mapping[str, Tariff]:
    faults: list[Fault] = []
    found = [_tariff(path, faults) for path in sorted(LIBRARY.glob("*.yaml"))]
    if faults:
        raise InvalidConfigError(faults)
    return {one.tariff: one for one in found if one is not None}


def _document(path: Path, faults: list[Fault]) -> Document | None:
    try:
        return read_yaml(path)
    except InvalidConfigError as error:
        faults += error.faults
        return None


def _checked(model: type[Model], document: Document, faults: list[Fault]) -> Model | None:
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults += from_validation(error, document.file, document.lines, model=model)
        return None


def _tariff(path: Path, faults: list[Fault]) -> Tariff | None:
    document = _document(path, faults)
    found = None if document is None else _checked(Tariff, document, faults)
    if found is not None and document is not None and found.tariff != path.stem:
        line = document.lines.get(("tariff",), 0)
        message = f"is {found.tariff!r}, but the file is called {path.name}"
        faults.append(Fault(str(path), line, "tariff", message))
    return found


def _name_faults(
    listed: TariffsFile, document: Document, tariffs: Mapping[str, Tariff], estate: Estate | None
) -> list[Fault]:
    """What `tariffs.yaml` names that there is not, and what it says twice."""
    found: list[Fault] = []

    def fault(path: tuple[str | int, ...], message: str) -> None:
        where = f"{path[0]}[{path[1]}].{path[2]}"
        found.append(Fault(str(document.file), document.lines.get(path, 0), where, message))

    sections: Iterable[tuple[str, Sequence[Pays | PricesOf]]] = (
        ("pays", listed.pays), ("prices", listed.prices),
    )  # fmt: skip
    for section, entries in sections:
        for number, entry in enumerate(entries):
            if entry.tariff not in tariffs:
                hint = did_you_mean(entry.tariff, tariffs)
                fault((section, number, "tariff"), f"there is no tariff {entry.tariff!r}{hint}")
    seen: set[tuple[str, dt.date, Carrier]] = set()
    for number, pays in enumerate(listed.pays):
        if estate is not None and pays.site not in estate.sites:
            hint = did_you_mean(pays.site, estate.sites)
            fault(("pays", number, "site"), f"there is no site {pays.site!r}{hint}")
        if pays.tariff in tariffs:
            key = (pays.site, pays.from_, tariffs[pays.tariff].carrier)
            if key in seen:
                fault(("pays", number, "from"), f"{pays.site!r} has a tariff from this day already")
            seen.add(key)
    return found


def _with_prices(
    listed: TariffsFile, document: Document, tariffs: Mapping[str, Tariff], faults: list[Fault]
) -> Mapping[str, Tariff]:
    """The tariffs with an estate's prices among their own; those of the same day go before."""
    added: dict[str, dict[dt.date, Prices]] = defaultdict(dict)
    for number, entry in enumerate(listed.prices):
        line = document.lines.get(("prices", number), 0)
        if entry.from_ in added[entry.tariff]:
            message = f"{entry.tariff!r} has prices from {entry.from_} already"
            faults.append(Fault(str(document.file), line, f"prices[{number}].from", message))
        added[entry.tariff][entry.from_] = Prices.model_validate(
            entry.model_dump(exclude={"tariff"})
        )
    found = {}
    for name, prices in added.items():
        own = {one.from_: one for one in tariffs[name].prices} | prices
        merged = tariffs[name].model_dump() | {
            "prices": [own[day].model_dump() for day in sorted(own)]
        }
        try:
            found[name] = Tariff.model_validate(merged)
        except ValidationError as error:
            message = error.errors()[0]["msg"].removeprefix("Value error, ")
            line = document.lines.get(("prices",), 0)
            faults.append(Fault(str(document.file), line, f"prices of {name}", message))
    return found
