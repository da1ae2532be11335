"""What happened to alarms cannot be changed unnoticed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import evidence, tables
from records import chain
from records.engine import make_engine, migrate, reading, sqlite_url, transaction
from tests.alerts.desk import Desk, memory_engine

STORY = (
    ("smoke-1", 1, {"smoke": True}),
    ("rcm-1", 2, {"alarm": True}),
    ("smoke-1", 5, {"smoke": False}),
    ("lift-1", 8, {"entrapment": True}),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database in a file, made by the migrations: with the triggers."""
    engine = make_engine(sqlite_url(tmp_path / "records.sqlite"))
    migrate(engine)
    yield engine
    engine.dispose()


def play(engine: sa.Engine) -> Desk:
    desk = Desk(engine=engine)
    for device, at, values in STORY:
        desk.say(device, at, values)
    desk.tick(70)
    desk.ack("smoke_detector_fire", "smoke-1", 71)
    desk.reset("smoke_detector_fire", "smoke-1", 72)
    return desk


def tamper(engine: sa.Engine, statement: str) -> None:
    """What somebody with the file does: without our triggers."""
    with sqlite3.connect(str(engine.url.database)) as raw:
        for verb in ("update", "delete"):
            raw.execute(f"DROP TRIGGER IF EXISTS alarm_events_no_{verb}")
        raw.execute(statement)
    raw.close()


def test_every_event_of_every_alarm_is_in_the_chain(engine: sa.Engine) -> None:
    desk = play(engine)
    count = sum(len(desk.repository.events(one.id)) for one in desk.repository.page("all").items)
    with reading(engine) as connection:
        verdict = evidence.verify(connection)
        assert verdict.whole
        assert verdict.rows == count > 6
        assert evidence.head(connection) == verdict.head


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE alarm_events SET actor = 'zhao' WHERE event = 'acknowledged'", "was changed"),
        ("UPDATE alarm_events SET at = at - 60000 WHERE event = 'reset'", "was changed"),
        ("UPDATE alarm_events SET note = 'false alarm' WHERE id = 1", "row 1 was changed"),
        ("UPDATE alarm_events SET value = 'false' WHERE id = 1", "row 1 was changed"),
        ("DELETE FROM alarm_events WHERE id = 2", "row 2 is missing before row 3"),
        ("UPDATE alarms SET place = 'elsewhere' WHERE id = 1", "row 1 was changed"),
        ("UPDATE alarms SET severity = 'info' WHERE id = 1", "row 1 was changed"),
        ("DELETE FROM alarms WHERE id = 1", "row 1 was changed"),
    ],
)
def test_tampering_shows(engine: sa.Engine, statement: str, fault: str) -> None:
    play(engine)
    tamper(engine, statement)
    with reading(engine) as connection:
        verdict = evidence.verify(connection)
    assert not verdict.whole
    assert any(fault in one for one in verdict.faults)


def test_what_was_cut_off_shows_against_a_head_that_was_kept(engine: sa.Engine) -> None:
    play(engine)
    with reading(engine) as connection:
        kept = evidence.head(connection)
    tamper(engine, f"DELETE FROM alarm_events WHERE id >= {kept.seq - 1}")
    with reading(engine) as connection:
        assert evidence.verify(connection).whole
        assert not evidence.verify(connection, kept).whole


@pytest.mark.parametrize(
    "statement", ["UPDATE alarm_events SET at = 0", "DELETE FROM alarm_events"]
)
def test_our_own_code_cannot_change_it(engine: sa.Engine, statement: str) -> None:
    play(engine)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):  # noqa: SIM117
        with transaction(engine) as connection:
            connection.execute(sa.text(statement))


def test_events_of_an_older_version_are_sealed_by_the_migration(tmp_path: Path) -> None:
    now = make_engine(sqlite_url(tmp_path / "now.sqlite"))
    migrate(now)
    play(now)
    with reading(now) as connection:
        sealed = evidence.head(connection)
    now.dispose()
    before = make_engine(sqlite_url(tmp_path / "before.sqlite"))
    migrate(before, "0011")
    before.dispose()
    with closing(sqlite3.connect(tmp_path / "before.sqlite")) as raw, raw:
        raw.execute("ATTACH ? AS now", (str(tmp_path / "now.sqlite"),))
        for table in ("alarms", "alarm_events"):
            known = raw.execute(f"PRAGMA main.table_info({table})").fetchall()
            names = ", ".join(f'"{column[1]}"' for column in known)
            raw.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM now.{table}")
    new = make_engine(sqlite_url(tmp_path / "before.sqlite"))
    migrate(new)
    with reading(new) as connection:
        assert evidence.verify(connection).whole
        assert evidence.head(connection) == sealed
    new.dispose()


