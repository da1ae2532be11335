"""How each channel did with the newest notifications."""

from pathlib import Path

import sqlalchemy as sa

from alerts import tables
from alerts.channel_states import ChannelState, channel_states
from records.engine import reading, transaction
from tests.api.house import Built, built


def _row(town: Built, number: int, channel: str, **given: object) -> None:
    with transaction(town.house.engine) as connection:
        event = connection.execute(sa.select(sa.func.max(tables.alarm_events.c.id))).scalar_one()
        row = {
            "event": event, "alarm": 1, "transition": "raised", "rank": 1, "channel": channel,
            "target": f"t{number}", "parameters": {}, "payload": {}, "created_at": number,
            "due_at": 0, "attempts": 1, "claimed_until": 0, **given,
        }  # fmt: skip
        connection.execute(sa.insert(tables.outbox).values(**row))


def test_what_waits_what_went_and_what_it_last_said(tmp_path: Path) -> None:
    with built(tmp_path) as town:
        town.alarm("grid")
        _row(town, 1, "webhook", failed_at=5, last_error="404")
        _row(town, 2, "webhook", last_error="timed out")
        _row(town, 3, "webhook", sent_at=30)
        _row(town, 4, "email", sent_at=40)
        _row(town, 5, "siren")
        with reading(town.house.engine) as connection:
            found = channel_states(connection)
    assert list(found) == [
        ChannelState("email", 0, 0, 40, None, None),
        ChannelState("siren", 1, 0, None, None, None),
        ChannelState("webhook", 1, 1, 30, "timed out", 2),
    ]


def test_nothing_is_said_of_channels_that_were_never_used(tmp_path: Path) -> None:
    with built(tmp_path) as town, reading(town.house.engine) as connection:
        assert list(channel_states(connection)) == []
