"""Sessions end when they must, and are told to their person."""

import pytest
import sqlalchemy as sa

from records import people
from records.audit import SYSTEM
from records.engine import reading, transaction
from records.passwords import hash_password
from records.people import Person
from records.sessions import (
    Limits,
    close_sessions_of,
    find_session,
    key_of,
    open_session,
    sessions_of,
    sweep,
    touch,
)

NOW = 1_800_000_000_000
LIMITS = Limits(idle_ms=1_800_000, absolute_ms=86_400_000)


@pytest.fixture
def li(engine: sa.Engine) -> Person:
    with transaction(engine) as connection:
        hashed = hash_password("a right password")
        return people.add(connection, "li", hashed, ["operator"], ["*"], SYSTEM, NOW)


def _open(engine: sa.Engine, person: Person, now_ms: int = NOW) -> str:
    with transaction(engine) as connection:
        return open_session(connection, person, "192.0.2.1", now_ms, agent="a browser " * 50)


def test_idle_and_absolute_end(engine: sa.Engine, li: Person) -> None:
    secret = _open(engine, li)
    key = key_of(secret)
    assert find_session(engine, key, LIMITS, NOW + LIMITS.idle_ms - 1) is not None
    assert find_session(engine, key, LIMITS, NOW + LIMITS.idle_ms) is None
    now = NOW
    while now < NOW + LIMITS.absolute_ms:
        session = find_session(engine, key, LIMITS, now)
        assert session is not None
        touch(engine, session, now)
        now += LIMITS.idle_ms - 1
    assert find_session(engine, key, LIMITS, NOW + LIMITS.absolute_ms) is None
    assert sweep(engine, LIMITS, NOW + LIMITS.absolute_ms) == 1


def test_a_persons_sessions_are_listed_newest_first(engine: sa.Engine, li: Person) -> None:
    keys = [key_of(_open(engine, li, NOW + n)) for n in range(3)]
    with reading(engine) as connection:
        found = sessions_of(connection, li, LIMITS, NOW + 3)
        later = sessions_of(connection, li, LIMITS, NOW + LIMITS.idle_ms + 1)
    assert [session.key for session in found] == keys[::-1]
    assert [session.key for session in later] == [keys[2]]
    assert len({session.id for session in found}) == 3
    assert (found[0].address, len(found[0].agent)) == ("192.0.2.1", 200)


def test_close_sessions_of(engine: sa.Engine, li: Person) -> None:
    keys = [key_of(_open(engine, li)) for _ in range(2)]
    with transaction(engine) as connection:
        close_sessions_of(connection, li)
    assert [find_session(engine, key, LIMITS, NOW) for key in keys] == [None, None]