def test_an_export_has_what_a_stranger_needs_to_check_it(engine: sa.Engine) -> None:
    play(engine)
    with reading(engine) as connection:
        every = list(evidence.exported(connection, 0, 2**62))
        some = list(evidence.exported(connection, every[2]["at"], every[-1]["at"]))  # type: ignore[arg-type]
    assert every[0]["event"] == "raised"
    assert every[0]["device"] == "smoke-1"
    assert [one["id"] for one in every] == list(range(1, len(every) + 1))
    assert all(one["previous"] == before["hash"] for before, one in pairwise(every))
    assert 0 < len(some) < len(every)


@settings(deadline=None)
@given(st.lists(st.sampled_from(("smoke-1", "smoke-2", "rcm-1", "ack", "restart")), max_size=12))
def test_the_chain_is_whole_after_any_story(steps: list[str]) -> None:
    desk = Desk()
    try:
        for at, step in enumerate(steps, 1):
            if step == "restart":
                desk.start()
            elif step == "ack":
                for rule, device in desk.open():
                    desk.ack(rule, device, at)
            else:
                point = "alarm" if step == "rcm-1" else "smoke"
                desk.say(step, at, {point: at % 3 != 0})
        with reading(desk.engine) as connection:
            verdict = evidence.verify(connection)
        assert verdict.whole
        raised = sum(step.startswith(("smoke", "rcm")) for step in steps)
        assert (verdict.rows > 0) <= (raised > 0)
    finally:
        desk.close()


def _alarm(connection: sa.Connection) -> dict[str, object]:
    row: dict[str, object] = {
        "rule": "r", "alarm_class": "limit", "severity": "info", "title": {"zh": "低", "en": "low"},
        "device": "m1", "device_name": {"zh": "m", "en": "m"}, "kind": "electricity_meter",
        "point": "voltage_l1", "place": "centre", "path": [], "unplaced": False, "is_open": True,
        "active": True, "acked": False, "latched": False, "quality": "good", "held": [],
        "test": False, "occurrences": 1, "raised_at": 1, "updated_at": 1, "observed_at": 1,
    }  # fmt: skip
    connection.execute(sa.insert(tables.alarms).values(id=1, **row))
    return row


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(10**6), 10**6).map(float),
            st.integers(-(2**63), 2**63 - 1),
            st.booleans(),
            st.text(max_size=5),
            st.none(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_a_device_reads_is_sealed_as_it_is_kept(
    values: list[float | int | bool | str | None],
) -> None:
    engine = memory_engine()
    with transaction(engine) as connection:
        about, sealer = _alarm(connection), evidence.Sealer(connection)
        for value in values:
            sealer.add({"alarm": 1, "at": 1, "event": "raised", "value": value}, about)
    with reading(engine) as connection:
        assert evidence.verify(connection).faults == ()
    engine.dispose()


def test_a_whole_number_that_was_sealed_as_a_float_is_still_the_same_number() -> None:
    engine = memory_engine()
    with transaction(engine) as connection:
        about = _alarm(connection)
        row = {
            "id": 1, "alarm": 1, "at": 1, "event": "raised", "actor": None, "note": None,
            "source_at": None, "value": 50.0,
        }  # fmt: skip
        sealed = [*row.values(), *(about[name] for name in evidence.ABOUT)]
        seal = chain.seal(sealed, chain.START)
        values = row | {"previous": chain.START, "hash": seal}
        connection.execute(sa.insert(tables.alarm_events).values(**values))
    with reading(engine) as connection:
        assert evidence.verify(connection).whole
    with transaction(engine) as connection:
        connection.execute(sa.update(tables.alarm_events).values(value=51))
    with reading(engine) as connection:
        assert evidence.verify(connection).faults == ("row 1 was changed",)
    engine.dispose()
