"""How long guessing is stopped, and what counts as one address."""

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from records import people
from records.audit import SYSTEM
from records.engine import reading, transaction
from records.lockout import (
    FREE_FAILURES,
    KNOWN_MS,
    LONGEST_LOCK_MS,
    Attempt,
    count_failure,
    is_known,
    lock_ms,
    login_failures,
    network_of,
    remember,
    sweep_failures,
    uncount,
)

NOW = 1_800_000_000_000


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("x" * 500) == "x" * 64


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_the_wait_never_shrinks_and_never_exceeds(failures: int, free: int) -> None:
    assert 0 <= lock_ms(failures, free) <= lock_ms(failures + 1, free) <= LONGEST_LOCK_MS
    assert (lock_ms(failures, free) == 0) == (failures < free)


def test_the_counts_outlast_a_restart_and_are_forgotten(engine: sa.Engine) -> None:
    attempt = Attempt("li", "192.0.2.1", is_known=False, now_ms=NOW)
    with transaction(engine) as connection:
        waits = [count_failure(connection, attempt) for _ in range(FREE_FAILURES + 1)]
    assert waits == [0] * FREE_FAILURES + [60_000]
    engine.dispose()
    with transaction(engine) as connection:
        assert count_failure(connection, attempt) == 60_000
        sweep_failures(connection, NOW + LONGEST_LOCK_MS)
        assert connection.execute(sa.select(login_failures)).all() == []


def test_what_is_taken_back_does_not_lock(engine: sa.Engine) -> None:
    attempt = Attempt("li", "192.0.2.1", is_known=False, now_ms=NOW)
    with transaction(engine) as connection:
        for _ in range(3 * FREE_FAILURES):
            assert count_failure(connection, attempt) == 0
            uncount(connection, attempt)


def test_a_network_is_known_for_a_while(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        li = people.add(connection, "li", "", ["operator"], ["*"], SYSTEM, NOW)
        for moment in (NOW, NOW + 1):
            remember(connection, li.id, "2001:db8::1", moment)
    with reading(engine) as connection:
        assert is_known(connection, li.id, "2001:db8::2", NOW + 1)
        assert not is_known(connection, li.id, "192.0.2.1", NOW + 1)
        assert not is_known(connection, li.id, "2001:db8::1", NOW + 1 + KNOWN_MS)
