"""The values of the statutory sheet for one site and period, and the checks it is held to."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from device_configs.carriers import STORED_IN, Carrier
from device_configs.entered import LITRE, Entered
from device_configs.estate import Estate
from device_configs.factors import Factors, Gives
from device_configs.statutory import (
    CheckKind,
    Institution,
    Origin,
    StatutoryCheck,
    StatutoryField,
    StatutorySheet,
)
from ingest.interval_tables import Series
from reports.carbon import in_stored_unit
from reports.carriers import COUNTER, Intake, intake, is_metered
from reports.document import Shares
from reports.drawn import Drawn, drawn_of_sites, stored, within
from reports.meter_tree import meter_tree, series_of
from reports.periods import Period
from reports.rates import inventories
from reports.sizes import floor_area, people

Figure = Fraction | str | None
"""A number in the unit of its field, a text, or None for what is not filled in."""
_METERED = (Carrier.ELECTRICITY, Carrier.WATER, Carrier.GAS, Carrier.HEAT)


@dataclass(frozen=True)
class Value:
    """What stands in a field."""

    figure: Figure
    shares: Shares | None = None
    meters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """What the values of one site are made of."""

    estate: Estate
    factors: Factors
    entered: Sequence[Entered]
    institution: Institution | None
    known_on: dt.date


def values(
    connection: sa.Connection,
    sheet: StatutorySheet,
    basis: Basis,
    site: str,
    period: Period,
    now_ms: int,
    costs: Mapping[Carrier, Fraction | None],
) -> Mapping[str, Value]:
    """Every field of the sheet; what is not known or not given is None."""
    estate = basis.estate
    intakes = [intake(estate, site, carrier) for carrier in _METERED]
    pv = Intake(Carrier.ELECTRICITY, meter_tree(estate, site).pv)
    computers = Intake(Carrier.ELECTRICITY, _named(estate, basis.institution))
    every = [*intakes, pv, computers]
    (days,) = drawn_of_sites(connection, estate, [every], period, now_ms)
    whole = [within(days, period, number) for number in range(len(intakes) + 2)]
    metered = dict(zip(_METERED, zip(intakes, whole, strict=False), strict=False))
    last = period.end.date() - dt.timedelta(days=1)
    inventory = _inventory(estate, site, last)
    found = {}
    for name, field in sheet.fields.items():
        if field.from_ is Origin.METER and field.carrier is not None:
            found[name] = _amount(field, basis, site, period, metered.get(field.carrier))
        elif field.from_ is Origin.COST and field.carrier is not None:
            found[name] = Value(costs.get(field.carrier))
        elif field.from_ is Origin.PV:
            found[name] = _metered(pv, whole[-2], field.unit)
        elif field.from_ is Origin.METERS:
            found[name] = _metered(computers, whole[-1], field.unit)
        elif field.from_ is Origin.SIZE:
            size = floor_area if name == "floor_area" else people
            found[name] = Value(size(estate, site, period))
        elif field.from_ is Origin.INVENTORY:
            found[name] = Value(inventory.get(name))
        else:
            found[name] = Value(_of_institution(basis.institution, name, last))
    return found


def _named(estate: Estate, institution: Institution | None) -> tuple[Series, ...]:
    meters = institution.data_centre_meters if institution is not None else ()
    return tuple(
        one
        for meter in meters
        for one in series_of(estate.devices[meter], COUNTER[Carrier.ELECTRICITY])
    )


def _metered(taken: Intake, drawn: Drawn, unit: str) -> Value:
    if not taken.series:
        return Value(None)
    amount = stored(drawn, taken.carrier)
    figure = None if amount is None else amount / STORED_IN[unit][1]
    return Value(figure, drawn.shares, tuple(sorted({one.device for one in taken.series})))


def _amount(
    field: StatutoryField,
    basis: Basis,
    site: str,
    period: Period,
    metered: tuple[Intake, Drawn] | None,
) -> Value:
    """What meters counted and people entered of a carrier, in the unit of its field."""
    value = Value(None)
    unit = Fraction(1) if field.unit == LITRE else STORED_IN[field.unit][1]
    if metered is not None:
        value = _metered(*metered, field.unit)
        if value.meters and value.figure is None:
            return value
    inside = basis.estate.below(site)
    for one in basis.entered:
        if one.carrier is not field.carrier or one.site not in inside:
            continue
        if is_metered(basis.estate, one.site, one.carrier):
            continue
        if not period.start.date() <= one.first < period.end.date():
            continue
        amount = _entered(one, field, basis, unit)
        if amount is None:
            return replace(value, figure=None)
        before = value.figure if isinstance(value.figure, Fraction) else Fraction(0)
        value = replace(value, figure=before + amount)
    return value


def _entered(one: Entered, field: StatutoryField, basis: Basis, unit: Fraction) -> Fraction | None:
    if field.unit != LITRE:
        amount = in_stored_unit(one, basis.factors, basis.known_on)
        return None if amount is None else amount / unit
    if one.unit == LITRE:
        return Fraction(one.amount)
    density = basis.factors.taken(Gives.MASS, one.carrier, one.first, basis.known_on)
    amount = one.stored(None)
    if density is None or amount is None:
        return None
    return amount / Fraction(density.version.value)


def _inventory(estate: Estate, site: str, day: dt.date) -> Mapping[str, Figure]:
    """The sums of an inventory's fields; None where a community lacks one."""
    every = inventories(estate, site, day)
    found: dict[str, Figure] = {}
    for name in {name for one in every for name in one}:
        numbers = [one.get(name) for one in every]
        given = [Fraction(number) for number in numbers if number is not None]
        found[name] = sum(given, Fraction(0)) if len(given) == len(numbers) else None
    return found


