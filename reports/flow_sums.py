"""Flows of energy added up: of several sites, by period, by the local hour of the day."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from reports.energy_flows import Flows, SiteFlows, together
from reports.periods import Period


def by_cut(sites: Sequence[SiteFlows], cuts: Sequence[Period]) -> list[Flows]:
    """The flows of periods that follow each other; a step a site lacks holds the others'."""
    found: list[list[Flows]] = [[] for _ in (*cuts, None)]
    ends = [cut.span.end for cut in cuts]
    for site in sites:
        for start, flows in site.each.items():
            found[bisect_right(ends, start)].append(flows)
    return [together(each) for each in found[: len(cuts)]]


def by_hour_of_day(sites: Sequence[SiteFlows], zone: ZoneInfo) -> Mapping[int, Flows]:
    """The flows by the local hour of the day that their step begins in."""
    starts = {start for site in sites for start in site.each}
    hours = {start: dt.datetime.fromtimestamp(start / 1000, zone).hour for start in starts}
    found: dict[int, list[Flows]] = {hour: [] for hour in range(24)}
    for site in sites:
        for start, flows in site.each.items():
            found[hours[start]].append(flows)
    return {hour: together(each) for hour, each in found.items()}
