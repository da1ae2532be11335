"""Transactions and states of piles over a restart."""

import pytest
import sqlalchemy as sa

from records.charge_points import ChargePoints, card_mark
from records.engine import RecordsError, metadata

DAY = 86_400_000


def test_a_transaction_told_again_has_the_same_number(engine: sa.Engine) -> None:
    first = ChargePoints(engine).begin("p1", "1:100:T:ab", 1, 100.0, 5)
    assert 0 < first.number < 2**31
    again = ChargePoints(engine)
    assert again.begin("p1", "1:100:T:ab", 1, 100.0, 9) == first
    assert again.numbered("p1", first.number) == again.named("p1", "1:100:T:ab") == first
    assert again.begin("p1", "1:100:T:cd", 1, 100.0, 5).number != first.number
    assert again.numbered("p2", first.number) is None
    assert again.begin("p2", "1:100:T:ab", 1, 100.0, 5).number == first.number


def test_the_begin_may_be_told_after_the_rest(engine: sa.Engine) -> None:
    points = ChargePoints(engine)
    first = points.begin("p1", "T", 1, None, 5)
    assert points.begin("p1", "T", 1, 70.0, 5).begin_wh == 70.0
    assert points.begin("p1", "T", 1, 80.0, 5).begin_wh == 70.0
    found = points.numbered("p1", first.number)
    assert found is not None
    assert found.begin_wh == 70.0


def test_a_number_that_is_taken_leads_to_the_next(engine: sa.Engine) -> None:
    number = ChargePoints(engine).begin("p2", "T", 1, None, 5).number
    table = metadata.tables["charge_transactions"]
    row = {"device": "p1", "number": number, "name": "other", "connector": 1, "began_ms": 5}
    with engine.begin() as connection:
        connection.execute(sa.insert(table), row)
    assert ChargePoints(engine).begin("p1", "T", 1, None, 5).number == number + 1


def test_what_is_very_old_is_forgotten_of_its_pile_alone(engine: sa.Engine) -> None:
    points = ChargePoints(engine)
    old = points.begin("p1", "old", 1, None, 0)
    other = points.begin("p2", "old", 1, None, 0)
    points.begin("p1", "new", 1, None, 91 * DAY)
    assert points.numbered("p1", old.number) is None
    assert points.numbered("p2", other.number) == other


def test_standings_are_kept_by_connector(engine: sa.Engine) -> None:
    points = ChargePoints(engine)
    points.keep_standings({("p1", 1): "a", ("p1", 2): "b"})
    points.keep_standings({("p1", 2): "c", ("p2", 1): "d"})
    assert points.standings("p1") == {1: "a", 2: "c"}


def test_of_a_card_too_little_is_kept_to_name_it() -> None:
    marks = {card_mark(f"CARD-{n}") for n in range(400)}
    assert {len(mark) for mark in marks} == {4}
    assert len(marks) > 390


def test_a_database_that_refuses_is_one_error(engine: sa.Engine) -> None:
    metadata.tables["charge_transactions"].drop(engine)
    metadata.tables["charge_connectors"].drop(engine)
    points = ChargePoints(engine)
    for work in (
        lambda: points.begin("p1", "T", 1, None, 5),
        lambda: points.numbered("p1", 1),
        lambda: points.standings("p1"),
        lambda: points.keep_standings({("p1", 1): "a"}),
    ):
        with pytest.raises(RecordsError):
            work()