def _of_institution(institution: Institution | None, name: str, day: dt.date) -> Figure:
    given = getattr(institution, name, None)
    if given is None or isinstance(given, str):
        return given
    number = given.on(day)
    return None if number is None else Fraction(str(number))


@dataclass(frozen=True)
class Finding:
    """What a check came to."""

    check: str
    good: bool | None
    """None where a figure that it needs is not known."""
    detail: str = ""


def checked(
    sheet: StatutorySheet,
    now: Mapping[str, Value],
    before: Mapping[str, Value],
    explained: frozenset[str],
) -> list[Finding]:
    """Hold a sheet to its checks.

    Args:
        sheet: fields and checks.
        now: the values of the period.
        before: those of the same period a year before.
        explained: the fields that somebody explained.
    """
    return [
        Finding(name, _holds(check, now, before, explained), _detail(check, now))
        for name, check in sheet.checks.items()
    ]


def _holds(
    check: StatutoryCheck,
    now: Mapping[str, Value],
    before: Mapping[str, Value],
    explained: frozenset[str],
) -> bool | None:
    field, parts = _number(now, check.field), [_number(now, name) for name in check.of]
    known = [part for part in parts if part is not None]
    if check.kind is CheckKind.NEEDS:
        return None if not known else (not any(known) or bool(field))
    if check.kind is CheckKind.EXPLAINED:
        earlier = _number(before, check.field)
        if field is None or not earlier or check.limit is None:
            return None
        small = abs(field / earlier - 1) <= Fraction(check.limit)
        return small or check.field in explained
    if field is None or len(known) < len(parts):
        return None
    if check.kind is CheckKind.SUM:
        return sum(known, Fraction(0)) == field
    return all(part <= field for part in known)


def _detail(check: StatutoryCheck, now: Mapping[str, Value]) -> str:
    return ", ".join(
        f"{name} = {_written(_number(now, name))}"
        for name in dict.fromkeys([*check.of, check.field])
    )


def _number(every: Mapping[str, Value], name: str) -> Fraction | None:
    figure = every[name].figure if name in every else None
    return figure if isinstance(figure, Fraction) else None


def _written(number: Fraction | None) -> str:
    if number is None:
        return "?"
    return f"{Decimal(number.numerator) / Decimal(number.denominator):.12g}"
