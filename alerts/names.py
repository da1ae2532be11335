"""Checks that rules, routes and maintenance name only sites and devices that the estate has.

A route for a site that does not exist would tell nobody and say nothing.
"""

from collections.abc import Iterator
from pathlib import Path

from alerts.expression import Expression
from alerts.rule_check import reference_faults
from alerts.rules import RuleSet
from alerts.watch import Watches
from device_configs.estate import Estate
from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, line_of
from device_configs.kinds import kinds
from device_configs.suggest import did_you_mean
from device_configs.yaml_file import read_yaml


def name_faults(folder: Path, estate: Estate) -> list[Fault]:
    """What the files of an estate folder name and the estate does not have."""
    found = []
    for what in ("rules", "routes", "maintenance"):
        for file in sorted((folder / what).glob("**/*.yaml")):
            try:
                document = read_yaml(file)
            except InvalidConfigError:
                continue  # Whoever loads rules and routes has told of it.
            for path, name in _named(document.data):
                if what == "maintenance" and _is_part(estate, name):
                    continue
                message = _fault(estate, path, name)
                if message:
                    line = line_of(document.lines, path)
                    found.append(Fault(str(file), line, dotted(path), message))
    return found


def expression_faults(folder: Path, rules: RuleSet, estate: Estate) -> list[Fault]:
    """What expressions read of other devices and the estate does not have, or does not fit."""
    found = []
    for rule in rules.every():
        if not isinstance(rule.condition, Expression) or not rule.condition.others:
            continue
        file, _, line = rule.origin.get("expression", "").rpartition(":")
        for name in sorted(rule.kinds):
            for message in reference_faults(rule.condition, kinds()[name], estate):
                found.append(Fault(str(folder / file), int(line or 0), "expression", message))
    return found


def layer_faults(rules: RuleSet, estate: Estate) -> list[Fault]:
    """Entries that are right by themselves, and do not fit together at a device."""
    found: list[Fault] = []
    try:
        Watches(estate, rules)
    except InvalidConfigError as error:
        found += error.faults
    return found


def _named(data: object) -> Iterator[tuple[Path_, str]]:
    """Every name of a site or device in a file, with where it stands."""
    for index, entry in enumerate(data if isinstance(data, list) else ()):
        if not isinstance(entry, dict):
            continue
        places: list[tuple[Path_, object]] = [
            ((index, key), entry.get(key)) for key in ("sites", "devices")
        ]
        for key in ("when", "on"):
            asked = entry.get(key)
            if isinstance(asked, dict):
                places.append(((index, key, "site"), asked.get("site")))
        for path, names in places:
            if isinstance(names, str):
                yield path, names
            elif isinstance(names, list):
                yield from (
                    ((*path, at), name) for at, name in enumerate(names) if isinstance(name, str)
                )


def _is_part(estate: Estate, name: str) -> bool:
    device, _, part = name.partition("/")
    return device in estate.devices and part in estate.devices[device].parts


def _fault(estate: Estate, path: Path_, name: str) -> str:
    if "devices" in path:
        known = name in estate.devices
        return "" if known else f"there is no device {name!r}{did_you_mean(name, estate.devices)}"
    if name == estate.id:
        return f"{name!r} is the whole estate; leave 'site' out to mean it"
    return "" if name in estate.sites else f"there is no site {name!r}{_site(estate, name)}"


def _site(estate: Estate, name: str) -> str:
    return did_you_mean(name, estate.sites.keys() - {estate.id})
