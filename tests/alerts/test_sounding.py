from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.sounding import Sounding
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import Desk
from tests.alerts.estates import make_estate
from tests.alerts.test_outbox import RULES
from tests.alerts.test_outbox_flood import routes


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


def test_a_second_fire_keeps_the_siren_on(engine: sa.Engine) -> None:
    own = Desk(make_estate(), RULES, routes({"siren": {"output": "hall"}}), engine)
    sounding = Sounding(engine)
    own.say("smoke-1", 1, {"smoke": True})
    first = own.alarm("smoke_detector_fire", "smoke-1")
    assert first is not None
    assert not sounding("hall", first.id, True)
    own.say("panel-1/p002", 2, {"smoke": True})
    assert sounding("hall", first.id, True)
    assert not sounding("gate", first.id, True)
    own.ack("smoke_detector_fire", "panel-1/p002", 3)
    assert not sounding("hall", first.id, True), "what is acknowledged is silenced"
    assert sounding("hall", first.id, False), "unless acknowledging does not silence"
