"""The sheets of the charging report."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from ingest.sessions import Session
from reports.asked import Asked
from reports.charging import (
    HourUse,
    Stays,
    begun_in,
    by_hour,
    charging,
    disagrees,
    energy_of,
    length_of,
    occupied,
    stays_of,
)
from reports.charging_data import ChargingData, Connector, community_of, wh
from reports.document import Cell, Column, Row, Sheet, Weight
from reports.energy_flows import Flows
from reports.flow_sums import by_hour_of_day
from reports.forms import Form
from reports.periods import Period
from reports.report_texts import report_texts

KIND = "charging"

_STAYS = (
    Column("sessions", Form.COUNT), Column("energy", Form.ENERGY), Column("mean", Form.ENERGY),
    Column("most", Form.ENERGY), Column("plugged", Form.HOURS), Column("charging_time", Form.HOURS),
    Column("idle", Form.HOURS), Column("failed", Form.COUNT), Column("faulted", Form.COUNT),
    Column("unseen", Form.COUNT), Column("differing", Form.COUNT),
)  # fmt: skip


def _cells(stays: Stays) -> list[Cell]:
    timed = stays.timed > 0 or not stays.sessions
    return [
        stays.sessions,
        wh(stays.energy) if stays.measured or not stays.sessions else None,
        wh(stays.mean),
        wh(stays.most),
        Fraction(stays.plugged_ms, 1000) if timed else None,
        Fraction(stays.charging_ms, 1000),
        Fraction(stays.idle_ms, 1000) if timed else None,
        stays.failed,
        stays.faulted,
        stays.unseen,
        stays.differing,
    ]


def _begun(data: ChargingData, connectors: Sequence[Connector]) -> list[Session]:
    return [
        one for each in connectors for one in begun_in(data.sessions[each.name], data.passed)
    ]  # fmt: skip


def steps_sheet(data: ChargingData, cuts: Sequence[Period]) -> Sheet:
    """Sessions by month or day."""
    every = _begun(data, data.connectors)
    rows = [Row([cut.name, *_cells(stays_of(begun_in(every, cut.span)))]) for cut in cuts]
    shares = data.shares(data.connectors)
    total = Row(
        [report_texts(KIND).rows["total"], *_cells(stays_of(every))], shares, weight=Weight.TOTAL
    )
    return Sheet("steps", (Column("period", Form.TEXT), *_STAYS), [*rows, total])


def piles_sheet(asked: Asked, data: ChargingData) -> Sheet:
    """Each connector: sessions, what its counter counted beside them, how it is used."""
    columns = (
        Column("device", Form.TEXT), Column("name", Form.TEXT), Column("site", Form.TEXT), *_STAYS,
        Column("counted", Form.ENERGY), Column("outside", Form.ENERGY),
        Column("occupied", Form.SHARE), Column("charging", Form.SHARE),
    )  # fmt: skip
    rows = [_pile(asked, data, one) for one in data.connectors]
    every = list(data.connectors)
    head: list[Cell] = [report_texts(KIND).rows["total"], None, None]
    total = Row(
        [*head, *_cells(stays_of(_begun(data, every))), *_beside(data, every)],
        data.shares(every), weight=Weight.TOTAL,
    )  # fmt: skip
    return Sheet("piles", columns, [*rows, total])


def _pile(asked: Asked, data: ChargingData, one: Connector) -> Row:
    site = asked.estate.sites[community_of(asked.estate, one.device)].name
    cells = [one.name, one.device.name, site, *_cells(stays_of(_begun(data, [one])))]
    return Row([*cells, *_beside(data, [one])], data.shares([one]), [f"meter {one.name}"])


def _beside(data: ChargingData, connectors: Sequence[Connector]) -> list[Cell]:
    """The counter, what it counted outside of the sessions that began, and the shares of time."""
    amounts = [data.amounts(one) for one in connectors]
    known = [one.amount for one in amounts if one is not None]
    counted = sum(known) if known and len(known) == len(amounts) else None
    drawn = sum(energy_of(one) or 0 for one in _begun(data, connectors))
    due = data.passed.length * len(connectors)
    every = [session for one in connectors for session in data.sessions[one.name]]
    return [
        wh(counted),
        None if counted is None else wh(counted - drawn),
        Fraction(length_of(occupied(every, data.passed)), due) if due else None,
        Fraction(length_of(charging(every, data.passed)), due) if due else None,
    ]


def hours_sheet(asked: Asked, data: ChargingData) -> Sheet:
    """How the piles are used by the local hour of the day, and the share of PV in what they get."""
    zone = asked.estate.timezone
    columns = (
        Column("hour", Form.TEXT), Column("occupied", Form.SHARE), Column("charging", Form.SHARE),
        Column("energy", Form.ENERGY), Column("pv_share", Form.SHARE),
    )  # fmt: skip
    every = [session for one in data.connectors for session in data.sessions[one.name]]
    plugged = by_hour(occupied(every, data.passed), zone)
    active = by_hour(charging(every, data.passed), zone)
    sums = by_hour_of_day((step for one in data.flows for step in one.each.items()), zone)
    whole = HourUse()
    whole.add(data.passed.start, data.passed.end, zone)
    due = {hour: time * len(data.connectors) for hour, time in whole.by_hour.items()}
    rows = [
        Row(
            [
                f"{hour:02d}:00",
                Fraction(plugged[hour], due[hour]) if due[hour] else None,
                Fraction(active[hour], due[hour]) if due[hour] else None,
                wh(sums[hour].charging) if sums[hour].steps else None,
                pv_share(sums[hour]),
            ]
        )
        for hour in range(24)
    ]
    return Sheet("hours", columns, rows)


def pv_share(flows: Flows) -> Fraction | None:
    """The share of PV in what the piles drew; None where they drew nothing or it is not known."""
    return Fraction(flows.pv_to_charging, flows.charging) if flows.charging else None


def sites_sheet(asked: Asked, data: ChargingData) -> Sheet:
    """Charging by site: energy, PV in it, and what it would cost at the site's tariff."""
    columns = (
        Column("site", Form.TEXT), Column("connectors", Form.COUNT), Column("counted", Form.ENERGY),
        Column("pv_energy", Form.ENERGY), Column("pv_share", Form.SHARE),
        Column("cost", Form.MONEY),
    )  # fmt: skip
    flows = {one.site: one for one in data.flows}
    by_site: dict[str, list[Connector]] = {}
    for one in data.connectors:
        by_site.setdefault(community_of(asked.estate, one.device), []).append(one)
    rows = []
    for site, each in by_site.items():
        amounts = [data.amounts(one) for one in each]
        known = [one.amount for one in amounts if one is not None]
        counted = sum(known) if known and len(known) == len(amounts) else None
        own = flows.get(site)
        total = own.total if own is not None and own.each else None
        rows.append(
            Row(
                [
                    asked.estate.sites[site].name,
                    len(each),
                    wh(counted),
                    None if total is None else wh(total.pv_to_charging),
                    None if total is None else pv_share(total),
                    data.costs.get(site),
                ],
                data.shares(each),
                [f"meter {one.name}" for one in each],
            )
        )
    return Sheet("sites", columns, rows)


