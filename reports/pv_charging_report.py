"""The report of sites with PV and charging: what goes where, by day and hour, pile by pile."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sqlalchemy as sa

from device_configs.quantities import Label
from ingest.interval_tables import Series
from records.engine import reading
from reports.asked import Asked
from reports.charging_data import is_seen, wh
from reports.consumption import shown_cuts
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Shares,
    Sheet,
    Source,
    Weight,
)
from reports.energy_flows import (
    Flows,
    SiteFlows,
    chargers_by_balance,
    pile_shares,
    site_flows,
    together,
)
from reports.errors import UnreadableDatabaseError
from reports.flow_sums import by_cut, by_hour_of_day
from reports.forms import Form
from reports.load import HOUR_MS
from reports.meter_sources import meter_sources
from reports.meter_tree import Balance, meter_tree
from reports.report_texts import report_texts

KIND = "pv_charging"
_FLOWS = (
    Column("pv_to_charging", Form.ENERGY), Column("pv_to_house", Form.ENERGY),
    Column("pv_to_grid", Form.ENERGY), Column("grid_to_charging", Form.ENERGY),
    Column("grid_to_house", Form.ENERGY), Column("pv_share", Form.SHARE),
)  # fmt: skip
_Piles = Mapping[Series, tuple[int, int]]


def make(asked: Asked) -> Report:
    """Make the report of the balances that have both PV and piles; blocks.

    Raises:
        UnreadableDatabaseError: the database cannot be read.
    """
    tree = meter_tree(asked.estate, asked.site)
    piles = chargers_by_balance(asked.estate, tree)
    chosen = [
        one for one in tree.balances
        if one.sources and one.exports and piles[one.site] and is_seen(asked, one.site)
    ]  # fmt: skip
    try:
        with reading(asked.engine) as connection:
            found = [
                site_flows(
                    connection, asked.estate, one, piles[one.site], asked.period.span, asked.now_ms
                )
                for one in asked.through(chosen, 0.0, 0.6)
            ]
            drawn: dict[Series, tuple[int, int]] = {}
            for one in asked.through(found, 0.6, 0.9):
                drawn |= pile_shares(connection, one)
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the intervals cannot be read: {error}") from error
    sheets = [
        _whole(found, chosen),
        _sites(asked, found, chosen),
        _steps(asked, found),
        _hours(asked, found),
        _by_pile(asked, drawn),
    ]
    return Report(
        KIND,
        asked.site,
        asked.estate.sites[asked.site].name,
        asked.period,
        asked.estate.timezone.key,
        asked.revision,
        asked.now_ms,
        sheets,
        [
            Chart(ChartKind.STACKED, "hours", "hour", ["pv_to_charging", "grid_to_charging"]),
            Chart(ChartKind.STACKED, "steps", "period",
                  ["pv_to_charging", "pv_to_house", "pv_to_grid"]),
        ],
        _notes(asked, found),
        _sources(asked, found, chosen),
    )  # fmt: skip


def _shares(found: Sequence[SiteFlows]) -> Shares:
    due = sum(one.due for one in found)
    known = sum(len(one.each) for one in found)
    return Shares(1.0 - known / due if due else 0.0)


def _ids(balance: Balance, flows: SiteFlows) -> list[str]:
    series = (*balance.series, *flows.charging)
    return [f"meter {name}" for name in dict.fromkeys(one.device for one in series)]


def _whole(found: Sequence[SiteFlows], chosen: Sequence[Balance]) -> Sheet:
    """Each flow as a line: from, to, energy, as a flow diagram takes it."""
    columns = (
        Column("from", Form.TEXT), Column("to", Form.TEXT), Column("energy", Form.ENERGY),
        Column("share", Form.SHARE),
    )  # fmt: skip
    total = together(one.total for one in found)
    words = report_texts(KIND).rows
    shares = _shares(found)
    ids = list(dict.fromkeys(name for balance, flows in zip(chosen, found, strict=True)
                             for name in _ids(balance, flows)))  # fmt: skip
    lines = [
        ("pv", "charging", total.pv_to_charging), ("pv", "house", total.pv_to_house),
        ("pv", "grid", total.pv_to_grid), ("grid", "charging", total.grid_to_charging),
        ("grid", "house", total.grid_to_house),
    ]  # fmt: skip
    if total.unmatched:
        lines.append(("unmatched", "charging", total.unmatched))
    of = {
        "pv": total.pv, "grid": total.imported, "unmatched": total.unmatched,
    }  # fmt: skip
    rows = []
    for source, target, counts in lines:
        part = Fraction(counts, of[source]) if of[source] else None
        cells: list[Cell] = [words[source], words[target], None, None]
        if total.steps:
            cells[2:] = [wh(counts), part]
        rows.append(Row(cells, shares, ids))
    return Sheet("flows", columns, rows)


def _cells(flows: Flows) -> list[Cell]:
    if not flows.steps:
        return [None] * 6
    return [
        wh(flows.pv_to_charging), wh(flows.pv_to_house), wh(flows.pv_to_grid),
        wh(flows.grid_to_charging), wh(flows.grid_to_house),
        Fraction(flows.pv_to_charging, flows.charging) if flows.charging else None,
    ]  # fmt: skip


def _sites(asked: Asked, found: Sequence[SiteFlows], chosen: Sequence[Balance]) -> Sheet:
    rows = [
        Row(
            [asked.estate.sites[one.site].name, *_cells(one.total)],
            Shares(one.missing),
            _ids(balance, one),
        )
        for balance, one in zip(chosen, found, strict=True)
    ]
    total = together(one.total for one in found)
    name = report_texts(KIND).rows["total"]
    rows.append(Row([name, *_cells(total)], _shares(found), weight=Weight.TOTAL))
    return Sheet("sites", (Column("site", Form.TEXT), *_FLOWS), rows)


def _steps(asked: Asked, found: Sequence[SiteFlows]) -> Sheet:
    cuts = shown_cuts(asked.period, asked.now_ms)
    each = by_cut(found, cuts)
    rows = [Row([cut.name, *_cells(one)]) for cut, one in zip(cuts, each, strict=True)]
    name = report_texts(KIND).rows["total"]
    rows.append(Row([name, *_cells(together(each))], weight=Weight.TOTAL))
    return Sheet("steps", (Column("period", Form.TEXT), *_FLOWS), rows)


def _hours(asked: Asked, found: Sequence[SiteFlows]) -> Sheet:
    sums = by_hour_of_day(found, asked.estate.timezone)
    rows = [Row([f"{hour:02d}:00", *_cells(one)]) for hour, one in sums.items()]
    return Sheet("hours", (Column("hour", Form.TEXT), *_FLOWS), rows)


def _by_pile(asked: Asked, drawn: _Piles) -> Sheet:
    columns = (
        Column("device", Form.TEXT), Column("name", Form.TEXT), Column("energy", Form.ENERGY),
        Column("pv_to_charging", Form.ENERGY), Column("pv_share", Form.SHARE),
    )  # fmt: skip
    rows = []
    for one, (counts, of_pv) in drawn.items():
        device = asked.estate.devices[one.device.partition("/")[0]]
        cells: list[Cell] = [
            one.device, device.name, wh(counts), wh(of_pv),
            Fraction(of_pv, counts) if counts else None,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[f"meter {one.device}"]))
    total = sum(counts for counts, _ in drawn.values())
    of_pv = sum(part for _, part in drawn.values())
    name: Label = report_texts(KIND).rows["total"]
    known = bool(drawn)
    rows.append(
        Row(
            [name, None, wh(total) if known else None, wh(of_pv) if known else None,
             Fraction(of_pv, total) if total else None],
            weight=Weight.TOTAL,
        )
    )  # fmt: skip
    return Sheet("piles", columns, rows)


def _notes(asked: Asked, found: Sequence[SiteFlows]) -> list[Note]:
    notes = [Note("rule"), Note("known_steps")]
    notes += [] if found else [Note("no_site")]
    if any(one.length_ms == HOUR_MS for one in found):
        notes.append(Note("by_the_hour"))
    left = sorted(name for one in found for name in one.left_out)
    notes += [Note("piles_left_out", {"piles": ", ".join(left)})] if left else []
    if sum(one.total.unmatched for one in found):
        notes.append(Note("unmatched"))
    if asked.is_running:
        notes.append(Note("period_running"))
    return notes


def _sources(asked: Asked, found: Sequence[SiteFlows], chosen: Sequence[Balance]) -> list[Source]:
    names = [
        one.device
        for balance, flows in zip(chosen, found, strict=True)
        for one in (*balance.series, *flows.charging)
    ]
    return meter_sources(asked.estate, names, asked.revision)
