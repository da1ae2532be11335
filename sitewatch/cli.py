"""The command line: what a person types, and how it ends.

Exit codes: 0 good, 1 the environment or the work failed, 2 arguments or files are invalid.
"""

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from alerts.errors import AlertsError
from collectors.driver import CollectorsError
from device_configs.faults import DeviceConfigsError, InvalidConfigError
from ingest.bus import IngestError
from records.engine import RecordsError
from reports.errors import ReportsError
from sitewatch.commands.backup import backup
from sitewatch.commands.check import check
from sitewatch.commands.demo import demo
from sitewatch.commands.export import export
from sitewatch.commands.import_ import import_
from sitewatch.commands.incident import incident
from sitewatch.commands.migrate import migrate
from sitewatch.commands.probe import probe
from sitewatch.commands.profiles import profiles
from sitewatch.commands.report import report
from sitewatch.commands.restore import restore
from sitewatch.commands.run import run
from sitewatch.commands.schema import schema
from sitewatch.commands.users import token_app, users_app
from sitewatch.errors import SitewatchError
from sitewatch.screen import err

app = typer.Typer(
    name="sitewatch",
    help="IoT monitoring of building energy and safety. It monitors; it changes nothing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    demo, run, check, probe, profiles, schema, report, incident, export, backup, restore, migrate,
):  # fmt: skip
    app.command()(command)
app.command("import")(import_)
app.add_typer(users_app, name="users")
app.add_typer(token_app, name="token")

_FAILURES = (
    DeviceConfigsError, RecordsError, CollectorsError, IngestError, AlertsError, ReportsError,
    SitewatchError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except InvalidConfigError as error:
        for fault in error.faults:
            err.print(str(fault))
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except TyperException as error:
        err.print(error.format_message())
        sys.exit(2)
    except _FAILURES as error:
        err.print(str(error))
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
