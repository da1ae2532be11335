"""Sitewatch itself, for whoever runs it: stages, queues, store, channels, lines, database."""

import time
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from fastapi import APIRouter

from alerts.channel_states import channel_states
from alerts.watch import SERVICE
from api.auth import Asking
from api.errors import Refusal
from api.house import House
from api.items import moment, to_item
from api.lines import state_of
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.routes.system import status_of
from api.schemas import LatestItem
from api.schemas_admin import (
    ChannelState,
    DatabaseState,
    Figure,
    LinesState,
    ServiceState,
    StageState,
)
from api.schemas_lines import DeviceState
from collectors.driver import LineHealth
from records.engine import reading, revision_of

router = APIRouter(tags=["system"])
FIGURES = frozenset(
    {
        "sitewatch_half_up", "sitewatch_journal_lag_samples", "sitewatch_journal_lag_seconds",
        "sitewatch_journal_bytes", "sitewatch_journal_dropped_samples_total",
        "sitewatch_journal_lost_samples_total", "sitewatch_journal_refused_samples_total",
        "sitewatch_recorder_lag_seconds", "sitewatch_recorder_failures_total",
        "sitewatch_judge_lag_seconds", "sitewatch_store_bytes", "sitewatch_store_files",
        "sitewatch_disk_free_bytes",
    }
)  # fmt: skip
"""Samples of the metrics that the page shows."""
_NO_ANSWER = (sa.exc.OperationalError, sa.exc.ProgrammingError)


@router.get("/service")
async def get_service(
    caller: Asking, house: Behind, index: IndexOfNow, threads: Workers
) -> ServiceState:
    """How sitewatch itself is doing; what is not known is absent or null."""
    if not caller.everywhere(index.estate):
        raise Refusal("not_found")
    now = house.now_ms()
    stages = dict(house.health())
    lines = house.line_health()
    letters = house.letter_counts()
    own = [
        LatestItem.model_validate(to_item(value, index), from_attributes=True)
        for value in house.latest.items([SERVICE], now)
    ]
    figures, channels, database = await threads.query(lambda: _looked_up(house))
    return ServiceState(
        at=moment(now),
        version=house.version,
        revision=house.revision(),
        status=status_of(stages),
        is_watched=house.is_watched(),
        stages=[StageState(name=name, state=state) for name, state in stages.items()],
        values=own,
        figures=figures,
        channels=channels,
        lines=_lines(lines),
        dead_letters=letters.kept,
        dead_letters_dropped=letters.not_kept,
        database=database,
    )


def _looked_up(house: House) -> tuple[list[Figure], list[ChannelState], DatabaseState]:
    """What takes time."""
    return list(_figures(house)), _channels(house.engine), _database(house.engine)


def _figures(house: House) -> Iterator[Figure]:
    for family in house.registry.collect():
        for sample in family.samples:
            if sample.name in FIGURES:
                yield Figure(name=sample.name, labels=dict(sample.labels), value=sample.value)


def _channels(engine: sa.Engine) -> list[ChannelState]:
    with reading(engine) as connection:
        found = channel_states(connection)
    return [
        ChannelState(
            channel=one.channel,
            waiting=one.waiting,
            given_up=one.given_up,
            sent_at=None if one.sent_at is None else moment(one.sent_at),
            last_error=one.last_error,
            failed_at=None if one.failed_at is None else moment(one.failed_at),
        )
        for one in found
    ]


def _database(engine: sa.Engine) -> DatabaseState:
    begun = time.perf_counter()
    revision: str | None = None
    answered: float | None = None
    try:
        with reading(engine) as connection:
            revision = revision_of(connection)
        answered = round((time.perf_counter() - begun) * 1000, 2)
    except _NO_ANSWER:
        revision = None
    return DatabaseState(
        dialect=engine.dialect.name, schema_revision=revision, answered_ms=answered
    )


def _lines(lines: Sequence[LineHealth]) -> LinesState:
    states = [DeviceState(state_of(device)) for line in lines for device in line.devices]
    return LinesState(
        lines=len(lines),
        connected=sum(line.connected for line in lines),
        devices=len(states),
        answering=states.count(DeviceState.ANSWERING),
        silent=states.count(DeviceState.SILENT),
        never_tried=states.count(DeviceState.UNKNOWN),
    )
