"""`sitewatch demo`: the simulated estate on real sockets, and the whole service on it."""

import asyncio
import datetime as dt
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from collectors.simulator.make_dates import DAY
from collectors.simulator.make_estate import FOLDER as DEMO_ESTATE
from collectors.simulator.materialise import materialise
from sitewatch.data_folder import own
from sitewatch.demo_clock import ModelClock
from sitewatch.demo_process import starting_simulator
from sitewatch.estate_folder import load_folder
from sitewatch.logs import configure_logs
from sitewatch.screen import say
from sitewatch.settings import MqttSettings, load_settings

PortOption = Annotated[int, typer.Option(help="port of the page; 0 takes a free one")]
DataOption = Annotated[Path, typer.Option(help="folder for the demo's data")]
HistoryOption = Annotated[str, typer.Option(help="how much past to fill in, as 35d; 0d for none")]
StartOption = Annotated[
    str | None, typer.Option(help="what the model's clock shows at the start, ISO 8601 with zone")
]
_DAY_MS = 86_400_000
_ZONE = ZoneInfo("Asia/Shanghai")
"""The time zone of the demo's estate."""


def _days(text: str) -> int:
    match = re.fullmatch(r"(\d{1,4})d", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a number of days such as 35d")
    return int(match.group(1))


def demo(
    port: PortOption = 8000,
    data: DataOption = Path("demo-data"),
    history: HistoryOption = "35d",
    start_at: StartOption = None,
) -> None:
    """Start a simulated estate of about 300 devices and its page, until Ctrl-C."""
    span_ms = _days(history) * _DAY_MS
    configure_logs()
    with own(data) as folder:
        later = dt.datetime.now(_ZONE).date() - DAY
        estate = materialise(DEMO_ESTATE, data / "estate", later=later)
        clock = ModelClock(data / "model-clock")
        with starting_simulator(estate, data, clock.start(start_at)) as ready:
            # Imported here, so that the small commands do not wait for the server and the
            # stores, and while the simulator starts on another core.
            from sitewatch.demo_history import HistoryImport
            from sitewatch.demo_people import give_people
            from sitewatch.service import serve
            from sitewatch.web import listen

            settings = load_settings()
            loaded = load_folder(estate)
            give_people(estate / "duty.yaml", settings, folder)
            with listen(settings.service.host, port) as listening:
                simulator = ready()
                say(f"broker: {simulator.broker} at {simulator.mqtt_url}")
                clock.keep(simulator.shift_ms)
                broker = MqttSettings(url=simulator.mqtt_url, client_id="sitewatch-demo")
                settings = settings.model_copy(update={"mqtt": broker})
                past = HistoryImport(data / "history-until", span_ms, simulator.shift_ms, say)
                asyncio.run(
                    serve(loaded, settings, folder, listening, say=say, companions=[past.run])
                )
