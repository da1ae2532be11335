"""Lock-out with back-off: what stops a password or a code from being guessed.

Failures are counted for an account from one network, for a network whatever the account, and for
an account wherever from. The last one does not hold where the person has signed in before, so
that a stranger who guesses keeps no operator from the alarms. The counts are rows, and so
outlast a restart.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from records.engine import RecordsError, metadata

FREE_FAILURES = 5
"""Failed logins of one account from one network before it is locked out."""
FREE_FAILURES_OF_ADDRESS = 50
"""Failed logins from one network, whatever the account, before it is locked out."""
FREE_FAILURES_OF_ACCOUNT = 30
"""Failed logins of one account, wherever from, before strange networks are locked out."""
FIRST_LOCK_MS = 60_000
"""The first lock-out [ms]; each further failure doubles it."""
LONGEST_LOCK_MS = 900_000
"""The longest lock-out, and the time after which failures are forgotten. [ms]"""

login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("locked_until", sa.BigInteger, nullable=False),
)
known_networks = sa.Table(
    "known_networks",
    metadata,
    sa.Column(
        "person_id", sa.Integer, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("network", sa.String(64), primary_key=True),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
)
KNOWN_MS = 90 * 86_400_000
"""How long a network is known from which a person signed in. [ms]"""


class LockedOutError(RecordsError):
    """Too many failed logins."""

    def __init__(self, wait_ms: int) -> None:
        self.wait_s = max(1, -(-wait_ms // 1000))
        """How long to wait. [s]"""
        super().__init__(f"too many failed logins; try again in {self.wait_s} s")


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in."""

    name: str
    """The folded user name, of an account or of none."""
    address: str
    is_known: bool
    """Whether the person has signed in from this network in the last KNOWN_MS."""
    now_ms: int
    """[ms, UTC]"""

    def counted(self) -> tuple[tuple[str, int, bool], ...]:
        """Key of each count, the failures that are free, and whether its lock holds here."""
        network = network_of(self.address)
        return (
            (_key(f"account {self.name} from {network}"), FREE_FAILURES, True),
            (_key(f"any from {network}"), FREE_FAILURES_OF_ADDRESS, True),
            (_key(f"account {self.name}"), FREE_FAILURES_OF_ACCOUNT, not self.is_known),
        )


