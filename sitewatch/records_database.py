"""Opens the relational database that the settings name, migrated."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from records.engine import make_engine, migrate, sqlite_url
from sitewatch.data_folder import DataFolder
from sitewatch.errors import SitewatchError
from sitewatch.settings import Settings


@contextmanager
def open_records(settings: Settings, data: DataFolder) -> Iterator[sa.Engine]:
    """The engine, closed at the end.

    Raises:
        SitewatchError: the database cannot be reached or migrated.
    """
    engine = engine_of(settings, data)
    try:
        try:
            migrate(engine)
        except sa.exc.SQLAlchemyError as error:
            raise SitewatchError(cannot_be_used(engine, error)) from error
        yield engine
    finally:
        engine.dispose()


def engine_of(settings: Settings, data: DataFolder) -> sa.Engine:
    """The engine of the database that the settings name, as it is.

    Raises:
        RecordsError: it is no URL of a database, or its driver is not installed.
    """
    url = settings.database.url
    return make_engine(url.get_secret_value() if url else sqlite_url(data.records))


def cannot_be_used(engine: sa.Engine, error: sa.exc.SQLAlchemyError) -> str:
    """What to say of a database that refuses, without its password."""
    name = engine.url.render_as_string(hide_password=True)
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return f"the database {name} cannot be used: {reason}"
