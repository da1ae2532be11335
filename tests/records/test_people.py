"""Accounts: names, roles, passwords, and who must remain."""

import pytest
import sqlalchemy as sa

from records import audit, people
from records.audit import SYSTEM, entries
from records.engine import reading, transaction
from records.passwords import (
    WeakPasswordError,
    check_password,
    hash_password,
    make_password,
    matches,
)
from records.people import (
    EVERYWHERE,
    InvalidAccountError,
    NameTakenError,
    Person,
    Role,
    ensure_first_administrator,
    fold,
)

NOW = 1_800_000_000_000


def _add(engine: sa.Engine, name: str, *roles: str, sites: tuple[str, ...] = ("*",)) -> Person:
    with transaction(engine) as connection:
        return people.add(connection, name, "hash", roles or ["viewer"], sites, SYSTEM, NOW)


def test_the_first_administrator_is_made_once(engine: sa.Engine) -> None:
    password = ensure_first_administrator(engine, None, NOW)
    assert password is not None
    assert ensure_first_administrator(engine, None, NOW) is None
    with reading(engine) as connection:
        admin = people.find(connection, "admin")
        assert admin is not None
        assert matches(password, people.hash_of(connection, admin))
        assert len(people.everyone(connection)) == 1
    assert set(admin.roles) >= {Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.OPERATOR}
    assert admin.sites == (EVERYWHERE,)


def test_two_installations_have_two_passwords() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, "admin")


def test_a_given_first_password_is_used_and_not_returned(engine: sa.Engine) -> None:
    assert ensure_first_administrator(engine, "correct horse", NOW) is None
    with reading(engine) as connection:
        admin = people.find(connection, "admin")
        assert admin is not None
        assert matches("correct horse", people.hash_of(connection, admin))


def test_a_weak_first_password_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(WeakPasswordError):
        ensure_first_administrator(engine, "admin", NOW)


@pytest.mark.parametrize(
    "password", ["", "short", "a" * 20, "abababababab", "xxadminxx1", "x" * 257]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_password(password, "admin")


def test_a_hash_matches_only_its_password() -> None:
    hashed = hash_password("päss 密码 word")
    assert hashed.startswith("$argon2id$")
    assert matches("päss 密码 word", hashed)
    assert not matches("pass 密码 word", hashed)
    assert not matches("päss 密码 word", None)
    assert not matches("x" * 100_000, hashed)


def test_names_have_one_spelling(engine: sa.Engine) -> None:
    _add(engine, " Ｌｉ.Wei ")
    with reading(engine) as connection:
        assert people.find(connection, "LI.WEI") is not None
    with pytest.raises(NameTakenError):
        _add(engine, "li.wei")


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a/b", "<script>", "x" * 64, "a\nb"])
def test_names_that_cannot_be(engine: sa.Engine, name: str) -> None:
    with pytest.raises(InvalidAccountError):
        _add(engine, name)


def test_unknown_roles_and_no_sites_are_refused(engine: sa.Engine) -> None:
    with pytest.raises(InvalidAccountError):
        _add(engine, "li", "root")
    with pytest.raises(InvalidAccountError):
        _add(engine, "li", "viewer", sites=())


def test_a_removed_name_stays_reserved(engine: sa.Engine) -> None:
    person = _add(engine, "li")
    with transaction(engine) as connection:
        people.remove(connection, person, SYSTEM, NOW)
    with reading(engine) as connection:
        assert people.find(connection, "li") is None
    with pytest.raises(NameTakenError):
        _add(engine, "li")


def test_the_last_security_administrator_stays(engine: sa.Engine) -> None:
    first = _add(engine, "first", "security_administrator")
    _add(engine, "scoped", "security_administrator", sites=("centre",))
    with pytest.raises(InvalidAccountError, match="last"), transaction(engine) as connection:
        people.remove(connection, first, SYSTEM, NOW)
    with pytest.raises(InvalidAccountError, match="last"), transaction(engine) as connection:
        people.change(connection, first, ["viewer"], ["*"], SYSTEM, NOW)
    _add(engine, "second", "security_administrator")
    with transaction(engine) as connection:
        people.remove(connection, first, SYSTEM, NOW)


def test_narrowing_the_last_security_administrator_is_refused(engine: sa.Engine) -> None:
    first = _add(engine, "first", "security_administrator")
    with pytest.raises(InvalidAccountError, match="last"), transaction(engine) as connection:
        people.change(connection, first, ["security_administrator"], ["centre"], SYSTEM, NOW)


def test_every_change_is_in_the_audit_chain(engine: sa.Engine) -> None:
    person = _add(engine, "li")
    with transaction(engine) as connection:
        people.change(connection, person, ["operator", "viewer"], ["b", "a", "b"], SYSTEM, NOW)
        people.set_password(connection, person, "h2", SYSTEM, NOW, must_change=True)
        people.remove(connection, person, SYSTEM, NOW)
    with reading(engine) as connection:
        rows = entries(connection, 10)
        assert audit.verify(connection).whole
    assert [row.action for row in reversed(rows)] == [
        "person.added", "person.changed", "password.reset", "person.removed",
    ]  # fmt: skip
    assert rows[2].detail == {"roles": ["viewer", "operator"], "sites": ["a", "b"]}
    assert not any("h2" in str(row.detail) for row in rows)


def test_fold_is_stable() -> None:
    assert fold(fold(" ＡＢc ")) == fold(" ＡＢc ") == "abc"
