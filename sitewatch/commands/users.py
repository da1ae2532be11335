"""`sitewatch users` and `sitewatch token`: accounts, also while the service runs."""

import datetime as dt
import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table

from ingest.clock import wall_clock_ms
from records import people, tokens
from records import second_factor as factors
from records.audit import Actor
from records.engine import reading, transaction
from records.passwords import hash_password, make_password
from records.people import InvalidAccountError, Person, Role, UnknownPersonError
from records.sessions import close_sessions_of
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.records_database import open_records
from sitewatch.screen import out
from sitewatch.settings import load_settings

users_app = typer.Typer(help="Accounts of people.", no_args_is_help=True)
token_app = typer.Typer(help="Tokens for machines.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="settings as TOML")]
DataOption = Annotated[Path | None, typer.Option("--data", help="the service's data folder")]
RoleOption = Annotated[list[Role], typer.Option("--role", help="may be given more than once")]
SiteOption = Annotated[
    list[str] | None,
    typer.Option("--site", help="a site with all below it; the whole estate if not given"),
]
DaysOption = Annotated[int | None, typer.Option("--days", min=1, help="ends after so many days")]
FactorOption = Annotated[
    bool, typer.Option("--second-factor", help="take the second factor away as well")
]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]
NameArgument = Annotated[str, typer.Argument(help="the name")]

_DAY_MS = 86_400_000


@contextmanager
def records(config: Path | None, data: Path | None) -> Iterator[sa.Engine]:
    """The database of the service with this settings file or data folder."""
    settings = load_settings(config)
    folder = data or settings.service.data
    if settings.database.url is None and not folder.is_dir():
        raise SitewatchError(f"there is no data folder {folder}; give the service's --data")
    with open_records(settings, DataFolder(folder)) as engine:
        yield engine


def actor() -> Actor:
    """Who sits at this terminal, as the audit chain names them."""
    return Actor(f"terminal:{getpass.getuser()}")


def _found(connection: sa.Connection, name: str) -> Person:
    person = people.find(connection, name)
    if person is None:
        raise UnknownPersonError(f"there is no person {name!r}; see `sitewatch users list`")
    return person


@users_app.command("add")
def add_user(
    name: NameArgument,
    role: RoleOption,
    site: SiteOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Add a person; prints a password that must be changed at the first login."""
    password = make_password()
    hashed = hash_password(password)
    sites = site or [people.EVERYWHERE]
    with records(config, data) as engine, transaction(engine) as connection:
        try:
            person = people.add(connection, name, hashed, role, sites, actor(), wall_clock_ms())
        except InvalidAccountError as error:
            raise typer.BadParameter(str(error)) from error
    _show_password(person.username, password)


@users_app.command("list")
def list_users(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List people with their roles and sites."""
    with records(config, data) as engine, reading(engine) as connection:
        found = people.everyone(connection)
    if as_json:
        rows = [
            {
                "username": person.username,
                "roles": list(person.roles),
                "sites": list(person.sites),
                "must_change_password": person.must_change_password,
            }
            for person in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("name", "roles", "sites", "since")
    for person in found:
        since = dt.datetime.fromtimestamp(person.created_at / 1000, dt.UTC).date().isoformat()
        table.add_row(person.username, ", ".join(person.roles), ", ".join(person.sites), since)
    out.print(table)


@users_app.command("reset")
def reset_user(
    name: NameArgument,
    second_factor: FactorOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Give a person a new password, to be changed at the next login; their sessions end."""
    password = make_password()
    hashed = hash_password(password)
    with records(config, data) as engine, transaction(engine) as connection:
        person = _found(connection, name)
        now = wall_clock_ms()
        people.set_password(connection, person, hashed, actor(), now, must_change=True)
        close_sessions_of(connection, person)
        if second_factor:
            factors.remove(connection, person, actor(), now)
    _show_password(person.username, password)


@token_app.command("add")
def add_token(
    name: NameArgument,
    role: RoleOption,
    site: SiteOption = None,
    days: DaysOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Add a token; prints its secret, which is shown only now."""
    now = wall_clock_ms()
    ends = None if days is None else now + days * _DAY_MS
    sites = site or [people.EVERYWHERE]
    with records(config, data) as engine, transaction(engine) as connection:
        try:
            _, secret = tokens.add(connection, name, role, sites, actor(), now, ends)
        except InvalidAccountError as error:
            raise typer.BadParameter(str(error)) from error
    typer.echo(secret)


@token_app.command("revoke")
def revoke_token(name: NameArgument, config: ConfigOption = None, data: DataOption = None) -> None:
    """End a token."""
    with records(config, data) as engine, transaction(engine) as connection:
        tokens.revoke(connection, name, actor(), wall_clock_ms())


def _show_password(username: str, password: str) -> None:
    out.print(
        f"login: {username} / {password}   (shown once, to be changed at the first login)",
        highlight=False,
        markup=False,
    )
