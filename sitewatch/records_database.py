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
    url = settings.database.url
    engine = make_engine(url.get_secret_value() if url else sqlite_url(data.records))
    try:
        try:
            migrate(engine)
        except sa.exc.SQLAlchemyError as error:
            name = engine.url.render_as_string(hide_password=True)
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise SitewatchError(f"the database {name} cannot be used: {reason}") from error
        yield engine
    finally:
        engine.dispose()
