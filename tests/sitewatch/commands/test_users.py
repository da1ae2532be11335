"""Accounts from the terminal, on the database that the service uses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from records import audit
from records.engine import make_engine, migrate, reading, sqlite_url
from records.seal import new_seal
from records.sessions import key_of
from records.sign_in import Client, sign_in
from records.tokens import find_token
from sitewatch.commands.users import token_app, users_app

RUNNER = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(engine)
    engine.dispose()
    return tmp_path


def _password(line: str) -> str:
    return line.partition(" / ")[2].partition(" ")[0]


def test_a_person_is_added_listed_and_reset(data: Path) -> None:
    where = ["--data", str(data)]
    added = RUNNER.invoke(users_app, ["add", "li", "--role", "operator", "--site", "n1", *where])
    assert added.exit_code == 0, added.output
    listed = RUNNER.invoke(users_app, ["list", "--json", *where])
    assert json.loads(listed.stdout) == [
        {"username": "li", "roles": ["operator"], "sites": ["n1"], "must_change_password": True}
    ]
    assert "operator" in RUNNER.invoke(users_app, ["list", *where]).stdout
    reset = RUNNER.invoke(users_app, ["reset", "li", *where])
    assert _password(reset.stdout) != _password(added.stdout)
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    try:
        person, _ = sign_in(
            engine, new_seal(), "li", _password(reset.stdout), Client("127.0.0.1"), 1
        )
        with reading(engine) as connection:
            rows = audit.entries(connection, 10)
    finally:
        engine.dispose()
    assert person.must_change_password
    assert [row.action for row in rows] == ["session.opened", "password.reset", "person.added"]
    assert rows[1].actor.startswith("terminal:")


def test_a_token_is_added_and_revoked(data: Path) -> None:
    where = ["--data", str(data)]
    added = RUNNER.invoke(token_app, ["add", "grafana", "--role", "viewer", "--days", "3", *where])
    assert added.exit_code == 0, added.output
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    try:
        found = find_token(engine, key_of(added.stdout.strip()), 0)
        assert found is not None
        assert found.sites == ("*",)
        assert RUNNER.invoke(token_app, ["revoke", "grafana", *where]).exit_code == 0
        assert find_token(engine, key_of(added.stdout.strip()), 0) is None
        assert RUNNER.invoke(token_app, ["revoke", "grafana", *where]).exit_code == 1
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "arguments",
    [["add", "a b", "--role", "viewer"], ["add", "li", "--role", "root"], ["add", "li"]],
)
def test_arguments_that_cannot_be(data: Path, arguments: list[str]) -> None:
    result = RUNNER.invoke(users_app, [*arguments, "--data", str(data)])
    assert result.exit_code == 2


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = RUNNER.invoke(users_app, ["list", "--data", str(tmp_path / "gone")])
    assert result.exit_code == 1
    assert "there is no data folder" in str(result.exception)
