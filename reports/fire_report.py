"""The report of fire detection: alarms and what they were, shielding, tests, blind time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from alerts.alarm import Finding
from alerts.coverage import PlaceCoverage
from alerts.coverage_shares import covered_share
from alerts.lives import Placed, is_in, lives
from alerts.proof_rows import counting
from alerts.proofs import Done, ProofBook
from device_configs.estate import Estate
from device_configs.kinds import FUNCTIONAL_TEST, System
from ingest.quality_days import Gap
from ingest.quality_tables import read_runs
from records.engine import reading
from reports.asked import Asked
from reports.branches import branches
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.errors import UnreadableDatabaseError
from reports.fire import blind, fire_alarms, shielded
from reports.forms import Form
from reports.report_texts import report_texts

KIND = "fire"
_ALARMS = (
    Column("site", Form.TEXT), Column("alarms", Form.COUNT), Column("real", Form.COUNT),
    Column("false_alarm", Form.COUNT), Column("device_fault", Form.COUNT),
    Column("test", Form.COUNT), Column("unclear", Form.COUNT), Column("not_judged", Form.COUNT),
    Column("drills", Form.COUNT), Column("to_acknowledge", Form.DURATION),
    Column("to_reset", Form.DURATION),
)  # fmt: skip
_PROTECTION = (
    Column("site", Form.TEXT), Column("units", Form.COUNT), Column("shielded", Form.COUNT),
    Column("shielded_time", Form.HOURS), Column("tests", Form.COUNT), Column("proven", Form.COUNT),
    Column("proven_share", Form.SHARE), Column("coverage", Form.SHARE),
)  # fmt: skip
_BLIND = (Column("from", Form.TEXT), Column("to", Form.TEXT), Column("blind", Form.DURATION))
_SOURCE = "alarms"


@dataclass(frozen=True)
class _Read:
    """What is read of the database."""

    alarms: Sequence[Placed]
    proofs: Sequence[Done]
    runs: Sequence[tuple[int, int]]
    covered: Sequence[PlaceCoverage] | None


def make(asked: Asked) -> Report:
    """Make the report of fire detection of a site and of everything below it; blocks.

    Raises:
        UnreadableDatabaseError: the database cannot be read.
    """
    start, end = asked.period.span.start, asked.until_ms
    last = asked.period.end.date() - dt.timedelta(days=1)
    covered = asked.coverage() if asked.coverage is not None and asked.is_running else None
    try:
        with reading(asked.engine) as connection:
            read = _Read(
                lives(connection, start, end, asked.places),
                [one for one in counting(connection) if one.done_on <= last],
                read_runs(connection, start),
                covered,
            )
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the alarms cannot be read: {error}") from error
    gaps = blind(read.runs, start, end)
    estate, words = asked.estate, report_texts(KIND).rows
    return Report(
        KIND, asked.site, estate.sites[asked.site].name, asked.period, estate.timezone.key,
        asked.revision, asked.now_ms,
        [_alarms(asked, read), _protection(asked, read), _blind(asked, gaps)],
        [Chart(ChartKind.STACKED, "alarms", "site", ["real", "false_alarm", "not_judged"])],
        _notes(asked, read, gaps),
        [Source(_SOURCE, SourceKind.ALARMS, words["source"], "alarms, alarm_events, proofs")],
    )  # fmt: skip


def _rows(asked: Asked) -> Iterator[tuple[Cell, str, Weight]]:
    for one in branches(asked.estate, asked.site, asked.places):
        yield one.name, one.id, Weight.NORMAL
    yield report_texts(KIND).rows["total"], asked.site, Weight.TOTAL


def _alarms(asked: Asked, read: _Read) -> Sheet:
    start, end = asked.period.span.start, asked.until_ms
    rows = []
    for name, site, weight in _rows(asked):
        mine = [one.life for one in read.alarms if is_in(one, site, asked.estate)]
        found = fire_alarms(mine, start, end)
        cells: list[Cell] = [
            name, found.alarms, found.found[Finding.REAL], found.found[Finding.FALSE_ALARM],
            found.found[Finding.DEVICE_FAULT], found.found[Finding.TEST],
            found.found[Finding.UNKNOWN], found.not_judged, found.tests,
            found.to_acknowledge.median, found.to_reset.median,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[_SOURCE], weight=weight))
    return Sheet("alarms", _ALARMS, rows)


def _protection(asked: Asked, read: _Read) -> Sheet:
    estate, book = asked.estate, ProofBook(asked.estate, read.proofs)
    start, end = asked.period.span.start, asked.until_ms
    today = dt.datetime.fromtimestamp((end - 1) / 1000, estate.timezone).date()
    units = dict(_units(estate))
    first, rows = asked.period.start.date(), []
    for name, site, weight in _rows(asked):
        inside = estate.below(site)
        mine = {
            unit for unit, place in units.items()
            if place in inside and (asked.places is None or place in asked.places)
        }  # fmt: skip
        standings = [book.standing(unit, FUNCTIONAL_TEST) for unit in mine]
        proven = sum(one.due_on is not None and today <= one.due_on for one in standings)
        # Where no test was ever noted nobody keeps a note of them: unknown, and not 0.
        noted = any(one.done_on is not None for one in standings)
        count, took = shielded(
            (one.life for one in read.alarms if is_in(one, site, estate)), start, end
        )
        tests = sum(
            one.kind == FUNCTIONAL_TEST and one.device in mine and first <= one.done_on
            for one in read.proofs
        )
        cells: list[Cell] = [
            name, len(mine), count, took / 1000, tests, proven if noted else None,
            proven / len(mine) if noted else None, _covered(read, inside, asked.places),
        ]  # fmt: skip
        rows.append(Row(cells, sources=[_SOURCE], weight=weight))
    return Sheet("protection", _PROTECTION, rows)


def _units(estate: Estate) -> Iterator[tuple[str, str]]:
    """What detects or reports fire and can be tested, with its place."""
    for device in estate.devices.values():
        kind, parts = device.profile.kind, device.profile.parts
        if kind.system is System.FIRE and FUNCTIONAL_TEST in kind.proofs:
            yield device.id, device.place
        if parts is None or parts.kind.system is not System.FIRE:
            continue
        if FUNCTIONAL_TEST in parts.kind.proofs:
            for part in device.parts.values():
                yield f"{device.id}/{part.id}", part.place


def _covered(read: _Read, inside: frozenset[str], places: frozenset[str] | None) -> float | None:
    if read.covered is None:
        return None
    mine = [
        one for one in read.covered
        if one.system == System.FIRE and one.place in inside
        and (places is None or one.place in places)
    ]  # fmt: skip
    return covered_share(mine)


def _blind(asked: Asked, gaps: Sequence[Gap] | None) -> Sheet:
    zone, words = asked.estate.timezone, report_texts(KIND).rows

    def moment(at_ms: int) -> str:
        return f"{dt.datetime.fromtimestamp(at_ms / 1000, zone):%Y-%m-%d %H:%M:%S}"

    rows = [
        Row([moment(one.start), moment(one.end), (one.end - one.start) / 1000])
        for one in gaps or ()
    ]
    whole = None if gaps is None else sum(one.end - one.start for one in gaps) / 1000
    return Sheet("blind", _BLIND, [*rows, Row([words["total"], None, whole], weight=Weight.TOTAL)])


def _notes(asked: Asked, read: _Read, gaps: Sequence[Gap] | None) -> list[Note]:
    notes = [Note("shielded_from")]
    notes += [Note("no_runs")] if gaps is None else []
    notes += [Note("coverage_of_now")] if read.covered is None else []
    return notes + ([Note("period_running")] if asked.is_running else [])
