"""Charging sessions of a connector that has a counter and no states: by its energy alone. Pure."""

from dataclasses import replace

from ingest.counters import Reading, StepKind, Terms
from ingest.counters import advance as count_on
from ingest.sessions import GAP_MS, Advanced, Ending, Mark, Seen, Session, Standing, Weighed

QUIET_MS = 1_800_000
"""A counter that stands still for longer tells of the end of a session. [P] [ms]

A counter of whole kWh rises every 17 min at 3.5 kW.
"""


def advance_by_energy(standing: Standing, seen: Seen, terms: Terms) -> Advanced:
    """Account for the next reading of the counter.

    A session begins with the last reading before the counter rises and ends with its last rise.
    How long the car stood there is not known.
    """
    if standing.newest_ms is not None and seen.at_ms < standing.newest_ms:
        return Advanced(standing)
    now = replace(standing, newest_ms=seen.at_ms)
    if seen.count is None:
        return Advanced(now)
    before = now.counter
    result = count_on(before, Reading(seen.at_ms, seen.count), terms)
    now = replace(now, counter=result.state)
    ended: tuple[Session, ...] = ()
    if now.open is not None and seen.at_ms - now.risen_ms > QUIET_MS:
        ended = (replace(now.open.session, end_ms=now.risen_ms, ending=Ending.UNKNOWN),)
        now = replace(now, open=None)
    if any(step.kind in (StepKind.RESET, StepKind.JUMP) for step in result.steps) and now.open:
        now = replace(now, open=Weighed(now.open.session.marked(Mark.PART)))
    amount = sum(portion.amount for portion in result.portions)
    if before is None or not amount:
        return Advanced(now, ended)
    begin = before.last.at_ms
    if now.open is None:
        session = Session(begin, energy=0, plugged_ms=None, idle_ms=None).marked(Mark.BY_ENERGY)
    else:
        session, begin = now.open.session, now.risen_ms
    length = seen.at_ms - begin
    if length > GAP_MS and seen.at_ms - before.last.at_ms > GAP_MS:
        session = replace(session, gap_ms=session.gap_ms + length)
    else:
        session = replace(session, charging_ms=session.charging_ms + length)
    session = replace(session, energy=(session.energy or 0) + amount)
    return Advanced(replace(now, open=Weighed(session), risen_ms=seen.at_ms), ended)
