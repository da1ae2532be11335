"""What a central system of charging piles must remember over a restart: transactions, states.

A pile repeats a StartTransaction whose answer was lost, and must be given the same number again
(OCPP 1.6 edition 2, section 4.8). No card number is kept: 16 bits of a digest tell a repeat from
another card, and name none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import sqlalchemy as sa

from records.engine import RecordsError, metadata, reading, transaction

_KEPT_MS = 90 * 86_400_000
"""A pile that was away for longer begins anew: older transactions are forgotten. [ms]"""
_BITS = 0x7FFF_FFFF
"""Numbers are those of a positive 32-bit integer, which every pile can hold."""
_TRIES = 1000

charge_transactions = sa.Table(
    "charge_transactions",
    metadata,
    sa.Column("device", sa.String(80), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("connector", sa.Integer, nullable=False),
    sa.Column("begin_wh", sa.Float),
    sa.Column("began_ms", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "number"),
    sa.UniqueConstraint("device", "name"),
)
"""One row for each transaction; `name` is what makes it the same when it is told again."""

charge_connectors = sa.Table(
    "charge_connectors",
    metadata,
    sa.Column("device", sa.String(80), nullable=False),
    sa.Column("connector", sa.Integer, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("device", "connector"),
)
"""How each connector stands, as the driver writes it down."""

# One text serves SQLite and PostgreSQL: both know this form of ON CONFLICT.
_PUT_STANDING = sa.text(
    "INSERT INTO charge_connectors (device, connector, standing)"
    " VALUES (:device, :connector, :standing)"
    " ON CONFLICT (device, connector) DO UPDATE SET standing = excluded.standing"
)


@dataclass(frozen=True)
class ChargeTransaction:
    """One transaction, as far as its later messages need it."""

    number: int
    """What the pile calls it (OCPP 1.6)."""
    connector: int
    began_ms: int
    """[ms, UTC]"""
    begin_wh: float | None = None
    """The counter at its begin [Wh]; None where it is not known."""


def card_mark(card: str) -> str:
    """What is kept of a card number: 16 bits, shared by one of 65,536 cards each."""
    return blake2b(card.encode("utf-8", "replace"), digest_size=2).hexdigest()


class ChargePoints:
    """Transactions and states of charging piles in SQL; every method may wait for the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(
        self, device: str, name: str, connector: int, begin_wh: float | None, began_ms: int
    ) -> ChargeTransaction:
        """Note a transaction, and give it its number; the same one when it is told again.

        Raises:
            RecordsError: the database refused it.
        """
        name = _text(name)
        row = {
            "device": device, "name": name, "connector": connector, "begin_wh": begin_wh,
            "began_ms": began_ms,
        }  # fmt: skip
        try:
            with transaction(self._engine) as connection:
                known = _find(connection, device, charge_transactions.c.name == name)
                if known is not None:
                    return _completed(connection, device, known, begin_wh)
                number = _free_number(connection, device, name)
                connection.execute(sa.insert(charge_transactions), row | {"number": number})
                old = charge_transactions.c.began_ms < began_ms - _KEPT_MS
                mine = charge_transactions.c.device == device
                connection.execute(sa.delete(charge_transactions).where(mine, old))
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"a charging transaction cannot be kept: {error}") from error
        return ChargeTransaction(number, connector, began_ms, begin_wh)

    def numbered(self, device: str, number: int) -> ChargeTransaction | None:
        """The transaction of a number.

        Raises:
            RecordsError: the database cannot be read.
        """
        return self._one(device, charge_transactions.c.number == number)

    def named(self, device: str, name: str) -> ChargeTransaction | None:
        """The transaction of a name.

        Raises:
            RecordsError: the database cannot be read.
        """
        return self._one(device, charge_transactions.c.name == _text(name))

    def _one(self, device: str, which: sa.ColumnElement[bool]) -> ChargeTransaction | None:
        try:
            with reading(self._engine) as connection:
                return _find(connection, device, which)
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"charging transactions cannot be read: {error}") from error

    def standings(self, device: str) -> Mapping[int, str]:
        """Connector to how it stands.

        Raises:
            RecordsError: the database cannot be read.
        """
        columns = charge_connectors.c
        query = sa.select(columns.connector, columns.standing).where(columns.device == device)
        try:
            with reading(self._engine) as connection:
                return {row.connector: row.standing for row in connection.execute(query)}
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"connectors cannot be read: {error}") from error

    def keep_standings(self, standings: Mapping[tuple[str, int], str]) -> None:
        """Write down how some connectors stand, by device and number, in one transaction.

        Raises:
            RecordsError: the database refused it.
        """
        rows = [
            {"device": device, "connector": connector, "standing": standing}
            for (device, connector), standing in standings.items()
        ]
        try:
            with transaction(self._engine) as connection:
                connection.execute(_PUT_STANDING, rows)
        except sa.exc.SQLAlchemyError as error:
            raise RecordsError(f"connectors cannot be kept: {error}") from error


def _find(
    connection: sa.Connection, device: str, which: sa.ColumnElement[bool]
) -> ChargeTransaction | None:
    query = sa.select(charge_transactions).where(charge_transactions.c.device == device, which)
    row = connection.execute(query).first()
    if row is None:
        return None
    return ChargeTransaction(row.number, row.connector, row.began_ms, row.begin_wh)


def _completed(
    connection: sa.Connection, device: str, known: ChargeTransaction, begin_wh: float | None
) -> ChargeTransaction:
    """A known transaction, with the counter at its begin where only now that is told."""
    if known.begin_wh is not None or begin_wh is None:
        return known
    columns = charge_transactions.c
    mine = (columns.device == device) & (columns.number == known.number)
    connection.execute(sa.update(charge_transactions).where(mine).values(begin_wh=begin_wh))
    return replace(known, begin_wh=begin_wh)


def _free_number(connection: sa.Connection, device: str, name: str) -> int:
    """A number made of the name, so that it stays the same after a restored backup."""
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) & _BITS
    for _ in range(_TRIES):
        number = number or 1
        if _find(connection, device, charge_transactions.c.number == number) is None:
            return number
        number = number + 1 & _BITS
    raise RecordsError(f"{device}: there is no free number for a transaction")


def _text(text: str) -> str:
    """Text that every database takes, and its column holds."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")[:120]