def sessions_sheet(asked: Asked, data: ChargingData) -> Sheet:
    """Every session that began in the period."""
    columns = (
        Column("device", Form.TEXT), Column("begin", Form.TEXT), Column("end", Form.TEXT),
        Column("energy", Form.ENERGY), Column("told", Form.ENERGY),
        Column("charging_time", Form.DURATION), Column("idle", Form.DURATION),
        Column("ending", Form.TEXT), Column("marks", Form.TEXT),
    )  # fmt: skip
    words = report_texts(KIND).rows
    rows = []
    for connector in data.connectors:
        for one in begun_in(data.sessions[connector.name], data.passed):
            marks = [mark.value for mark in sorted(one.marks)]
            marks += ["gap"] if one.gap_ms else []
            marks += ["differs"] if disagrees(one) else []
            cells: list[Cell] = [
                connector.name,
                _moment(asked, one.start_ms),
                None if one.end_ms is None else _moment(asked, one.end_ms),
                wh(energy_of(one)),
                wh(one.told),
                Fraction(one.charging_ms, 1000),
                None if one.idle_ms is None else Fraction(one.idle_ms, 1000),
                words[f"ending_{one.ending.value}"],
                ", ".join(marks),
            ]
            rows.append(Row(cells, sources=[f"meter {connector.name}"]))
    return Sheet("sessions", columns, rows)


def _moment(asked: Asked, at_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(at_ms / 1000, asked.estate.timezone)
    return f"{moment:%Y-%m-%d %H:%M:%S}"
