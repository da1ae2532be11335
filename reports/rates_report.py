"""The rates report: the three rates and the others of the inventory, by branch and together."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from device_configs.indicators import RateEntry, rate_entries
from device_configs.quantities import Label
from reports.asked import Asked
from reports.branches import branches
from reports.document import Cell, Column, Note, Report, Row, Sheet, Source, SourceKind, Weight
from reports.forms import Form
from reports.rates import Rate, inventories, rate
from reports.report_texts import report_texts

KIND = "rates"
Fields = Mapping[str, Decimal | None]
"""The inventory of a community."""
PROPOSED = "P"

_WHOLE = (
    Column("indicator", Form.TEXT), Column("numerator", Form.NUMBER),
    Column("denominator", Form.NUMBER), Column("rate", Form.SHARE), Column("target", Form.SHARE),
    Column("met", Form.TEXT), Column("known", Form.COUNT), Column("communities", Form.COUNT),
    Column("definition", Form.TEXT), Column("missing", Form.TEXT),
)  # fmt: skip


def make(asked: Asked) -> Report:
    """Make the rates of a site on the last day of a period, or today while it runs."""
    zone = asked.estate.timezone
    today = dt.datetime.fromtimestamp(asked.now_ms / 1000, zone).date()
    day = min(asked.period.end.date() - dt.timedelta(days=1), today)
    entries = rate_entries()
    whole = inventories(asked.estate, asked.site, day)
    sheets = [Sheet("rates", _WHOLE, [_row(name, one, rate(one, whole))
                                      for name, one in entries.items()])]  # fmt: skip
    below = branches(asked.estate, asked.site, asked.places)
    if below:
        every = [(one.name, inventories(asked.estate, one.id, day)) for one in below]
        sheets.append(_by_branch(entries, every, whole))
    notes = [Note("on_day", {"day": day.isoformat()})]
    if any(one.confidence == PROPOSED for one in entries.values()):
        notes.append(Note("proposed"))
    return Report(
        KIND, asked.site, asked.estate.sites[asked.site].name, asked.period, zone.key,
        asked.revision, asked.now_ms, sheets, notes=notes,
        sources=[_source(name, one) for name, one in entries.items()],
    )  # fmt: skip


def _source(name: str, entry: RateEntry) -> Source:
    formula = f"{_term(entry, above=True)} / {_term(entry, above=False)}"
    return Source(
        name, SourceKind.RULE, entry.label, f"{formula}; {entry.source}", "", entry.confidence
    )


def _term(entry: RateEntry, *, above: bool) -> str:
    term = entry.numerator if above else entry.denominator
    return f"sum({term.sum})" if term.sum is not None else f"count({' and '.join(term.count)})"


def _row(name: str, entry: RateEntry, found: Rate) -> Row:
    words = report_texts(KIND).rows
    share = found.share
    met: Cell = None
    if share is not None and entry.target is not None:
        met = words["yes" if share >= entry.target else "no"]
    definition = words["proposed" if entry.confidence == PROPOSED else "sourced"]
    missing = Label(
        zh="、".join(words[f"field_{one}"].zh for one in found.missing),
        en=", ".join(words[f"field_{one}"].en for one in found.missing),
    )
    given = found.known > 0
    cells: list[Cell] = [
        entry.label,
        found.numerator if given else None,
        found.denominator if given else None,
        share, entry.target, met, found.known, found.communities, definition, missing,
    ]  # fmt: skip
    return Row(cells, sources=[name])


def _by_branch(
    entries: Mapping[str, RateEntry],
    every: Sequence[tuple[Label, Sequence[Fields]]],
    whole: Sequence[Fields],
) -> Sheet:
    columns = (Column("site", Form.TEXT), *(Column(name, Form.SHARE) for name in entries))
    rows = [
        Row([name, *(rate(one, found).share for one in entries.values())], sources=[*entries])
        for name, found in every
    ]
    together = [rate(one, whole).share for one in entries.values()]
    total: list[Cell] = [report_texts(KIND).rows["total"], *together]
    return Sheet("branches", columns, [*rows, Row(total, sources=[*entries], weight=Weight.TOTAL)])
