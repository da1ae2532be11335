"""Virtual meters: meters that exist only as a formula of others."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from device_configs.estate_entries import Metering, VirtualMeterEntry
from device_configs.formula import Formula, InvalidFormulaError, Operand, read_formula
from device_configs.kinds import kinds
from device_configs.profile import Profile
from device_configs.quantities import Label
from device_configs.suggest import did_you_mean

COUNTERS = {
    "electricity_meter": "active_energy_import",
    "water_meter": "volume_total",
    "gas_meter": "volume_total",
    "heat_meter": "heat_energy_total",
}
"""Kind of a virtual meter to the counter that it stands for."""


@dataclass(frozen=True)
class VirtualMeter:
    """A meter whose figure is a formula of others."""

    id: str
    kind: str
    place: str
    name: Label
    since: tuple[dt.date, ...]
    """The first day of each version of the formula, rising; there is nothing before the first."""
    formulas: tuple[Formula, ...]
    metering: Metering | None = None

    @property
    def point(self) -> str:
        """The counter that it stands for."""
        return COUNTERS[self.kind]


def virtual_meter(entry: VirtualMeterEntry) -> VirtualMeter:
    """A virtual meter as it is written in `estate.yaml`.

    Raises:
        InvalidFormulaError: one of its formulas is wrong.
    """
    if entry.kind not in COUNTERS:
        known = ", ".join(sorted(COUNTERS))
        raise InvalidFormulaError(f"kind {entry.kind!r} of a virtual meter is not one of {known}")
    steps = entry.formula.steps
    return VirtualMeter(
        entry.id,
        entry.kind,
        entry.place,
        entry.name or Label(zh=entry.id, en=entry.id),
        tuple(step.from_ for step in steps),
        tuple(read_formula(step.value) for step in steps),
        entry.metering,
    )


def unknown_operands(meter: VirtualMeter, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """What is wrong with the meters that its formulas name; `profiles` are those of devices."""
    quantity = _quantity(meter.kind, meter.point)
    for operand in dict.fromkeys(one for formula in meter.formulas for one in formula.factors):
        device, _, part = operand.device.partition("/")
        profile = profiles.get(device)
        if profile is None:
            hint = did_you_mean(device, profiles)
            spaced = " (a minus has spaces around it)" if "-" in device else ""
            yield f"there is no device {device!r} for its formula{spaced}{hint}"
            continue
        parts = profile.parts
        kind = parts.kind if part and parts is not None else profile.kind
        found = _counted(kind.kind, operand, quantity)
        if not found:
            what = operand.point or "counter of its quantity"
            yield f"{operand.device!r} in the formula has no {what}"


def _counted(kind: str, operand: Operand, quantity: str | None) -> Sequence[str]:
    every = kinds()[kind]
    names = [operand.point] if operand.point is not None else list(every.points)
    return [
        name
        for name in names
        if (spec := every.point(name)) is not None and spec.counter and spec.quantity == quantity
    ]


def _quantity(kind: str, point: str) -> str | None:
    spec = kinds()[kind].point(point)
    return spec.quantity if spec is not None else None
