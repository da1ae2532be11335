"""What the doctor says of the databases."""

from pathlib import Path

import sqlalchemy as sa

from records.engine import make_engine, migrate, sqlite_url
from sitewatch.data_folder import DataFolder
from sitewatch.doctor.databases import records, schema, series
from sitewatch.doctor.finding import Finding, Verdict
from sitewatch.settings import Settings
from tests.ports import free_ports


def looked(data: DataFolder) -> dict[str, Finding]:
    return {one.what: one for one in records(Settings(), data)}


def made(folder: Path) -> DataFolder:
    data = DataFolder(folder)
    engine = make_engine(sqlite_url(data.records))
    migrate(engine)
    engine.dispose()
    return data


def test_a_database_of_this_release_is_good(tmp_path: Path) -> None:
    assert looked(DataFolder(tmp_path))["database"].verdict is Verdict.NOTE
    found = looked(made(tmp_path))
    assert {one.verdict for one in found.values()} == {Verdict.GOOD}


def test_an_older_one_is_named_and_not_migrated(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    engine = make_engine(sqlite_url(data.records))
    migrate(engine, "0003")
    engine.dispose()
    for _ in range(2):
        found = looked(data)["schema"]
        assert (found.verdict, found.said[:13]) == (Verdict.NOTE, "revision 0003")


def test_a_newer_one_is_wrong(tmp_path: Path) -> None:
    data = made(tmp_path)
    engine = sa.create_engine(sqlite_url(data.records))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert looked(data)["schema"].verdict is Verdict.WRONG
    assert schema(None, ["0018"]).verdict is Verdict.NOTE


def test_a_damaged_file_is_wrong(tmp_path: Path) -> None:
    data = made(tmp_path)
    content = bytearray(data.records.read_bytes())
    content[4096 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 4096)
    data.records.write_bytes(content)
    assert looked(data)["database"].verdict is Verdict.WRONG


def test_series_in_a_file(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    assert series(Settings(), data, is_running=False).verdict is Verdict.NOTE
    data.series.write_bytes(b"nonsense" * 1000)
    assert series(Settings(), data, is_running=False).verdict is Verdict.WRONG
    assert series(Settings(), data, is_running=True).verdict is Verdict.GOOD


def test_an_influxdb_that_is_away_is_wrong(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = Settings.model_validate({"store": {
        "kind": "influx", "url": f"http://127.0.0.1:{port}",
    }})  # fmt: skip
    assert series(settings, DataFolder(tmp_path), is_running=False).verdict is Verdict.WRONG