def network_of(address: str) -> str:
    """What counts as one address: IPv6 by its /64, which one subscriber has whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def is_known(connection: sa.Connection, person_id: int, address: str, now_ms: int) -> bool:
    """Whether a person has signed in from this network in the last KNOWN_MS."""
    query = sa.select(known_networks.c.seen_at).where(_row_of(person_id, address))
    seen = connection.execute(query).scalar_one_or_none()
    return seen is not None and now_ms - seen < KNOWN_MS


def remember(connection: sa.Connection, person_id: int, address: str, now_ms: int) -> None:
    """A person has signed in from this network."""
    query = sa.update(known_networks).where(_row_of(person_id, address))
    if connection.execute(query.values(seen_at=now_ms)).rowcount == 0:
        values = {"person_id": person_id, "network": network_of(address), "seen_at": now_ms}
        connection.execute(sa.insert(known_networks).values(values))


def _row_of(person_id: int, address: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        known_networks.c.person_id == person_id, known_networks.c.network == network_of(address)
    )


def lock_ms(failures: int, free: int) -> int:
    """The lock-out [ms] after so many failures."""
    if failures < free:
        return 0
    return int(min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** min(failures - free, 10)))


def count_failure(connection: sa.Connection, attempt: Attempt) -> int:
    """Count an attempt as failed, before its password is looked at; returns the wait [ms].

    What is refused unseen does not count: hammering would lock the rightful user out longer.
    """
    found = _found(connection, attempt)
    wait = max(
        (
            found[key].locked_until - attempt.now_ms
            for key, _, holds in attempt.counted()
            if holds and key in found
        ),
        default=0,
    )
    if wait > 0:
        return int(wait)
    for key, free, _ in attempt.counted():
        row = found.get(key)
        recent = row is not None and attempt.now_ms - row.last_at < LONGEST_LOCK_MS
        failures = (row.failures if row is not None and recent else 0) + 1
        values = {
            "failures": failures,
            "last_at": attempt.now_ms,
            "locked_until": attempt.now_ms + lock_ms(failures, free) if failures >= free else 0,
        }
        if row is None:
            connection.execute(sa.insert(login_failures).values(key=key, **values))
        else:
            query = sa.update(login_failures).where(login_failures.c.key == key)
            connection.execute(query.values(**values))
    return 0


def forgive(connection: sa.Connection, attempt: Attempt) -> None:
    """The attempt proved good: the account starts anew here, the wider counts lose this one."""
    account = attempt.counted()[0][0]
    connection.execute(sa.delete(login_failures).where(login_failures.c.key == account))
    _take_back(connection, [key for key, _, _ in attempt.counted()[1:]])


def uncount(connection: sa.Connection, attempt: Attempt) -> None:
    """The attempt was no failure, and no success either: only its own count is taken back."""
    _take_back(connection, [key for key, _, _ in attempt.counted()])


def locked_until(
    connection: sa.Connection, names: Mapping[int, str], now_ms: int
) -> Mapping[int, int]:
    """Until when accounts are locked out [ms, UTC], by person: only such as are.

    Told are the locks that hold anywhere strange, and those in networks a person is known from:
    what failed elsewhere is not kept in a form that could be read back.
    """
    query = sa.select(login_failures.c.key, login_failures.c.locked_until).where(
        login_failures.c.locked_until > now_ms
    )
    locks = {row.key: int(row.locked_until) for row in connection.execute(query)}
    if not locks:
        return {}
    found: dict[int, int] = {}
    for person, keys in _account_keys(connection, names).items():
        ends = [locks[key] for key in keys if key in locks]
        if ends:
            found[person] = max(ends)
    return found


def lift(connection: sa.Connection, person_id: int, name: str) -> int:
    """Forget an account's failures, as far as `locked_until` tells; returns how many counts."""
    keys = _account_keys(connection, {person_id: name})[person_id]
    done = connection.execute(sa.delete(login_failures).where(login_failures.c.key.in_(keys)))
    return int(done.rowcount)


def _account_keys(connection: sa.Connection, names: Mapping[int, str]) -> dict[int, list[str]]:
    """The keys of the counts of accounts: wherever from, and from networks they are known in."""
    found = {person: [_key(f"account {name}")] for person, name in names.items()}
    query = sa.select(known_networks.c.person_id, known_networks.c.network)
    for row in connection.execute(query):
        if row.person_id in found:
            name = names[row.person_id]
            found[row.person_id].append(_key(f"account {name} from {row.network}"))
    return found


def sweep_failures(connection: sa.Connection, now_ms: int) -> None:
    """Delete the counts and networks that are forgotten."""
    old = login_failures.c.last_at <= now_ms - LONGEST_LOCK_MS
    connection.execute(sa.delete(login_failures).where(old))
    strange = known_networks.c.seen_at <= now_ms - KNOWN_MS
    connection.execute(sa.delete(known_networks).where(strange))


def _take_back(connection: sa.Connection, keys: list[str]) -> None:
    query = sa.update(login_failures).where(login_failures.c.key.in_(keys))
    connection.execute(query.values(failures=login_failures.c.failures - 1, locked_until=0))


def _found(connection: sa.Connection, attempt: Attempt) -> dict[str, sa.Row[tuple[object, ...]]]:
    keys = [key for key, _, _ in attempt.counted()]
    query = sa.select(login_failures).where(login_failures.c.key.in_(keys))
    return {row.key: row for row in connection.execute(query)}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
