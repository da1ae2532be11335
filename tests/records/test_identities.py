"""People of an identity provider: found by its name for them, and never by their own."""

import pytest
import sqlalchemy as sa

from records import people
from records.audit import SYSTEM
from records.engine import transaction
from records.identities import Identity, admit
from records.people import InvalidAccountError, NameTakenError
from records.sessions import open_session, sessions

NOW = 1_800_000_000_000


def _identity(
    subject: str = "7", name: str = "wang", roles: tuple[str, ...] = ("operator",)
) -> Identity:
    return Identity("https://id.example", subject, name, roles, ["north"])


def test_one_is_admitted_once_and_brought_to_date(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        wang = admit(connection, _identity(), SYSTEM, NOW)
        assert admit(connection, _identity(name="renamed"), SYSTEM, NOW) == wang
        open_session(connection, wang, "", NOW, external=True)
        less = admit(connection, _identity(roles=("viewer",)), SYSTEM, NOW)
    assert (wang.username, less.roles, less.sites) == ("wang", ("viewer",), ("north",))


def test_who_gains_a_role_begins_anew(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        wang = admit(connection, _identity(), SYSTEM, NOW)
        open_session(connection, wang, "", NOW, external=True)
        admit(connection, _identity(roles=("operator", "manager")), SYSTEM, NOW)
        assert connection.execute(sa.select(sessions)).all() == []


def test_nobody_takes_an_account_over_by_its_name(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        people.add(connection, "admin", "", ["administrator"], ["*"], SYSTEM, NOW)
        wang = admit(connection, _identity(), SYSTEM, NOW)
    for subject, name in (("8", "admin"), ("8", "wang"), ("8", "ADMIN")):
        with pytest.raises(NameTakenError), transaction(engine) as connection:
            admit(connection, _identity(subject, name), SYSTEM, NOW)
    with transaction(engine) as connection:
        people.remove(connection, wang, SYSTEM, NOW)
    with pytest.raises(NameTakenError), transaction(engine) as connection:
        admit(connection, _identity(), SYSTEM, NOW)


def test_without_roles_nobody_comes_in(engine: sa.Engine) -> None:
    with pytest.raises(InvalidAccountError), transaction(engine) as connection:
        admit(connection, _identity(roles=()), SYSTEM, NOW)
