"""The relational database on a real PostgreSQL. covers: records.engine, alerts, ingest."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts import evidence
from alerts.outbox import Outbox
from alerts.routes import Route, Routes
from ingest.interval_ledger import IntervalLedger
from ingest.quality_tables import days
from records.audit import Actor, append, verify
from records.engine import make_engine, metadata, migrate, reading, sqlite_url, transaction
from tests.alerts.desk import START, Desk
from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, smoke
from tests.e2e.service import eventually, started
from tests.ingest.test_late_readings import ESTATE
from tests.ingest.test_past import NOW_MS, WEEK
from tests.ingest.test_recount import come_live, dump
from tests.postgres import postgres, programs
from tests.records.test_migrations import declare_everything

ROUTES = Routes(
    (Route.model_validate({"notify": [{"webhook": {"url": "http://127.0.0.1:9/none"}}]}),)
)
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    found = programs()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the package postgresql: .ci/run installs it")
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    with postgres(found) as url:
        yield url


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """A database of its own on the server."""
    name = request.node.name[:60].replace("[", "_").replace("]", "_")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    made = make_engine(url)
    migrate(made)
    yield made
    made.dispose()


def test_the_migrations_make_every_declared_table_and_again_nothing(engine: sa.Engine) -> None:
    declare_everything()
    migrate(engine)
    inspector = sa.inspect(engine)
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    assert tables == set(metadata.tables)
    for name in tables:
        columns = {column["name"] for column in inspector.get_columns(name)}
        assert columns == set(metadata.tables[name].columns.keys()), name


def test_an_alarm_goes_its_way_and_its_events_are_sealed(engine: sa.Engine) -> None:
    desk = Desk(routes=ROUTES, engine=engine)
    desk.say("smoke-1", 1, {"smoke": True})
    desk.start()
    desk.say("smoke-1", 5, {"smoke": False})
    desk.tick(70)
    desk.ack("smoke_detector_fire", "smoke-1", 71)
    desk.reset("smoke_detector_fire", "smoke-1", 72)
    events = desk.events("smoke_detector_fire", "smoke-1")
    assert events[0] == "raised"
    assert events[-1] == "cleared"
    assert "acknowledged" in events
    with reading(engine) as connection:
        assert evidence.verify(connection).whole
    for statement in ("UPDATE alarm_events SET note = 'x'", "DELETE FROM alarm_events"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction(engine) as one:
            one.exec_driver_sql(statement)


def test_two_processes_claim_no_notification_twice(engine: sa.Engine, url: str) -> None:
    desk = Desk(routes=ROUTES, engine=engine)
    for number in range(1, 9):
        desk.say("smoke-1", number * 100, {"tamper": True})
        desk.say("smoke-1", number * 100 + 50, {"tamper": False})
    desk.say("smoke-1", 1_000, {"smoke": True})
    now = START + 2_000_000
    taken: list[int] = []
    others = [make_engine(url) for _ in range(2)]
    ready = threading.Barrier(2)

    def claim(other: sa.Engine) -> None:
        outbox = Outbox(other)
        ready.wait(10)
        for emergency in (True, False) * 4:
            for one in outbox.claim(1, emergency, now):
                taken.extend(one.rows)

    threads = [threading.Thread(target=claim, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for other in others:
        other.dispose()
    assert taken
    assert len(taken) == len(set(taken))


def test_a_chain_that_two_append_to_is_whole(engine: sa.Engine, url: str) -> None:
    others = [make_engine(url) for _ in range(2)]

    def fill(other: sa.Engine) -> None:
        for number in range(20):
            with transaction(other) as connection:
                append(connection, Actor("person:li", None), "tried", f"{number}", number, {})

    threads = [threading.Thread(target=fill, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for other in others:
        other.dispose()
    with reading(engine) as connection:
        verdict = verify(connection)
    assert (verdict.whole, verdict.rows) == (True, 40)


def test_energy_is_counted_as_in_sqlite(engine: sa.Engine, tmp_path: Path) -> None:
    lite = make_engine(sqlite_url(tmp_path / "lite.sqlite"))
    migrate(lite)
    for one in (engine, lite):
        come_live(IntervalLedger(one, ESTATE, now_ms=lambda: NOW_MS), WEEK[1_400:1_800])
    # Rows without an order come in that of the key from SQLite alone.
    assert [sorted(rows) for rows in dump(engine)] == [sorted(rows) for rows in dump(lite)]
    lite.dispose()


def test_the_service_runs_on_it(url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    home = estate(tmp_path, smoke(["smoke-1"]))
    with running_broker(tmp_path / "broker") as broker, publisher(broker) as told:
        arguments = ("run", "--estate", str(home), "--data", str(data), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url, "SITEWATCH_DATABASE__URL": url}
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            told.publish("zigbee2mqtt/smoke-1", json.dumps({"smoke": True}))
            eventually("the alarm is there", lambda: bool(service.alarms()), within_s=60)
            [alarm] = [one for one in service.alarms() if one["device"] == "smoke-1"]
            assert alarm["active"] is True
            made = make_engine(url)

            def rows() -> int:
                with reading(made) as connection:
                    return int(
                        connection.execute(sa.select(sa.func.count(days.c.day))).scalar_one()
                    )

            eventually("data quality is written", lambda: rows() > 0, within_s=60)
            made.dispose()
    assert not (data / "sitewatch.sqlite").exists()
