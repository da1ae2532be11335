"""The relational database: one engine, SQLite by default, PostgreSQL by setting.

Tables are declared on `metadata` by the package that owns them; the migrations in
`records/migrations` create them, and a test holds the two against each other.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event

if TYPE_CHECKING:
    from alembic.config import Config

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=_NAMES)
_READS = "sitewatch_reads"
_TURN = "sitewatch_turn"
_LONGEST_TURN_S = 30.0
"""As long as SQLite itself waits for a writer. [s]"""


class RecordsError(Exception):
    """Root of the errors of this package."""


def sqlite_url(file: Path) -> str:
    """The database URL of a SQLite file."""
    return f"sqlite:///{file}"


def make_engine(url: str) -> sa.Engine:
    """An engine whose commits are on disk when they return.

    SQLite runs in WAL with synchronous FULL, foreign keys on, and BEGIN IMMEDIATE, so that two
    writers wait for each other instead of failing. Those of one process wait in a queue: SQLite
    lets who waits look again after ever longer pauses, and who writes all the time, as the judge
    does in a flood of alarms, would keep the others out. PostgreSQL is
    spoken to by psycopg 3.

    Raises:
        RecordsError: it is no URL of a database, or the driver of the database is not installed.
    """
    if not url.startswith("sqlite"):
        return _elsewhere(url)
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        connection.isolation_level = None  # type: ignore[attr-defined]

    turn = threading.Lock()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(_READS, False):
            connection.exec_driver_sql("BEGIN")
            return
        # At the latest SQLite decides: another process may be writing.
        connection.info[_TURN] = turn.acquire(timeout=_LONGEST_TURN_S)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            _end(connection)
            raise

    @event.listens_for(engine, "rollback")
    @event.listens_for(engine, "commit")
    def _end(connection: sa.Connection) -> None:
        if connection.info.pop(_TURN, False):
            turn.release()

    return engine


def _elsewhere(url: str) -> sa.Engine:
    try:
        made = sa.make_url(url)
        if made.drivername in ("postgres", "postgresql"):
            made = made.set(drivername="postgresql+psycopg")
        return sa.create_engine(made, pool_pre_ping=True)
    except sa.exc.ArgumentError as error:
        # The text would show what was given, and with it a password.
        raise RecordsError("database.url is no URL of a database that is known") from error
    except ModuleNotFoundError as error:
        raise RecordsError(
            f"the driver {error.name} of the database is not installed; for PostgreSQL: "
            "pip install 'sitewatch[postgres]'"
        ) from error


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database to a revision, the newest where none is named."""
    # Imported here: only the start of a service needs it, and it is slow to import.
    from alembic import command

    config = _migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revisions() -> Sequence[str]:
    """The revisions that this release knows, the newest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_migrations())
    return [one.revision for one in scripts.walk_revisions()]


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that a database is of; None where it has none yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    query = sa.text("SELECT version_num FROM alembic_version")
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _migrations() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "records:migrations")
    return config


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: committed at the end, rolled back on any error."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One state of the database to read from; it never waits for a writer, and writes nothing."""
    with engine.connect() as connection:
        yield connection.execution_options(**{_READS: True})
