"""What was done to work orders cannot be changed unnoticed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts import order_evidence
from alerts.order_book import WorkOrderBook
from alerts.order_rows import Wanted
from alerts.work_orders import Deed, OrderStep, Origin, Part
from device_configs.quantities import Label
from records.engine import make_engine, migrate, reading, sqlite_url, transaction


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database in a file, made by the migrations: with the triggers."""
    engine = make_engine(sqlite_url(tmp_path / "records.sqlite"))
    migrate(engine)
    book = WorkOrderBook(engine)
    made = book.make(Wanted(Origin.HAND, Label(zh="换灯", en="Lamp"), "hall", "person:li"), 1)
    book.step(made.id, Deed(OrderStep.ARRIVE, "person:wang", 2))
    book.use_part(made.id, Part("lamp", 2), "person:wang", 3)
    book.note(made.id, "second one flickers too", "person:wang", 4)
    yield engine
    engine.dispose()


def tamper(engine: sa.Engine, statement: str) -> None:
    """What somebody with the file does: without our triggers."""
    with sqlite3.connect(str(engine.url.database)) as raw:
        for verb in ("update", "delete"):
            raw.execute(f"DROP TRIGGER IF EXISTS work_order_events_no_{verb}")
        raw.execute(statement)
    raw.close()


def test_every_event_is_in_the_chain(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        verdict = order_evidence.verify(connection)
        exported = list(order_evidence.exported(connection, 2, 4))
        assert order_evidence.head(connection) == verdict.head
    assert (verdict.whole, verdict.rows) == (True, 4)
    assert [(one["event"], one["site"]) for one in exported] == [
        ("arrived", "hall"), ("part_used", "hall"),
    ]  # fmt: skip


@pytest.mark.parametrize("statement", ["UPDATE work_order_events SET at = 9",
                                       "DELETE FROM work_order_events"])  # fmt: skip
def test_the_database_refuses_a_change(engine: sa.Engine, statement: str) -> None:
    with (
        pytest.raises(sa.exc.IntegrityError, match="append-only"),
        transaction(engine) as connection,
    ):
        connection.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE work_order_events SET at = 1 WHERE event = 'arrived'", "was changed"),
        ("UPDATE work_order_events SET detail = '{}' WHERE id = 3", "row 3 was changed"),
        ("UPDATE work_order_events SET actor = 'person:li' WHERE id = 2", "row 2 was changed"),
        ("DELETE FROM work_order_events WHERE id = 2", "row 2 is missing before row 3"),
        ("UPDATE work_orders SET site = 'elsewhere'", "row 1 was changed"),
        ("UPDATE work_orders SET created_at = 0", "row 1 was changed"),
    ],
)
def test_tampering_shows(engine: sa.Engine, statement: str, fault: str) -> None:
    tamper(engine, statement)
    with reading(engine) as connection:
        verdict = order_evidence.verify(connection)
    assert not verdict.whole
    assert any(fault in one for one in verdict.faults)
