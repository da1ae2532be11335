"""The command line: what a person types, and how it ends.

Exit codes: 0 good, 1 the environment or the work failed, 2 arguments or files are invalid.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

import typer
from typer.exceptions import TyperException

from device_configs.faults import DeviceConfigsError, InvalidConfigError
from sitewatch.errors import InvalidInputError, SitewatchError
from sitewatch.screen import err

_COMMANDS = (
    "demo", "run", "check", "profiles", "probe", "scan", "record", "replay", "schema", "acl",
    "report", "incident", "export", "import", "backup", "restore", "migrate", "roll-call",
    "savings", "doctor",
)  # fmt: skip
"""Each is the function of this name in the module of this name (`import_` for a keyword)."""
_GROUPS = {
    "audit": ("audit", "audit_app"),
    "users": ("users", "users_app"),
    "token": ("users", "token_app"),
    "duty": ("duty", "duty_app"),
    "meter-change": ("meter_change", "meter_change_app"),
    "rules": ("rules", "rules_app"),
    "tariff": ("tariff", "tariff_app"),
}
"""Commands with commands of their own: the module of each, and its application there."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = make_app(given)(args=given, standalone_mode=False)
    except InvalidConfigError as error:
        for fault in error.faults:
            err.print(str(fault))
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except TyperException as error:
        err.print(error.format_message())
        sys.exit(2)
    except InvalidInputError as error:
        err.print(str(error))
        sys.exit(2)
    except failures() as error:
        err.print(str(error))
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def make_app(arguments: Sequence[str]) -> typer.Typer:
    """The application with the one command that is asked for, or with all of them for the help.

    A small command shall not wait until the server, the stores and the database are imported.
    """
    app = typer.Typer(
        name="sitewatch",
        help="IoT monitoring of building energy and safety. It monitors; it changes nothing.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_no_command)
    asked = next((one for one in arguments if not one.startswith("-")), None)
    known = asked in _COMMANDS or asked in _GROUPS
    for name in _COMMANDS:
        if name == asked or not known:
            word = f"{name}_" if iskeyword(name) else name.replace("-", "_")
            app.command(name)(getattr(import_module(f"sitewatch.commands.{word}"), word))
    for name, (file, group) in _GROUPS.items():
        if name == asked or not known:
            module = import_module(f"sitewatch.commands.{file}")
            app.add_typer(getattr(module, group), name=name)
    return app


def _no_command() -> None:
    pass


def failures() -> tuple[type[Exception], ...]:
    """The roots of every package's errors; imported only when something has failed."""
    from alerts.errors import AlertsError
    from collectors.driver import CollectorsError
    from ingest.bus import IngestError
    from records.engine import RecordsError
    from reports.errors import ReportsError

    return (
        DeviceConfigsError, RecordsError, CollectorsError, IngestError, AlertsError, ReportsError,
        SitewatchError,
    )  # fmt: skip
