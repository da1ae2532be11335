"""The database of alarms for everyone but the judge: reading and writing transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from alerts.errors import AlarmNotFoundError, AlertsError, NotAllowedError
from alerts.feed import AlarmFeed
from alerts.routes import Routes
from alerts.writer import Writer
from records.engine import reading


class AlarmDatabase:
    """Opens transactions; what one of them told is published once it is on disk."""

    def __init__(
        self,
        engine: sa.Engine,
        feed: AlarmFeed | None,
        routes: Callable[[], Routes],
        wake: Callable[[], None],
    ) -> None:
        """`routes` gives those of now; `wake` tells the dispatcher that there is something."""
        self._engine = engine
        self._feed = feed
        self._routes = routes
        self._wake = wake

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with.

        Raises:
            AlertsError: the database cannot be read now.
        """
        try:
            with reading(self._engine) as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the alarms cannot be read now: {error}") from error

    @contextmanager
    def writing(self, now_ms: int) -> Iterator[tuple[sa.Connection, Writer]]:
        """A transaction with its writer.

        Raises:
            AlertsError: the database cannot be written now.
        """
        try:
            with self._engine.begin() as connection:
                writer = Writer(connection, self._routes(), now_ms)
                yield connection, writer
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the alarms cannot be written now: {error}") from error
        if writer.told:
            if self._feed is not None:
                self._feed.publish(writer.told)
            self._wake()


def open_row(writer: Writer, alarm: int) -> sa.RowMapping:
    """The row of an open alarm, locked.

    Raises:
        AlarmNotFoundError: there is none of this number.
        NotAllowedError: it is closed.
    """
    row = writer.row(alarm)
    if row is None:
        raise AlarmNotFoundError(alarm)
    if not row["is_open"]:
        raise NotAllowedError("not_open")
    return row
