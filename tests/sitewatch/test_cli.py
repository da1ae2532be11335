"""How the command line starts: with one command, or with all of them for the help."""

import subprocess
import sys

import pytest

from sitewatch.cli import make_app
from tests.sitewatch.commands.console import run

COMMANDS = {
    "demo", "run", "check", "profiles", "probe", "scan", "record", "replay", "schema", "acl",
    "report", "incident",
}  # fmt: skip


def names(*arguments: str) -> set[str]:
    app = make_app(arguments)
    groups = {group.name for group in app.registered_groups}
    return {str(name) for name in {c.name for c in app.registered_commands} | groups}


@pytest.mark.parametrize("command", sorted(COMMANDS | {"users", "token", "meter-change"}))
def test_only_what_is_asked_for_is_made(command: str) -> None:
    assert names(command, "--help") == {command}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("dance",), ("demmo", "probe")])
def test_the_help_has_them_all(arguments: tuple[str, ...]) -> None:
    assert names(*arguments) >= COMMANDS | {"users", "token", "meter-change"}


def test_every_command_has_a_help_of_its_own() -> None:
    for command in COMMANDS:
        result = run(command, "--help")
        assert (result.code, result.err) == (0, "")
        assert "Usage" in result.out


def test_a_small_command_does_not_wait_for_the_service() -> None:
    program = (
        "import sys; from sitewatch.cli import make_app; make_app(['probe']);"
        "print(sorted({'duckdb', 'fastapi', 'uvicorn', 'apscheduler', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_command_of_this_name() -> None:
    result = run("dance")
    assert (result.code, result.out) == (2, "")
    assert "No such command 'dance'" in result.err
