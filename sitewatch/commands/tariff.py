"""`sitewatch tariff`: what a site pays at which hour, and which tariffs there are."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from device_configs.suggest import did_you_mean
from device_configs.tariff import UNITS, Component, Tier, Version, price_of
from device_configs.tariff_hours import TariffPeriod, slots_on
from device_configs.tariffs import Demand, Due, load_tariffs
from sitewatch.errors import InvalidInputError
from sitewatch.estate_folder import EstateFolder, load_folder
from sitewatch.screen import out, say

tariff_app = typer.Typer(help="Tariffs: what is paid where and when.", no_args_is_help=True)

EstateOption = Annotated[Path, typer.Option("--estate", help="the estate folder")]


@tariff_app.command("list")
def listed(
    estate: Annotated[Path | None, typer.Option("--estate", help="the estate folder")] = None,
) -> None:
    """List the tariffs of the library, and those of an estate."""
    known = load_folder(estate).tariffs if estate is not None else load_tariffs()
    table = Table("tariff", "carrier", "name", "versions", "prices")
    for name, one in sorted(known.tariffs.items()):
        versions = ", ".join(str(version.from_) for version in one.versions)
        prices = ", ".join(f"{price.from_} ({price.confidence})" for price in one.prices)
        table.add_row(name, one.carrier.value, f"{one.name.zh}\n{one.name.en}", versions, prices)
    out.print(table)


@tariff_app.command("show")
def show(
    site: Annotated[str, typer.Argument(help="a site of the estate")],
    estate: EstateOption,
    on: Annotated[str | None, typer.Option("--on", help="the day, 2026-11-25; today if not given")]
    = None,
) -> None:  # fmt: skip
    """Print what a site pays on a day, hour by hour, and where it is from."""
    loaded = load_folder(estate)
    if site not in loaded.estate.sites:
        hint = did_you_mean(site, loaded.estate.sites)
        raise InvalidInputError(f"the estate has no site {site!r}{hint}")
    day = _day(on, loaded)
    for carrier in UNITS:
        due = loaded.tariffs.due(loaded.estate, site, day, carrier)
        if due is None:
            say(f"{carrier}: no tariff is configured for {site} on {day}")
            continue
        entry = loaded.tariffs.pays_on(loaded.estate, site, day, carrier)
        above = f", configured at {entry.site} from {entry.from_}" if entry is not None else ""
        say(f"{carrier}: {due.tariff.tariff}  {due.tariff.name.zh}  {due.tariff.name.en}{above}")
        say(f"    rules from {due.version.from_}: {due.version.source} ({due.version.confidence})")
        if due.version.tiers:
            _show_tiers(due.version.tiers, due.version, due.tariff.unit)
        else:
            _show_hours(due, day, loaded)


def _day(text: str | None, loaded: EstateFolder) -> dt.date:
    if text is None:
        return dt.datetime.now(loaded.estate.timezone).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"--on {text!r} is not a day such as 2026-11-25") from error


def _show_tiers(tiers: Sequence[Tier], version: Version, unit: str) -> None:
    for tier in tiers:
        limit = f"up to {tier.up_to:f} {unit} a {version.tiers_per}: " if tier.up_to else ""
        beyond = "above that: " if len(tiers) > 1 and not limit else ""
        say(f"    {limit}{beyond}{tier.price:f} yuan/{unit}")


def _show_hours(due: Due, day: dt.date, loaded: EstateFolder) -> None:
    if due.prices is None:
        say(f"    no price is known for {day}")
    else:
        say(f"    prices from {due.prices.from_}: {due.prices.source} ({due.prices.confidence})")
    table = Table("from", "to", "period", "yuan/kWh", "made of")
    for begin, end, period in spans_of(slots_on(due.version.hours, day, loaded.holidays)):
        parts = None if due.prices is None else price_of(due.prices, due.version, period)
        price = "unknown" if parts is None else f"{sum(parts.values()):.4f}"
        table.add_row(begin, end, period.value, price, _made_of(parts or {}))
    out.print(table)
    for line in _charges(due):
        say(f"    {line}")


def spans_of(slots: Sequence[TariffPeriod]) -> Iterator[tuple[str, str, TariffPeriod]]:
    """The hours of a day from and to, on the wall, with their period."""
    for period, group in groupby(enumerate(slots), lambda one: one[1]):
        numbers = [number for number, _ in group]
        yield _clock(numbers[0]), _clock(numbers[-1] + 1), period


def _clock(slot: int) -> str:
    return f"{slot // 4:02d}:{slot % 4 * 15:02d}"


def _made_of(parts: Mapping[Component, Decimal]) -> str:
    return " + ".join(f"{name.value} {part:.4f}" for name, part in parts.items())


def _charges(due: Due) -> Iterator[str]:
    prices, demand = due.prices, due.demand
    if demand is not None:
        yield f"demand: {_demand_text(demand)}"
    if prices is not None and prices.demand_per_kw is not None:
        yield f"demand price: {prices.demand_per_kw:f} yuan a kW and month"
    if prices is not None and prices.capacity_per_kva is not None:
        yield f"capacity price: {prices.capacity_per_kva:f} yuan a kVA and month"
    if due.version.power_factor is not None:
        yield f"power factor: standard {due.version.power_factor.standard:.2f}"
    if prices is not None and prices.feed_in is not None:
        yield f"feed-in: {prices.feed_in:f} yuan/kWh"


def _demand_text(demand: Demand) -> str:
    if demand.capacity_kva is not None:
        return f"by a capacity of {demand.capacity_kva:f} kVA"
    if demand.declared_kw is not None:
        return f"by {demand.declared_kw:f} kW declared"
    return "by the highest quarter of an hour of the month"
