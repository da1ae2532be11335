"""Signing in: who gets in, what stops guessing, and the second factor."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

import records.lockout
import records.sign_in
from records import people, second_factor, totp
from records.audit import SYSTEM, Actor, entries
from records.engine import reading, transaction
from records.lockout import FREE_FAILURES, FREE_FAILURES_OF_ACCOUNT, LockedOutError
from records.passwords import hash_password
from records.people import Person
from records.seal import new_seal
from records.second_factor import SecondFactorNeededError
from records.sessions import Limits, csrf_of, find_session, key_of, sessions
from records.sign_in import Client, WrongCredentialsError

NOW = 1_800_000_000_000
LIMITS = Limits(idle_ms=1_800_000, absolute_ms=86_400_000)
RIGHT = "a right password"
HERE = "192.0.2.1"
SEAL = new_seal()


@pytest.fixture
def li(engine: sa.Engine) -> Person:
    with transaction(engine) as connection:
        hashed = hash_password(RIGHT)
        return people.add(
            connection, "li", hashed, ["operator"], ["*"], SYSTEM, NOW, must_change_password=False
        )


def sign_in(
    engine: sa.Engine, name: str, password: str, address: str, now_ms: int, code: str = ""
) -> tuple[Person, str]:
    return records.sign_in.sign_in(engine, SEAL, name, password, Client(address), now_ms, code)


def change_password(
    engine: sa.Engine, person: Person, current: str, new: str, address: str, now_ms: int
) -> str:
    client = Client(address)
    return records.sign_in.change_password(engine, person, current, new, client, now_ms)


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
    monkeypatch.setattr(records.lockout, "FREE_FAILURES_OF_ADDRESS", 7)
    for n in range(7):
        _fail(engine, f"guess{n}", HERE, NOW)
    with pytest.raises(LockedOutError):
        sign_in(engine, "li", RIGHT, HERE, NOW)


def test_good_logins_never_lock_an_address(
    engine: sa.Engine, li: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records.lockout, "FREE_FAILURES_OF_ADDRESS", 4)
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


def _enrol(engine: sa.Engine, person: Person) -> tuple[str, list[str]]:
    """Give a person a second factor, confirmed with the code of the step before NOW."""
    with transaction(engine) as connection:
        secret = second_factor.begin(connection, SEAL, person)
        code = totp.code_at(secret, NOW // 30_000 - 1)
        codes = second_factor.confirm(connection, SEAL, person, code, Actor("person:li"), NOW)
    return secret, codes


def test_with_a_second_factor_the_password_alone_does_not_open(
    engine: sa.Engine, li: Person
) -> None:
    secret, _ = _enrol(engine, li)
    with pytest.raises(SecondFactorNeededError):
        sign_in(engine, "li", RIGHT, HERE, NOW)
    code = totp.code_at(secret, NOW // 30_000)
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, "li", "a wrong password", HERE, NOW, code)
    assert sign_in(engine, "li", RIGHT, HERE, NOW, code)[0] == li
    # Whoever looked over the shoulder has a code that was used.
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, "li", RIGHT, HERE, NOW + 1, code)


def test_a_recovery_code_opens_once_and_without_the_key(engine: sa.Engine, li: Person) -> None:
    _, codes = _enrol(engine, li)
    other = new_seal()
    given = f" {codes[0].upper()} "
    person, _ = records.sign_in.sign_in(engine, other, "li", RIGHT, Client(HERE), NOW, given)
    assert person == li
    with pytest.raises(WrongCredentialsError):
        sign_in(engine, "li", RIGHT, HERE, NOW, codes[0])
    sign_in(engine, "li", RIGHT, HERE, NOW, codes[1])
    with reading(engine) as connection:
        assert second_factor.codes_left(connection, li) == len(codes) - 2
        row = entries(connection, 1, action="second_factor.recovered")[0]
    assert row.detail == {"left": len(codes) - 2}
    assert codes[1] not in str(row)


def test_codes_cannot_be_guessed_between_right_passwords(engine: sa.Engine, li: Person) -> None:
    _enrol(engine, li)
    for _ in range(FREE_FAILURES):
        with pytest.raises(SecondFactorNeededError):
            sign_in(engine, "li", RIGHT, HERE, NOW)
        with pytest.raises(WrongCredentialsError):
            sign_in(engine, "li", RIGHT, HERE, NOW, "000 000")
    with pytest.raises(LockedOutError):
        sign_in(engine, "li", RIGHT, HERE, NOW)


def test_an_account_guessed_from_everywhere_opens_where_it_is_known(
    engine: sa.Engine, li: Person
) -> None:
    sign_in(engine, "li", RIGHT, HERE, NOW)
    for n in range(FREE_FAILURES_OF_ACCOUNT):
        _fail(engine, "li", f"198.51.100.{n}", NOW)
    with pytest.raises(LockedOutError):
        sign_in(engine, "li", RIGHT, "203.0.113.1", NOW + 1)
    sign_in(engine, "li", RIGHT, HERE, NOW + 1)


def test_an_account_that_is_not_there_locks_alike(engine: sa.Engine) -> None:
    for n in range(FREE_FAILURES_OF_ACCOUNT):
        _fail(engine, "nobody", f"198.51.100.{n}", NOW)
    with pytest.raises(LockedOutError):
        sign_in(engine, "nobody", RIGHT, "203.0.113.1", NOW + 1)
