"""The migrations make exactly the tables that the packages declare."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import alerts
import api
import collectors
import ingest
import records
import reports
from records.engine import make_engine, metadata, migrate, sqlite_url

OWNERS = (records, collectors, ingest, alerts, reports, api)


def declare_everything() -> None:
    """Import every module that can own a table; each declares its own on `metadata`."""
    for package in OWNERS:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            file = Path(getattr(module.module_finder, "path", "")) / (
                module.name.rpartition(".")[2] + ".py"
            )
            if "migrations" in module.name or not file.is_file():
                continue
            if "metadata" in file.read_text(encoding="utf-8"):
                importlib.import_module(module.name)


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(engine)
    yield engine
    engine.dispose()


def described(table: sa.Table) -> dict[str, object]:
    """What must be the same of a declared and a created table."""
    return {
        "columns": {
            column.name: (affinity(column.type), bool(column.nullable)) for column in table.columns
        },
        "primary key": [column.name for column in table.primary_key.columns],
        "unique": {
            tuple(column.name for column in constraint.columns)
            for constraint in table.constraints
            if isinstance(constraint, sa.UniqueConstraint)
        },
        "foreign keys": {
            (key.parent.name, key.target_fullname)
            for constraint in table.foreign_key_constraints
            for key in constraint.elements
        },
        "indexes": {
            (index.name, bool(index.unique), tuple(column.name for column in index.columns))
            for index in table.indexes
        },
    }


def affinity(kind: sa.types.TypeEngine[object]) -> str:
    """SQLite keeps few types; two that it keeps alike are alike here."""
    name = kind.compile(dialect=sa.create_mock_engine("sqlite://", lambda *_: None).dialect)
    if "INT" in name or "BOOL" in name:
        return "integer"
    if any(word in name for word in ("CHAR", "TEXT", "CLOB", "JSON")):
        return "text"
    if any(word in name for word in ("REAL", "FLOA", "DOUB", "NUMERIC")):
        return "number"
    return name


def test_the_migrations_create_the_declared_tables(migrated: sa.Engine) -> None:
    declare_everything()
    made = sa.MetaData()
    made.reflect(migrated)
    tables = set(made.tables) - {"alembic_version"}
    assert tables == set(metadata.tables)
    for name in sorted(tables):
        assert described(made.tables[name]) == described(metadata.tables[name]), name


def test_the_tables_of_energy_are_among_them(migrated: sa.Engine) -> None:
    names = set(sa.inspect(migrated).get_table_names())
    assert {"counter_intervals", "counter_states", "counter_steps", "interval_cursors"} <= names


def test_migrating_again_changes_nothing(migrated: sa.Engine) -> None:
    def schema() -> list[tuple[object, ...]]:
        with migrated.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name")
            return [tuple(row) for row in rows]

    before = schema()
    migrate(migrated)
    assert schema() == before
    assert len(before) > 4


def test_intervals_are_kept_in_their_key_and_nothing_else(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        [sql] = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'counter_intervals'"
        ).scalars()
    assert "WITHOUT ROWID" in sql
