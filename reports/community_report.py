"""The community report: the 1+17+7 beside each other in energy and safety, with trend and rank."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from alerts.alarm import Severity
from alerts.kpi import begins_within, times_of
from device_configs.carriers import Carrier
from device_configs.estate_entries import Role
from reports.asked import Asked
from reports.community import overdue, ranks, trend
from reports.community_data import CommunityData, Electricity, read
from reports.consumption_sheets import change
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
from reports.drawn import COMPARABLE, divided, stored
from reports.forms import Form
from reports.report_texts import report_texts

KIND = "community"
_ENERGY = (
    Column("site", Form.TEXT), Column("role", Form.TEXT), Column("energy", Form.ENERGY),
    Column("before", Form.ENERGY), Column("change", Form.CHANGE), Column("trend", Form.TEXT),
    Column("area", Form.AREA), Column("energy_per_m2", Form.ENERGY_PER_M2),
    Column("rank", Form.COUNT),
)  # fmt: skip
_SAFETY = (
    Column("site", Form.TEXT), Column("role", Form.TEXT), Column("alarms", Form.COUNT),
    Column("emergencies", Form.COUNT), Column("unacknowledged", Form.COUNT),
    Column("to_acknowledge", Form.DURATION), Column("judged", Form.COUNT),
    Column("false_share", Form.SHARE), Column("coverage", Form.SHARE),
    Column("overdue", Form.COUNT), Column("completeness", Form.SHARE),
)  # fmt: skip
_SOURCE = "records"


@dataclass(frozen=True)
class _Line:
    """A line of both sheets."""

    name: Cell
    role: Role | None
    sites: Sequence[str]
    """Whose figures it adds up."""
    weight: Weight


def make(asked: Asked) -> Report:
    """Make the report of the communities right below a site; blocks.

    Raises:
        UnreadableDatabaseError: the database cannot be read.
    """
    data = read(asked)
    lines = list(_lines(asked, data))
    estate, words = asked.estate, report_texts(KIND).rows
    return Report(
        KIND, asked.site, estate.sites[asked.site].name, asked.period, estate.timezone.key,
        asked.revision, asked.now_ms,
        [_energy(data, lines), _safety(asked, data, lines)],
        [Chart(ChartKind.BAR, "energy", "site", ["energy_per_m2"])],
        _notes(asked, data),
        [Source(_SOURCE, SourceKind.ALARMS, words["source"],
                "counter_rollups, alarms, alarm_events, work_orders, quality_days")],
    )  # fmt: skip


def _lines(asked: Asked, data: CommunityData) -> Iterator[_Line]:
    """The branches of each role with their sum, then the whole."""
    words = report_texts(KIND).rows
    for role in (*Role, None):
        sites = [site for site, own in data.roles.items() if own is role]
        for site in sites:
            yield _Line(asked.estate.sites[site].name, role, [site], Weight.NORMAL)
        if sites and role is not None:
            yield _Line(words[f"all_{role.value}"], role, sites, Weight.SUBTOTAL)
    yield _Line(words["total"], None, [asked.site], Weight.TOTAL)


def _energy(data: CommunityData, lines: Sequence[_Line]) -> Sheet:
    words = report_texts(KIND).rows
    places: dict[str, int] = {}
    for role in (*Role, None):
        places |= ranks(
            {site: _comparable(data.electricity[site])
             for site, own in data.roles.items() if own is role}
        )  # fmt: skip
    rows = []
    for line in lines:
        first, *others = (data.electricity[site] for site in line.sites)
        found = sum(others, first)
        amount = stored(found.now, Carrier.ELECTRICITY)
        differs = change(found.now, found.before)
        word = trend(differs)
        cells: list[Cell] = [
            line.name, None if line.role is None else words[line.role.value], amount,
            stored(found.before, Carrier.ELECTRICITY), differs,
            None if word is None else words[word.value], found.area, divided(amount, found.area),
            places.get(line.sites[0]) if line.weight is Weight.NORMAL else None,
        ]  # fmt: skip
        rows.append(Row(cells, found.now.shares, [_SOURCE], line.weight))
    return Sheet("energy", _ENERGY, rows)


def _comparable(found: Electricity) -> Fraction | None:
    """Per m2 [Wh/m2], where enough is known to rank it."""
    if found.now.shares.missing > COMPARABLE:
        return None
    return divided(stored(found.now, Carrier.ELECTRICITY), found.area)


def _safety(asked: Asked, data: CommunityData, lines: Sequence[_Line]) -> Sheet:
    words = report_texts(KIND).rows
    start, end = asked.period.span.start, asked.until_ms
    rows = []
    for line in lines:
        found = data.safety(asked, line.sites)
        begun = [one for one in found.lives if not one.test and begins_within(one, start, end)]
        times = times_of(begun, end)
        cells: list[Cell] = [
            line.name, None if line.role is None else words[line.role.value], len(begun),
            sum(one.severity is Severity.EMERGENCY for one in begun), times.unacknowledged,
            times.to_acknowledge.median, times.judged,
            Fraction(times.false_alarms, times.judged) if times.judged else None,
            found.covered, overdue(found.orders, end), found.completeness,
        ]  # fmt: skip
        rows.append(Row(cells, sources=[_SOURCE], weight=line.weight))
    return Sheet("safety", _SAFETY, rows)


def _notes(asked: Asked, data: CommunityData) -> list[Note]:
    notes = [Note("rank")]
    notes += [Note("coverage_of_now")] if data.covered is None else []
    return notes + ([Note("period_running")] if asked.is_running else [])
