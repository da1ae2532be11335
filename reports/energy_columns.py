"""The columns of the energy report, the same in every rendering."""

import math
from collections.abc import Sequence
from decimal import Decimal

from reports.energy import EnergyRow

COLUMNS = (
    "period",
    "consumption",
    "grid_import",
    "grid_export",
    "pv",
    "charging",
    "missing",
    "recovered",
)
"""Keys of `columns` in `text.yaml`, in the order of `cells`."""


def energies(row: EnergyRow) -> Sequence[float | None]:
    """The energies of a row in Wh, in the order of the columns."""
    return (
        row.consumption_wh,
        row.grid_import_wh,
        row.grid_export_wh,
        row.pv_wh,
        row.charging_wh,
    )


def exact_kwh(energy_wh: float) -> str:
    """An energy in kWh with all its digits, so that a column of them adds up."""
    return f"{Decimal(repr(energy_wh)).scaleb(-3).normalize():f}"


def percent(share: float) -> str:
    """A share in per cent with two digits, rounded up: 0.00 says that nothing is missing."""
    return f"{math.ceil(share * 10_000 - 1e-9) / 100:.2f}"
