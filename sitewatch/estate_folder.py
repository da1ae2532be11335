"""An estate folder with all that is in it, estate, rules, routes, plans, tariffs, as one."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from alerts.names import expression_faults, layer_faults, name_faults
from alerts.order_plans import WorkPlans, load_work_plans
from alerts.routes import Routes, load_routes
from alerts.rules import RuleSet, load_rules
from collectors.registry import SCHEMAS
from device_configs.estate import Estate, load_estate
from device_configs.faults import Fault, InvalidConfigError
from device_configs.holidays import Holidays, load_holidays
from device_configs.tariffs import Tariffs, load_tariffs
from sitewatch.report_files import report_faults

T = TypeVar("T")


@dataclass(frozen=True)
class EstateFolder:
    """One accepted state of the folder."""

    folder: Path
    estate: Estate
    rules: RuleSet
    routes: Routes
    work_plans: WorkPlans
    holidays: Holidays
    tariffs: Tariffs
    revision: str
    """Hash over all files, the same for the same content."""


def load_folder(folder: Path) -> EstateFolder:
    """Load an estate folder whole.

    Raises:
        InvalidConfigError: with every fault of every file in it.
    """
    faults: list[Fault] = []
    estate = _loaded(faults, lambda: load_estate(folder, SCHEMAS))
    rules = _loaded(faults, lambda: load_rules(folder))
    routes = _loaded(faults, lambda: load_routes(folder))
    work_plans = _loaded(faults, lambda: load_work_plans(folder))
    holidays = _loaded(faults, lambda: load_holidays(folder))
    tariffs = _loaded(faults, lambda: load_tariffs(folder, estate))
    if estate is not None:
        faults += name_faults(folder, estate)
        faults += report_faults(folder, estate)
    if estate is not None and rules is not None:
        faults += expression_faults(folder, rules, estate)
        faults += layer_faults(rules, estate)
    if (
        faults or estate is None or rules is None or routes is None or work_plans is None
        or holidays is None or tariffs is None
    ):  # fmt: skip
        raise InvalidConfigError(faults)
    routes = replace(routes, timezone=estate.timezone)
    revision = revision_of(folder)
    return EstateFolder(folder, estate, rules, routes, work_plans, holidays, tariffs, revision)


def _loaded(faults: list[Fault], load: Callable[[], T]) -> T | None:
    """What is loaded; None where it is wrong, with all that is wrong among the faults."""
    try:
        return load()
    except InvalidConfigError as error:
        faults += error.faults
        return None


def revision_of(folder: Path) -> str:
    """The hash of every YAML file of a folder with its name, as 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.yaml")):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]
