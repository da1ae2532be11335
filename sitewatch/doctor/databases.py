"""The databases: the relational one, and where the series are."""

from collections.abc import Iterator, Sequence

import httpx
import sqlalchemy as sa

from ingest.stores.store import StoreError
from records.engine import RecordsError, revision_of, revisions
from sitewatch.data_folder import DataFolder
from sitewatch.doctor.finding import Finding, good, note, unknown, wrong
from sitewatch.open_store import influx_settings
from sitewatch.records_database import cannot_be_used, engine_of
from sitewatch.settings import Settings, StoreKind

_PING_S = 5.0


def schema(found: str | None, known: Sequence[str]) -> Finding:
    """Whether the database is of this release, by its revision; the newest is known first."""
    if found is None:
        return note("schema", "empty: the first start makes it")
    if found == known[0]:
        return good("schema", f"revision {found}")
    if found in known:
        return note("schema", f"revision {found}; the next start brings it to {known[0]}")
    return wrong(
        "schema",
        f"revision {found} is of a newer release than this one",
        "install the newer release, or restore the backup that was made before the upgrade",
    )


def records(settings: Settings, data: DataFolder) -> Iterator[Finding]:
    """Look at the relational database without changing it."""
    if settings.database.url is None and not data.records.exists():
        yield note("database", f"{data.records} is not there yet; the first start makes it")
        return
    try:
        engine = engine_of(settings, data)
    except RecordsError as error:
        yield wrong("database", str(error), "mend database.url in the settings")
        return
    try:
        with engine.connect() as connection:
            yield from _connected(connection)
    except sa.exc.SQLAlchemyError as error:
        yield wrong("database", cannot_be_used(engine, error),
                    "start it, or mend database.url in the settings")  # fmt: skip
    finally:
        engine.dispose()


def _connected(connection: sa.Connection) -> Iterator[Finding]:
    name = connection.engine.url.render_as_string(hide_password=True)
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            yield wrong("database", f"{name} is damaged: {found}",
                        "stop the service and restore the newest backup")  # fmt: skip
            return
    yield good("database", name)
    yield schema(revision_of(connection), revisions())


def series(settings: Settings, data: DataFolder, *, is_running: bool) -> Finding:
    """Look at the time series store; DuckDB's file belongs to the running service alone."""
    if settings.store.kind is StoreKind.INFLUX:
        return _influx(settings)
    if is_running:
        return good("series", f"{data.series}, in the hands of the running service")
    if not data.series.exists():
        return note("series", f"{data.series} is not there yet; the first start makes it")
    return _duckdb(data)


def _duckdb(data: DataFolder) -> Finding:
    import duckdb

    try:
        duckdb.connect(str(data.series), read_only=True).close()
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        return wrong("series", f"{data.series} cannot be opened: {first}",
                     "stop what holds it, or restore the newest backup")  # fmt: skip
    return good("series", str(data.series))


def _influx(settings: Settings) -> Finding:
    where = settings.store.url
    try:
        with influx_settings(settings.store).client() as client:
            answer = client.get("/ping", timeout=_PING_S)
            query = {"q": "SHOW MEASUREMENTS LIMIT 1", "db": settings.store.database}
            asked = client.get("/query", params=query, timeout=_PING_S)
    except (httpx.HTTPError, StoreError) as error:
        return wrong("series", f"{where} does not answer: {error}",
                     "start InfluxDB, or mend [store] in the settings")  # fmt: skip
    if asked.status_code in (401, 403):
        return wrong("series", f"{where} refuses our account ({asked.status_code})",
                     "mend the account or token in [store]")  # fmt: skip
    version = answer.headers.get("X-Influxdb-Version")
    if version is None:
        return unknown("series", f"{where} answers, but not as an InfluxDB does")
    return good("series", f"InfluxDB {version} at {where}")
