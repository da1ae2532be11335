"""The sheets of the charging report."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

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
    stays_by_cut,
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


@dataclass(frozen=True)
class Used:
    """How a connector was used."""

    by_cut: Sequence[Stays]
    """Sessions by month or day."""
    occupied: Sequence[tuple[int, int]]
    """When a car was there: beginnings and ends in the period [ms, UTC]."""
    charging: Sequence[tuple[int, int]]

    @cached_property
    def stays(self) -> Stays:
        """All sessions that began in the period."""
        return sum(self.by_cut, Stays())

    @cached_property
    def lengths(self) -> tuple[int, int]:
        """How long a car was there, and was charged [ms]."""
        return length_of(self.occupied), length_of(self.charging)


def used_of(data: ChargingData, cuts: Sequence[Period]) -> Mapping[str, Used]:
    """How each connector was used; every session is looked at once for all sheets."""
    spans = [cut.span for cut in cuts]
    return {
        one.name: Used(
            stays_by_cut(begun_in(data.sessions[one.name], data.passed), spans),
            list(occupied(data.sessions[one.name], data.passed)),
            list(charging(data.sessions[one.name], data.passed)),
        )
        for one in data.connectors
    }


def steps_sheet(data: ChargingData, used: Mapping[str, Used], cuts: Sequence[Period]) -> Sheet:
    """Sessions by month or day."""
    rows = [
        Row([cut.name, *_cells(sum((one.by_cut[place] for one in used.values()), Stays()))])
        for place, cut in enumerate(cuts)
    ]
    every = sum((one.stays for one in used.values()), Stays())
    shares = data.shares(data.connectors)
    total = Row([report_texts(KIND).rows["total"], *_cells(every)], shares, weight=Weight.TOTAL)
    return Sheet("steps", (Column("period", Form.TEXT), *_STAYS), [*rows, total])


def piles_sheet(asked: Asked, data: ChargingData, used: Mapping[str, Used]) -> Sheet:
    """Each connector: sessions, what its counter counted beside them, how it is used."""
    columns = (
        Column("device", Form.TEXT), Column("name", Form.TEXT), Column("site", Form.TEXT), *_STAYS,
        Column("counted", Form.ENERGY), Column("outside", Form.ENERGY),
        Column("occupied", Form.SHARE), Column("charging", Form.SHARE),
    )  # fmt: skip
    rows = []
    for one in data.connectors:
        site = asked.estate.sites[community_of(asked.estate, one.device)].name
        head: list[Cell] = [one.name, one.device.name, site]
        cells = [*head, *_use(data, [one], [used[one.name]])]
        rows.append(Row(cells, data.shares([one]), [f"meter {one.name}"]))
    every = list(data.connectors)
    head = [report_texts(KIND).rows["total"], None, None]
    total = Row(
        [*head, *_use(data, every, list(used.values()))], data.shares(every), weight=Weight.TOTAL
    )
    return Sheet("piles", columns, [*rows, total])


def _use(
    data: ChargingData, connectors: Sequence[Connector], used: Sequence[Used]
) -> Sequence[Cell]:
    """Sessions, the counter, what it counted outside of them, and the shares of time."""
    stays = sum((one.stays for one in used), Stays())
    amounts = [data.amounts(one) for one in connectors]
    known = [one.amount for one in amounts if one is not None]
    counted = sum(known) if known and len(known) == len(amounts) else None
    due = data.passed.length * len(connectors)
    return [
        *_cells(stays),
        wh(counted),
        None if counted is None else wh(counted - stays.energy),
        Fraction(sum(one.lengths[0] for one in used), due) if due else None,
        Fraction(sum(one.lengths[1] for one in used), due) if due else None,
    ]


def hours_sheet(asked: Asked, data: ChargingData, used: Mapping[str, Used]) -> Sheet:
    """How the piles are used by the local hour of the day, and the share of PV in what they get."""
    zone = asked.estate.timezone
    columns = (
        Column("hour", Form.TEXT), Column("occupied", Form.SHARE), Column("charging", Form.SHARE),
        Column("energy", Form.ENERGY), Column("pv_share", Form.SHARE),
    )  # fmt: skip
    plugged = by_hour((each for one in used.values() for each in one.occupied), zone)
    active = by_hour((each for one in used.values() for each in one.charging), zone)
    sums = by_hour_of_day(data.flows, zone)
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
