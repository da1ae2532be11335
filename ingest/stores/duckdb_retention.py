"""Retention: readings that are older than their kind is kept go, the newest of a point never."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ingest.stores.duckdb_compaction import Compactor
from ingest.stores.duckdb_database import Connection, Database, Row
from ingest.stores.duckdb_layout import Segment, in_files, segments
from ingest.stores.duckdb_schema import ROW
from ingest.stores.duckdb_writer import Slice, write_file

WORTH = 0.1
"""The share of a file's readings that must have expired before it is written anew: retention moves
on by a day, and a file would else be rewritten every day for a day of readings."""


class Retention:
    """Drops what has expired, one Parquet file at a time; what is in no file yet is too young."""

    def __init__(self, database: Database, compactor: Compactor) -> None:
        self._database = database
        self._compactor = compactor

    def apply(self, cutoffs: Mapping[int, int]) -> int:
        """Remove readings before a series' cutoff [ms, UTC]; returns how many went.

        Raises:
            StoreError: the database or the disk refused; a file is gone whole, or is as before.
        """
        if not cutoffs:
            return 0
        with self._compactor.work("expire") as connection:
            table = {
                "series": np.array(list(cutoffs), dtype=np.int32),
                "cutoff": np.array(list(cutoffs.values()), dtype=np.int64),
            }
            connection.register("cutoffs", table)
            return sum(self._expire(connection, one) for one in self._old(connection, cutoffs))

    def _old(self, connection: Connection, cutoffs: Mapping[int, int]) -> Sequence[Segment]:
        latest = max(cutoffs.values())
        damaged = self._database.damaged
        return [
            one for one in segments(connection) if one.first_t < latest and one.file not in damaged
        ]

    def _expire(self, connection: Connection, old: Segment) -> int:
        kept = (
            f"SELECT source.* FROM ({in_files(self._database, [old])}) AS source"
            " LEFT JOIN cutoffs USING (series) LEFT JOIN newest USING (series)"
            " WHERE cutoff IS NULL OR source.t >= cutoff OR newest.t IS NULL"
            " OR source.t >= newest.t"
        )
        row = connection.execute(
            f"SELECT min(series), max(series), min(t), max(t), count(*) FROM ({kept})"
        ).fetchone()
        left = 0 if row is None else int(row[4])
        if left and left > old.readings * (1 - WORTH):
            return 0
        added = [self._rewrite(connection, old, kept, row)] if row and left else []
        self._compactor.replace([old], added)
        return old.readings - left

    def _rewrite(self, connection: Connection, old: Segment, kept: str, row: Row) -> Segment:
        part = Slice(old.month, *row)
        query = f"SELECT {ROW}, batch FROM ({kept}) ORDER BY series, t, batch, pos"
        run = self._compactor.next_run()
        written = write_file(self._database, connection, query, run, 0, part)
        # It stays of the run whose other files hold the other series.
        return replace(written, run=old.run)
