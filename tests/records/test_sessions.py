"""Sessions end when they must, and guessing is stopped."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

import records.sessions
from records import people
from records.audit import SYSTEM, entries
from records.engine import reading, transaction
from records.passwords import hash_password
from records.people import Person
from records.sessions import (
    FREE_FAILURES,
    LONGEST_LOCK_MS,
    Limits,
    LockedOutError,
    WrongCredentialsError,
    change_password,
    close_sessions_of,
    csrf_of,
    find_session,
    key_of,
    lock_ms,
    network_of,
    sessions,
    sign_in,
    sweep,
    touch,
)

NOW = 1_800_000_000_000
LIMITS = Limits(idle_ms=1_800_000, absolute_ms=86_400_000)
RIGHT = "a right password"
HERE = "192.0.2.1"


@pytest.fixture
def li(engine: sa.Engine) -> Person:
    with transaction(engine) as connection:
        hashed = hash_password(RIGHT)
        return people.add(
            connection, "li", hashed, ["operator"], ["*"], SYSTEM, NOW, must_change_password=False
        )


def _fail(engine: sa.Engine, name: str, address: str, now_ms: int) -> None:
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, name, "a wrong password", address, now_ms)


def test_the_right_password_opens_a_session(engine: sa.Engine, li: Person) -> None:
    person, secret = sign_in(engine, "LI", RIGHT, HERE, NOW)
    assert person == li
    session = find_session(engine, key_of(secret), LIMITS, NOW + 1000)
    assert session is not None
    assert session.person == li
    with reading(engine) as connection:
        stored = str(connection.execute(sa.select(sessions)).all())
    assert secret not in stored
    assert csrf_of(secret) not in stored


def test_every_login_gives_a_new_secret(engine: sa.Engine, li: Person) -> None:
    secrets = {sign_in(engine, "li", RIGHT, HERE, NOW)[1] for _ in range(3)}
    assert len(secrets) == 3
    assert len({csrf_of(secret) for secret in secrets}) == 3


def test_idle_and_absolute_end(engine: sa.Engine, li: Person) -> None:
    _, secret = sign_in(engine, "li", RIGHT, HERE, NOW)
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


def test_removed_and_changed_people(engine: sa.Engine, li: Person) -> None:
    _, secret = sign_in(engine, "li", RIGHT, HERE, NOW)
    with transaction(engine) as connection:
        people.change(connection, li, ["viewer"], ["centre"], SYSTEM, NOW)
    session = find_session(engine, key_of(secret), LIMITS, NOW)
    assert session is not None
    assert (session.person.roles, session.person.sites) == (("viewer",), ("centre",))
    with transaction(engine) as connection:
        people.remove(connection, li, SYSTEM, NOW)
    assert find_session(engine, key_of(secret), LIMITS, NOW) is None
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, "li", RIGHT, HERE, NOW)


def test_unknown_wrong_and_locked_look_alike(engine: sa.Engine, li: Person) -> None:
    for name in ("li", "nobody"):
        for _ in range(FREE_FAILURES):
            _fail(engine, name, HERE, NOW)
        with pytest.raises(LockedOutError) as refused:
            sign_in(engine, name, RIGHT, HERE, NOW + 1)
        assert refused.value.wait_s == 60


def test_a_lock_out_is_for_one_address_and_ends(engine: sa.Engine, li: Person) -> None:
    for _ in range(FREE_FAILURES):
        _fail(engine, "li", HERE, NOW)
    sign_in(engine, "li", RIGHT, "192.0.2.2", NOW + 1)
    with pytest.raises(LockedOutError):
        sign_in(engine, "li", RIGHT, HERE, NOW + 59_999)
    sign_in(engine, "li", RIGHT, HERE, NOW + 60_000)
    _fail(engine, "li", HERE, NOW + 60_001)


def test_each_further_failure_doubles_the_wait(engine: sa.Engine, li: Person) -> None:
    for _ in range(FREE_FAILURES):
        _fail(engine, "li", HERE, NOW)
    _fail(engine, "li", HERE, NOW + 60_000)
    with pytest.raises(LockedOutError) as refused:
        sign_in(engine, "li", RIGHT, HERE, NOW + 60_000)
    assert refused.value.wait_s == 120


def test_many_accounts_from_one_address_are_stopped(
    engine: sa.Engine, li: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.sessions, "FREE_FAILURES_OF_ADDRESS", 7)
    for n in range(7):
        _fail(engine, f"guess{n}", HERE, NOW)
    with pytest.raises(LockedOutError):
        sign_in(engine, "li", RIGHT, HERE, NOW)


def test_good_logins_never_lock_an_address(
    engine: sa.Engine, li: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.sessions, "FREE_FAILURES_OF_ADDRESS", 4)
    for n in range(6):
        sign_in(engine, "li", RIGHT, HERE, NOW + n)


def test_guesses_at_the_same_time_count(engine: sa.Engine, li: Person) -> None:
    def guess(_: int) -> str:
        try:
            sign_in(engine, "li", "a wrong password", HERE, NOW)
        except WrongCredentialsError:
            return "looked at"
        except LockedOutError:
            return "locked out"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(16)))
    assert answers.count("looked at") == FREE_FAILURES
    assert answers.count("locked out") == 16 - FREE_FAILURES


def test_logins_are_audited_without_the_password(engine: sa.Engine, li: Person) -> None:
    _fail(engine, "li", HERE, NOW)
    sign_in(engine, "li", RIGHT, HERE, NOW)
    with reading(engine) as connection:
        rows = entries(connection, 2)
    assert [row.action for row in rows] == ["session.opened", "session.refused"]
    assert [row.address for row in rows] == [HERE, HERE]
    assert "password" not in str(rows)


def test_a_new_password_ends_the_other_sessions(engine: sa.Engine, li: Person) -> None:
    _, other = sign_in(engine, "li", RIGHT, HERE, NOW)
    secret = change_password(engine, li, RIGHT, "another password", HERE, NOW)
    assert find_session(engine, key_of(other), LIMITS, NOW) is None
    assert find_session(engine, key_of(secret), LIMITS, NOW) is not None
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, "li", RIGHT, HERE, NOW)
    sign_in(engine, "li", "another password", HERE, NOW)


def test_the_present_password_cannot_be_guessed_either(engine: sa.Engine, li: Person) -> None:
    for _ in range(FREE_FAILURES):
        with pytest.raises(WrongCredentialsError):
            change_password(engine, li, "a wrong password", "another password", HERE, NOW)
    with pytest.raises(LockedOutError):
        change_password(engine, li, RIGHT, "another password", HERE, NOW)


def test_close_sessions_of(engine: sa.Engine, li: Person) -> None:
    keys = [key_of(sign_in(engine, "li", RIGHT, HERE, NOW)[1]) for _ in range(2)]
    with transaction(engine) as connection:
        close_sessions_of(connection, li)
    assert [find_session(engine, key, LIMITS, NOW) for key in keys] == [None, None]


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("x" * 500) == "x" * 64


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_the_wait_never_shrinks_and_never_exceeds(failures: int, free: int) -> None:
    assert 0 <= lock_ms(failures, free) <= lock_ms(failures + 1, free) <= LONGEST_LOCK_MS
    assert (lock_ms(failures, free) == 0) == (failures < free)
