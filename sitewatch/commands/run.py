"""`sitewatch run`: the service on real devices."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from sitewatch.data_folder import own
from sitewatch.estate_folder import load_folder
from sitewatch.logs import configure_logs
from sitewatch.screen import say
from sitewatch.settings import load_settings

EstateOption = Annotated[Path, typer.Option("--estate", help="the estate folder")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="settings as TOML")]
DataOption = Annotated[Path | None, typer.Option("--data", help="the data folder")]
PortOption = Annotated[int | None, typer.Option("--port", help="port of the page")]


SplitOption = Annotated[
    bool,
    typer.Option("--split", help="watch in one process, serve in another, so that nothing there "
                 "holds up an alarm"),
]  # fmt: skip


def run(
    estate: EstateOption,
    config: ConfigOption = None,
    data: DataOption = None,
    port: PortOption = None,
    split: SplitOption = False,
) -> None:
    """Run the service on an estate folder until Ctrl-C."""
    # Imported here, so that the small commands do not wait for the server and the stores.
    from sitewatch.tls import check_tls
    from sitewatch.web import listen

    settings = load_settings(config)
    check_tls(settings.service)
    loaded = load_folder(estate)
    configure_logs()
    service = settings.service
    with (
        own(data or service.data) as folder,
        listen(service.host, service.port if port is None else port) as listening,
    ):
        if split:
            from sitewatch.split.parent import run_split

            asyncio.run(run_split(loaded, config, settings, folder, listening, say=say))
        else:
            from sitewatch.service import serve

            asyncio.run(serve(loaded, settings, folder, listening, say=say))
