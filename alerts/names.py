"""Checks that rules and routes name only sites and devices that the estate has.

A route for a site that does not exist would tell nobody and say nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from alerts.routes import Routes
from alerts.rules import RuleSet
from device_configs.estate import Estate
from device_configs.faults import Fault


def _site_faults(estate: Estate, sites: Iterable[str]) -> Iterator[str]:
    for site in sorted(sites):
        if site == estate.id:
            yield f"{site!r} is the whole estate; leave 'site' out to mean it"
        elif site not in estate.sites:
            yield f"there is no site {site!r}"


def name_faults(folder: Path, estate: Estate, rules: RuleSet, routes: Routes) -> list[Fault]:
    """What rules and routes of an estate folder name and the estate does not have."""
    found = []
    for rule in rules.every():
        for message in _site_faults(estate, rule.sites):
            found.append(Fault(str(folder / "rules"), 0, f"{rule.id}.sites", message))
        for device in sorted(rule.devices - estate.devices.keys()):
            message = f"there is no device {device!r}"
            found.append(Fault(str(folder / "rules"), 0, f"{rule.id}.devices", message))
    for number, route in enumerate(routes.routes):
        for message in _site_faults(estate, route.when.site):
            found.append(Fault(str(folder / "routes"), 0, f"[{number}].when.site", message))
    return found
