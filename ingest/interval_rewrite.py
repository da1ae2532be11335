"""Putting newly counted intervals in the place of those that are written."""

from collections.abc import Mapping

import sqlalchemy as sa

from ingest.interval_tables import Series, add_steps
from ingest.rewrite import Rewritten
from ingest.rollup import Amounts
from ingest.rollup_tables import amounts_of

_PUT = sa.text("""
INSERT INTO counter_intervals
  (device, point, start_ms, amount, recovered_amount, covered_ms, recovered_ms,
   integrated_amount, integrated_ms, version, rewritten_ms)
VALUES (:device, :point, :start_ms, :amount, :recovered_amount, :covered_ms, :recovered_ms,
   :integrated_amount, :integrated_ms, :version, :rewritten_ms)
ON CONFLICT (device, point, start_ms) DO UPDATE SET
  amount = excluded.amount, recovered_amount = excluded.recovered_amount,
  covered_ms = excluded.covered_ms, recovered_ms = excluded.recovered_ms,
  integrated_amount = excluded.integrated_amount, integrated_ms = excluded.integrated_ms,
  version = excluded.version, rewritten_ms = excluded.rewritten_ms
""")
# Made once: to make a statement takes longer than to run it.
_KNOWN = sa.text("""
SELECT start_ms, amount, recovered_amount, covered_ms, recovered_ms, integrated_amount,
  integrated_ms, version, rewritten_ms
FROM counter_intervals
WHERE device = :device AND point = :point AND start_ms >= :begin AND start_ms < :end
""")
_FORGET_STEPS = sa.text("""
DELETE FROM counter_steps
WHERE device = :device AND point = :point AND start_ms >= :begin AND start_ms < :end
""")
_NEVER = 2**62

Deltas = dict[tuple[str, str, int], Amounts]
"""Device, point and start of an interval to how much it has changed."""


def rewrite(
    connection: sa.Connection, series: Series, result: Rewritten, now_ms: int, *, is_late: bool
) -> Deltas:
    """Replace the intervals and steps of a stretch; says how much each interval has changed.

    A row that is no longer known stays, empty, so that it shows that it was altered. With
    `is_late` false the counter only went on, and the rows keep their version.
    """
    _rewrite_steps(connection, series, result, now_ms)
    known = _known(connection, series, result)
    deltas: Deltas = {}
    rows: list[dict[str, object]] = []
    for start in sorted(known.keys() | result.amounts.keys()):
        before, version, rewritten_ms = known.get(start, (Amounts(), 0, None))
        after = result.amounts.get(start, Amounts())
        if before == after:
            continue
        deltas[(*series, start)] = after - before
        rows.append(
            {
                "device": series.device,
                "point": series.point,
                "start_ms": start,
                "amount": after.amount,
                "recovered_amount": after.recovered_amount,
                "covered_ms": after.covered_ms,
                "recovered_ms": after.recovered_ms,
                "integrated_amount": after.integrated_amount,
                "integrated_ms": after.integrated_ms,
                "version": version + 1 if is_late else max(version, 1),
                "rewritten_ms": now_ms if is_late else rewritten_ms,
            }
        )
    if rows:
        connection.execute(_PUT, rows)
    return deltas


def _known(
    connection: sa.Connection, series: Series, result: Rewritten
) -> Mapping[int, tuple[Amounts, int, int | None]]:
    return {
        row.start_ms: (amounts_of(row), row.version, row.rewritten_ms)
        for row in connection.execute(_KNOWN, _stretch(series, result))
    }


def known_amounts(
    connection: sa.Connection, series: Series, result: Rewritten
) -> Mapping[int, Amounts]:
    """What is written of the stretch that would be replaced, by the start of the interval."""
    return {start: known[0] for start, known in _known(connection, series, result).items()}


def _rewrite_steps(
    connection: sa.Connection, series: Series, result: Rewritten, now_ms: int
) -> None:
    connection.execute(_FORGET_STEPS, _stretch(series, result))
    add_steps(connection, [(series, step) for step in result.steps], now_ms)


def _stretch(series: Series, result: Rewritten) -> dict[str, object]:
    end_ms = _NEVER if result.end_ms is None else result.end_ms
    return {
        "device": series.device, "point": series.point, "begin": result.start_ms, "end": end_ms,
    }  # fmt: skip
