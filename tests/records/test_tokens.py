"""Tokens: shown once, stored as a hash, and over when they are."""

import pytest
import sqlalchemy as sa

from records import tokens
from records.audit import SYSTEM, entries
from records.engine import reading, transaction
from records.people import InvalidAccountError, NameTakenError
from records.sessions import key_of
from records.tokens import UnknownTokenError, find_token

NOW = 1_800_000_000_000


def _add(engine: sa.Engine, name: str = "grafana", expires_at: int | None = None) -> str:
    with transaction(engine) as connection:
        _, secret = tokens.add(connection, name, ["viewer"], ["*"], SYSTEM, NOW, expires_at)
        return secret


def test_a_token_is_found_by_its_secret_alone(engine: sa.Engine) -> None:
    secret = _add(engine)
    found = find_token(engine, key_of(secret), NOW)
    assert found is not None
    assert (found.name, found.roles, found.created_by) == ("grafana", ("viewer",), "system")
    assert find_token(engine, key_of(secret + "x"), NOW) is None
    assert find_token(engine, secret, NOW) is None
    with reading(engine) as connection:
        stored = str(connection.execute(sa.select(tokens.tokens)).all())
        rows = entries(connection, 5)
    assert secret not in stored
    assert secret not in str(rows)


def test_a_token_ends(engine: sa.Engine) -> None:
    secret = _add(engine, expires_at=NOW + 1000)
    assert find_token(engine, key_of(secret), NOW + 999) is not None
    assert find_token(engine, key_of(secret), NOW + 1000) is None
    for end in (NOW, NOW + tokens.LONGEST_MS + 1):
        with pytest.raises(InvalidAccountError):
            _add(engine, "late", expires_at=end)


def test_a_revoked_token_is_over_and_its_name_reserved(engine: sa.Engine) -> None:
    secret = _add(engine)
    with transaction(engine) as connection:
        tokens.revoke(connection, "grafana", SYSTEM, NOW)
    assert find_token(engine, key_of(secret), NOW) is None
    with reading(engine) as connection:
        assert tokens.listed(connection) == []
        assert entries(connection, 1)[0].action == "token.revoked"
    with pytest.raises(UnknownTokenError), transaction(engine) as connection:
        tokens.revoke(connection, "grafana", SYSTEM, NOW)
    with pytest.raises(NameTakenError):
        _add(engine)


@pytest.mark.parametrize("name", ["", " x", "x" * 65, "a\nb"])
def test_names_that_cannot_be(engine: sa.Engine, name: str) -> None:
    with pytest.raises(InvalidAccountError):
        _add(engine, name)


def test_the_last_use_is_noted_but_not_at_each_request(engine: sa.Engine) -> None:
    secret = _add(engine)
    for now, noted in ((NOW, NOW), (NOW + 59_999, NOW), (NOW + 60_000, NOW + 60_000)):
        token = find_token(engine, key_of(secret), now)
        assert token is not None
        tokens.touch(engine, token, now)
        again = find_token(engine, key_of(secret), now)
        assert again is not None
        assert again.last_used_at == noted
