"""Who may use which route, from `permissions.yaml`; an app with a route that is not in it fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from api.errors import ApiError
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml
from records.people import Role

_FILE = Path(__file__).with_name("permissions.yaml")
_ANYONE = "anyone"


class PermissionsError(ApiError):
    """`permissions.yaml` and the routes do not fit each other."""


class _File(Strict):
    exports: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    groups: dict[str, list[Role]]
    routes: dict[str, list[str]]


@dataclass(frozen=True)
class Access:
    """Who may use one route."""

    public: bool
    """Without login."""
    roles: frozenset[Role]
    export: bool = False
    """Makes or gives a file."""
    login: bool = False
    """Public, and counted as an attempt to sign in although it only reads."""


def _access(route: str, names: Iterable[str], groups: Mapping[str, list[Role]]) -> Access:
    roles: set[Role] = set()
    for name in names:
        if name in groups:
            roles |= set(groups[name])
        elif name in set(Role):
            roles.add(Role(name))
        elif name != _ANYONE:
            raise PermissionsError(f"permissions.yaml: {route}: there is no role {name!r}")
    if not names:
        raise PermissionsError(f"permissions.yaml: {route}: names nobody")
    return Access(_ANYONE in names, frozenset(roles))


@cache
def load_permissions(file: Path = _FILE) -> Mapping[str, Access]:
    """The table, by `METHOD /path`; read once.

    Raises:
        PermissionsError: a row names a role that does not exist, or nobody.
        InvalidConfigError: the file is not readable YAML.
    """
    try:
        table = _File.model_validate(read_yaml(file).data)
    except ValidationError as error:
        raise PermissionsError(f"{file.name}: {error}") from error
    for section, marked in (("exports", table.exports), ("logins", table.logins)):
        unknown = sorted(set(marked) - set(table.routes))
        if unknown:
            raise PermissionsError(f"{file.name}: {section}: {unknown[0]} is no route of the table")
    found = {
        route: replace(
            _access(route, names, table.groups),
            export=route in table.exports,
            login=route in table.logins,
        )
        for route, names in table.routes.items()
    }
    return MappingProxyType(found)


def check_routes(table: Mapping[str, Access], routes: Iterable[str]) -> None:
    """Hold the table against the routes there are.

    Raises:
        PermissionsError: a route has no row, or a row has no route.
    """
    there = set(routes)
    missing, unused = sorted(there - set(table)), sorted(set(table) - there)
    if missing or unused:
        faults = [f"{route} has no row" for route in missing]
        faults += [f"{route} is a row without a route" for route in unused]
        raise PermissionsError(f"permissions.yaml: {'; '.join(faults)}")
