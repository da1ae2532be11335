import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts import tables
from alerts.channels.message import Message, Receipt, Report, ReportState
from alerts.errors import SendError
from alerts.receipts import ReceiptPoller
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import Desk
from tests.alerts.estates import make_estate
from tests.alerts.test_outbox import RULES, dispatching, settled, wall_ms
from tests.alerts.test_outbox_flood import deliveries, routes


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(sqlite_url(tmp_path / "records.db"))
    migrate(engine)
    yield engine
    engine.dispose()


class Phone:
    """A channel with receipts, and reports as it is told."""

    def __init__(self, *reports: Report | SendError | None) -> None:
        self.reports = list(reports)
        self.asked: list[tuple[object, str]] = []

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        return Receipt("call-1")

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        self.asked.append((parameters["phone"], receipt.id))
        found = self.reports.pop(0)
        if isinstance(found, SendError):
            raise found
        return found


async def told(engine: sa.Engine, channel: str, phone: Phone) -> Desk:
    given = routes({channel: {"phone": "13800000000"}})
    own = Desk(make_estate(), RULES, given, engine)
    own.say("smoke-1", 1, {"smoke": True})
    async with dispatching(engine, {channel: phone}, own.routes):
        await settled(engine)
    return own


@pytest.mark.parametrize("channel", ["aliyun_voice", "smpp"])
async def test_a_call_that_was_picked_up_is_kept_and_acknowledges_nothing(
    engine: sa.Engine, channel: str
) -> None:
    phone = Phone(Report(ReportState.ANSWERED, "200000"))
    own = await told(engine, channel, phone)
    later = wall_ms() + 60_000
    await ReceiptPoller(engine, {channel: phone}, lambda: later).ask()
    (kept,) = deliveries(engine)
    assert (kept["state"], kept["receipt"], kept["detail"]) == ("answered", "call-1", "200000")
    assert kept["reported_at"] == later
    assert phone.asked == [("13800000000", "call-1")]
    alarm = own.alarm("smoke_detector_fire", "smoke-1")
    assert alarm is not None
    assert not alarm.acked
    assert own.events("smoke_detector_fire", "smoke-1") == ["raised"]
    with engine.begin() as connection:
        assert connection.execute(sa.select(tables.outbox.c.delivery)).scalars().all() == [
            kept["id"]
        ]


async def test_it_asks_again_and_ends(engine: sa.Engine) -> None:
    phone = Phone(*[None, SendError("down")] * 10)
    await told(engine, "aliyun_voice", phone)
    days = itertools.count(1)
    poller = ReceiptPoller(
        engine, {"aliyun_voice": phone}, lambda: wall_ms() + next(days) * 86_400_000
    )
    for _ in range(20):
        await poller.ask()
    assert len(phone.asked) == 7
    assert deliveries(engine)[0]["state"] == "taken"


async def test_a_channel_that_is_gone_is_not_asked(engine: sa.Engine) -> None:
    await told(engine, "aliyun_voice", Phone())
    await ReceiptPoller(engine, {}, lambda: wall_ms() + 60_000).ask()
    assert deliveries(engine)[0]["asked"] == 1
