"""Setting up a second factor, and taking it away."""

import pytest
import sqlalchemy as sa

from records import people, second_factor, totp
from records.audit import SYSTEM, entries
from records.engine import reading, transaction
from records.people import Person
from records.seal import new_seal
from records.second_factor import EnrolledError, WrongCodeError

NOW = 1_800_000_000_000
SEAL = new_seal()


@pytest.fixture
def li(engine: sa.Engine) -> Person:
    with transaction(engine) as connection:
        return people.add(connection, "li", "", ["operator"], ["*"], SYSTEM, NOW)


def _code(secret: str, now_ms: int = NOW) -> str:
    return totp.code_at(secret, now_ms // 30_000)


def test_it_holds_once_it_is_confirmed(engine: sa.Engine, li: Person) -> None:
    with transaction(engine) as connection:
        lost = second_factor.begin(connection, SEAL, li)
        secret = second_factor.begin(connection, SEAL, li)
        assert not second_factor.has_second_factor(connection, li)
        assert not second_factor.spend(connection, SEAL, li, _code(secret), SYSTEM, NOW)
        with pytest.raises(WrongCodeError):
            second_factor.confirm(connection, SEAL, li, _code(lost), SYSTEM, NOW)
        codes = second_factor.confirm(connection, SEAL, li, _code(secret), SYSTEM, NOW)
        assert second_factor.people_with_second_factor(connection) == {li.id}
        with pytest.raises(EnrolledError):
            second_factor.begin(connection, SEAL, li)
        with pytest.raises(WrongCodeError):
            second_factor.confirm(connection, SEAL, li, _code(secret), SYSTEM, NOW)
        # The code that confirmed it is used up.
        assert not second_factor.spend(connection, SEAL, li, _code(secret), SYSTEM, NOW)
        assert second_factor.spend(connection, SEAL, li, _code(secret, NOW + 30_000), SYSTEM, NOW)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    with reading(engine) as connection:
        stored = str(connection.execute(sa.select(second_factor.second_factors)).all())
        stored += str(connection.execute(sa.select(second_factor.recovery_codes)).all())
        stored += str(entries(connection, 10))
    assert secret not in stored
    assert not [code for code in codes if code in stored]


def test_a_recovery_code_is_one_persons(engine: sa.Engine, li: Person) -> None:
    with transaction(engine) as connection:
        wang = people.add(connection, "wang", "", ["operator"], ["*"], SYSTEM, NOW)
        given = {}
        for person in (li, wang):
            secret = second_factor.begin(connection, SEAL, person)
            given[person.id] = second_factor.confirm(
                connection, SEAL, person, _code(secret), SYSTEM, NOW
            )
        assert not second_factor.spend(connection, SEAL, li, given[wang.id][0], SYSTEM, NOW)
        assert second_factor.spend(connection, SEAL, wang, given[wang.id][0], SYSTEM, NOW)


def test_it_is_taken_away_with_its_codes(engine: sa.Engine, li: Person) -> None:
    with transaction(engine) as connection:
        assert not second_factor.remove(connection, li, SYSTEM, NOW)
        secret = second_factor.begin(connection, SEAL, li)
        second_factor.confirm(connection, SEAL, li, _code(secret), SYSTEM, NOW)
        assert second_factor.remove(connection, li, SYSTEM, NOW)
        assert second_factor.codes_left(connection, li) == 0
        assert not second_factor.has_second_factor(connection, li)
        actions = [entry.action for entry in entries(connection, 2)]
    assert actions == ["second_factor.removed", "second_factor.added"]
