"""The safety report in the interface's shape."""

from alerts.kpi import ClassTimes, Figures
from api.items import moment
from api.order_items import to_workload, to_workloads
from api.schemas_safety import (
    SafetyChatter,
    SafetyClass,
    SafetyFigures,
    SafetyFlood,
    SafetyItem,
    SafetyReport,
    SafetySpread,
)
from device_configs.quantities import Label
from reports.safety import SafetyReportData

MOST_FLOODS = 100
"""Floods, and alarms that chatter, that one row names; the counts are whole."""


def to_safety(data: SafetyReportData) -> SafetyReport:
    """The report in the interface's shape."""
    return SafetyReport(
        site=data.site,
        site_name=dict(data.site_name),
        period=data.period,
        timezone=data.timezone,
        operators=data.operators,
        until=moment(data.until_ms),
        rows=[
            SafetyItem(site=row.site, name=dict(row.name), figures=_figures(row.figures))
            for row in data.rows
        ],
        total=_figures(data.total),
        orders=to_workload(None, None, data.orders.total),
        teams=to_workloads(
            data.orders.teams, {team: Label(**name) for team, name in data.teams.items()}
        ),
    )


def _figures(found: Figures) -> SafetyFigures:
    return SafetyFigures(
        alarms=found.alarms,
        per_operator_10min=found.per_operator_10min,
        peak_10min=found.peak_10min,
        floods=[
            SafetyFlood(start=moment(one.start), end=moment(one.end), alarms=one.alarms)
            for one in found.floods[:MOST_FLOODS]
        ],
        flooded_share=found.flooded_share,
        chattering=[
            SafetyChatter(rule=key[0], device=key[1], point=key[2], alarms=count)
            for key, count in found.chattering[:MOST_FLOODS]
        ],
        fleeting=found.fleeting,
        stale=found.stale,
        mix=dict(found.mix),
        classes={name: _class(one) for name, one in found.classes.items()},
        tests=found.tests,
    )


def _class(one: ClassTimes) -> SafetyClass:
    return SafetyClass(
        alarms=one.alarms,
        unacknowledged=one.unacknowledged,
        to_acknowledge=SafetySpread(**vars(one.to_acknowledge)),
        to_arrive=SafetySpread(**vars(one.to_arrive)),
        to_clear=SafetySpread(**vars(one.to_clear)),
        judged=one.judged,
        false_alarms=one.false_alarms,
    )
