"""The second factor of a person: a secret shared with a phone, and codes for the day it is lost."""

import hashlib
import secrets

import sqlalchemy as sa

from records import audit, totp
from records.engine import RecordsError, metadata
from records.people import Person
from records.seal import Seal

RECOVERY_CODES = 10
"""Codes that are given at enrolment; each opens once."""

second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column(
        "person_id", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("confirmed_at", sa.BigInteger),
    sa.Column("last_step", sa.BigInteger, nullable=False),
)  # fmt: skip
recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "person_id", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
)


class SecondFactorNeededError(RecordsError):
    """The password is right, and the account asks for a code as well."""


class WrongCodeError(RecordsError):
    """The code is none of now, was used already, or there is nothing to confirm."""


class EnrolledError(RecordsError):
    """The person has a second factor already; it is removed first."""


def has_second_factor(connection: sa.Connection, person: Person) -> bool:
    """Whether a person signs in with a code as well."""
    return _confirmed(connection, person) is not None


def people_with_second_factor(connection: sa.Connection) -> frozenset[int]:
    """The ids of the people who have a second factor."""
    query = sa.select(second_factors.c.person_id).where(second_factors.c.confirmed_at.is_not(None))
    return frozenset(connection.execute(query).scalars())


def codes_left(connection: sa.Connection, person: Person) -> int:
    """How many recovery codes a person has left."""
    query = sa.select(sa.func.count()).where(_codes_of(person))
    return int(connection.execute(query).scalar_one())


def begin(connection: sa.Connection, seal: Seal, person: Person) -> str:
    """Make a new secret, which holds once a code of it was confirmed; returns it.

    Raises:
        EnrolledError: the person has a second factor.
    """
    if has_second_factor(connection, person):
        raise EnrolledError("there is a second factor already; remove it first")
    secret = totp.make_secret()
    connection.execute(sa.delete(second_factors).where(_factor_of(person)))
    values = {"person_id": person.id, "secret": seal.close(secret), "last_step": -1}
    connection.execute(sa.insert(second_factors).values(values))
    return secret


def confirm(
    connection: sa.Connection, seal: Seal, person: Person, code: str, by: audit.Actor, now_ms: int
) -> list[str]:
    """Take up the new secret, with its audit row; returns the recovery codes, shown only now.

    Raises:
        WrongCodeError: there is nothing to confirm, or the code is not one of it.
    """
    query = sa.select(second_factors).where(
        _factor_of(person), second_factors.c.confirmed_at.is_(None)
    )
    row = connection.execute(query).first()
    if row is None:
        raise WrongCodeError("there is no second factor to confirm")
    step = totp.step_of(seal.open(row.secret), code, now_ms, row.last_step)
    if step is None:
        raise WrongCodeError("the code is not one of now")
    values = {"confirmed_at": now_ms, "last_step": step}
    connection.execute(sa.update(second_factors).where(_factor_of(person)).values(values))
    codes = [_make_code() for _ in range(RECOVERY_CODES)]
    connection.execute(sa.delete(recovery_codes).where(_codes_of(person)))
    rows = [{"hash": _hash(person, code), "person_id": person.id} for code in codes]
    connection.execute(sa.insert(recovery_codes), rows)
    audit.append(connection, by, "second_factor.added", person.username, now_ms)
    return codes


def spend(
    connection: sa.Connection, seal: Seal, person: Person, code: str, by: audit.Actor, now_ms: int
) -> bool:
    """Whether a code is right; it is used up by this, whether from the phone or from the paper."""
    row = _confirmed(connection, person)
    if row is None:
        return False
    # The paper first: it opens even where the key file is lost.
    used = sa.delete(recovery_codes).where(recovery_codes.c.hash == _hash(person, code))
    if connection.execute(used).rowcount == 1:
        detail = {"left": codes_left(connection, person)}
        action = "second_factor.recovered"
        audit.append(connection, by, action, person.username, now_ms, detail)
        return True
    step = totp.step_of(seal.open(row.secret), code.replace(" ", ""), now_ms, row.last_step)
    if step is None:
        return False
    query = sa.update(second_factors).where(_factor_of(person), second_factors.c.last_step < step)
    return connection.execute(query.values(last_step=step)).rowcount == 1


def remove(connection: sa.Connection, person: Person, by: audit.Actor, now_ms: int) -> bool:
    """Take a person's second factor away, with its audit row; whether there was one."""
    there = has_second_factor(connection, person)
    connection.execute(sa.delete(second_factors).where(_factor_of(person)))
    connection.execute(sa.delete(recovery_codes).where(_codes_of(person)))
    if there:
        audit.append(connection, by, "second_factor.removed", person.username, now_ms)
    return there


def _confirmed(connection: sa.Connection, person: Person) -> sa.Row[tuple[object, ...]] | None:
    query = sa.select(second_factors).where(
        _factor_of(person), second_factors.c.confirmed_at.is_not(None)
    )
    return connection.execute(query).first()


def _factor_of(person: Person) -> sa.ColumnElement[bool]:
    return second_factors.c.person_id == person.id


def _codes_of(person: Person) -> sa.ColumnElement[bool]:
    return recovery_codes.c.person_id == person.id


def _make_code() -> str:
    # 50 bits, only ever tried against the lock-out; no letters that look alike on paper.
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(2))


def _hash(person: Person, code: str) -> str:
    given = code.strip().lower()
    return hashlib.sha256(f"{person.id}:{given}".encode()).hexdigest()
