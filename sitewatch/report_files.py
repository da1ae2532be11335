"""The files beside an estate that reports are made with; all of them are checked with it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from device_configs.energy_codes import check_energy_codes, load_energy_codes
from device_configs.entered import load_entered
from device_configs.estate import Estate
from device_configs.factors import load_factors
from device_configs.faults import Fault, InvalidConfigError
from device_configs.projects import load_projects
from device_configs.quotas import load_quotas
from device_configs.statutory import load_institutions
from device_configs.targets import load_plan
from reports.makers import MAKERS
from reports.schedules import load_schedules

_LOADERS: Sequence[Callable[[Path, Estate], object]] = (
    lambda folder, _: load_factors(folder),
    lambda folder, _: load_plan(folder),
    lambda folder, estate: load_quotas(folder, frozenset(estate.sites)),
    lambda folder, estate: check_energy_codes(estate, load_energy_codes(folder), folder),
    lambda folder, estate: load_entered(folder, frozenset(estate.sites)),
    lambda folder, estate: load_projects(
        folder,
        frozenset(estate.sites),
        frozenset({*estate.devices, *estate.virtual_meters}),
    ),
    lambda folder, estate: load_schedules(folder, estate, frozenset(MAKERS)),
    lambda folder, estate: load_institutions(
        folder, frozenset(estate.sites), frozenset(estate.devices)
    ),
)


def report_faults(folder: Path, estate: Estate) -> list[Fault]:
    """Every fault of the files that only reports read: factors, targets, entered consumption."""
    faults: list[Fault] = []
    for load in _LOADERS:
        try:
            load(folder, estate)
        except InvalidConfigError as error:
            faults += error.faults
    return faults
