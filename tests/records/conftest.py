"""A migrated database in a file, as the service has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from records.engine import make_engine, migrate, sqlite_url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = make_engine(sqlite_url(file))
    migrate(engine)
    # The last connection that closes brings the write-ahead log home.
    engine.dispose()
    return file.read_bytes()


@pytest.fixture
def engine(tmp_path: Path, migrated: bytes) -> Iterator[sa.Engine]:
    file = tmp_path / "records.db"
    file.write_bytes(migrated)
    engine = make_engine(sqlite_url(file))
    yield engine
    engine.dispose()
