"""Samples out of the journal's file, by whichever process: whole batches, each proven first."""

import sqlite3
from dataclasses import dataclass

import msgspec

from collectors.sample import Lane, Sample
from ingest.journal_batch import LANES, decoded
from ingest.journal_row import Row

_NUMBER = {lane: number for number, lane in enumerate(LANES)}


@dataclass(frozen=True)
class Selected:
    """What one look at the file has found."""

    samples: list[Sample]
    damaged: frozenset[int]
    """Ids of batches that cannot be read."""
    broken: bool
    """Whether it ends at something that nobody wrote."""


def select(
    connection: sqlite3.Connection, lane: Lane, after: int, limit: int, *, skip: bool
) -> Selected:
    """Samples of a lane after a number, whole batches until `limit` is reached.

    What lies behind a damaged batch is given only when damage is to be skipped: whoever reads on
    before the repair would never get what the repair still finds.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    samples: list[Sample] = []
    damaged: set[int] = set()
    broken = False
    rows = connection.execute(
        "SELECT id, lane, first_seq, last_seq, count, lane_total, written_at, crc, payload"
        " FROM batch WHERE lane = ? AND last_seq > ? ORDER BY last_seq",
        (_NUMBER[lane], after),
    )
    total: int | None = None
    for identifier, *fields in rows:
        row = Row(*fields)
        found = _decoded(row)
        if found is None:
            damaged.add(identifier)
        # The index that leads to the rows may be damaged as well, and leave some out.
        whole = found is not None and total in (None, row.lane_total - row.samples)
        if not whole and not skip:
            broken = True
            break
        total = row.lane_total if whole else None
        samples += [sample for sample in found or () if sample.seq > after]
        if len(samples) >= limit:
            break
    rows.close()
    return Selected(samples, frozenset(damaged), broken)


def _decoded(row: Row) -> list[Sample] | None:
    if row.is_whole:
        try:
            return decoded(row.payload, row.first_seq)
        except msgspec.DecodeError:
            pass
    return None
