"""What time brings is one transaction: a crash within it repeats all of it or nothing."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts.maintenance import Scope
from alerts.maintenance_rows import WantedWindow
from alerts.upkeep import is_due
from records.engine import reading
from tests.alerts.desk import START, Desk
from tests.alerts.estates import device, make_estate
from tests.alerts.test_telling import EVERYBODY


class CrashError(Exception):
    """The process dies."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    leak = device("leak-1", "environment_sensor", protocol="mqtt", interval_s=36000)
    made = Desk(make_estate([leak]), routes=EVERYBODY)
    made.say("leak-1", 1, {"water_leak": True})
    yield made
    made.close()


def _shelved(desk: Desk) -> None:
    desk.repository.holds.shelve(1, "li", "known", START + 2000, duration_ms=10_000)


def _maintained(desk: Desk) -> None:
    wanted = WantedWindow("wang", "pump", Scope(devices=("leak-1",)), START, START + 100_000)
    desk.repository.holds.plan(wanted, "person:wang", START + 2000)


@pytest.mark.parametrize("hold", [_shelved, _maintained])
@pytest.mark.parametrize(
    "words", ["INSERT INTO outbox", "INSERT INTO alarm_events", "UPDATE alarms", "judge_cursor"]
)
def test_a_crash_in_the_middle_tells_it_once_afterwards(
    desk: Desk, hold: object, words: str
) -> None:
    assert callable(hold)
    hold(desk)
    armed = [True]

    def die(*arguments: object) -> None:
        if armed and words in str(arguments[2]) and "SELECT" not in str(arguments[2]):
            armed.clear()
            raise CrashError

    sa.event.listen(desk.engine, "after_cursor_execute", die)
    with pytest.raises(CrashError):
        desk.tick(200)
    assert not armed
    desk.start()
    for at in (201, 202, 300):
        desk.tick(at)
        desk.start()
    steps = [step for _, _, step in desk.outbox()]
    assert steps == ["raised", "released"]
    assert desk.events("water_leak", "leak-1").count("released") == 1


def test_nothing_is_due_where_nothing_ends(desk: Desk) -> None:
    def due(at_s: float) -> bool:
        with reading(desk.engine) as connection:
            return is_due(connection, START + round(at_s * 1000))

    assert not due(10_000)
    _shelved(desk)
    assert not due(11.9)
    assert due(12)
