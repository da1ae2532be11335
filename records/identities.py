"""People whom an identity provider vouches for, found by its own name for them.

A person is found by issuer and subject (OpenID Connect Core 1.0, section 5.7: the only pair that is
unique and never given twice), so that nobody takes over an account by taking its name elsewhere.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from records import audit, people
from records.engine import metadata
from records.people import Person, checked_roles, checked_sites
from records.sessions import close_sessions_of

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "person_id", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Identity:
    """What a provider says of somebody."""

    issuer: str
    subject: str
    username: str
    """The name that a new account is given."""
    roles: Sequence[str]
    sites: Sequence[str]

    @property
    def key(self) -> str:
        """By which it is stored."""
        return hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()


def admit(connection: sa.Connection, identity: Identity, by: audit.Actor, now_ms: int) -> Person:
    """The account of somebody a provider vouches for, made at the first time, else brought to date.

    Raises:
        InvalidAccountError: the name, a role or the sites cannot be.
        NameTakenError: the name is, or was, that of another account.
    """
    query = (
        sa.select(people.people)
        .join(identities, identities.c.person_id == people.people.c.id)
        .where(identities.c.hash == identity.key)
    )
    row = connection.execute(query).mappings().first()
    if row is None or row["removed_at"] is not None:
        # A removed account stays removed: its name is taken, and a person decides what is next.
        return _add(connection, identity, by, now_ms)
    person = people.to_person(row)
    roles, sites = checked_roles(identity.roles), checked_sites(identity.sites)
    if (roles, sites) != (list(person.roles), list(person.sites)):
        people.change(connection, person, roles, sites, by, now_ms)
        if people.gains(person, roles, sites):
            close_sessions_of(connection, person)
    return people.find(connection, person.username) or person


def _add(connection: sa.Connection, identity: Identity, by: audit.Actor, now_ms: int) -> Person:
    person = people.add(
        connection, identity.username, "", identity.roles, identity.sites, by, now_ms,
        must_change_password=False,
    )  # fmt: skip
    values = {
        "hash": identity.key,
        "person_id": person.id,
        "issuer": identity.issuer,
        "subject": identity.subject,
    }
    connection.execute(sa.insert(identities).values(values))
    return person
