"""What the watching half says of itself."""

from dataclasses import replace
from pathlib import Path

from collectors.pulse import Pulse
from records.engine import make_engine, migrate, sqlite_url
from sitewatch.current import Current
from sitewatch.data_folder import DataFolder
from sitewatch.estate_folder import load_folder
from sitewatch.heartbeats import Heartbeats, Stage
from sitewatch.settings import Settings
from sitewatch.watching import ORDERS, open_watching
from tests.device_configs.estates import smallest


def stopped(name: str) -> Heartbeats:
    """A stage that last beat a thousand seconds ago."""
    moments = iter([0.0, *[1000.0] * 100])
    pulse = Pulse(lambda: next(moments))
    pulse.beat()
    return Heartbeats({name: Stage(pulse, 60, safety=True)})


async def test_every_stage_that_an_alarm_needs_is_trouble_when_it_stops(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.path.mkdir()
    engine = make_engine(sqlite_url(data.records))
    migrate(engine)
    current = Current(load_folder(smallest(tmp_path / "estate")))
    async with open_watching(current, Settings(), data, engine) as watching:
        for name in watching.beats.stages:
            mine = replace(watching, beats=stopped(name))
            assert mine.reasons()[name] == "has not gone on for 1000 s"
            assert (name in mine.trouble()) == (name != ORDERS)
    engine.dispose()
