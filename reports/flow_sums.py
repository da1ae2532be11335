"""Flows of energy added up: of several sites, by period, by the local hour of the day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from reports.energy_flows import Flows, SiteFlows, together
from reports.periods import Period


def merged(every: Iterable[SiteFlows]) -> Mapping[int, Flows]:
    """The flows of several balances by step; a step that one lacks holds what the others know."""
    found: dict[int, list[Flows]] = defaultdict(list)
    for one in every:
        for start, flows in one.each.items():
            found[start].append(flows)
    return {start: together(each) for start, each in found.items()}


def by_cut(flows: Mapping[int, Flows], cuts: Sequence[Period]) -> list[Flows]:
    """The flows of periods that follow each other."""
    found: list[list[Flows]] = [[] for _ in cuts]
    ends = [cut.span.end for cut in cuts]
    place = 0
    for start in sorted(flows):
        while place < len(ends) and start >= ends[place]:
            place += 1
        if place < len(ends):
            found[place].append(flows[start])
    return [together(each) for each in found]


def by_hour_of_day(flows: Iterable[tuple[int, Flows]], zone: ZoneInfo) -> Mapping[int, Flows]:
    """The flows by the local hour of the day that their step begins in."""
    found: dict[int, list[Flows]] = {hour: [] for hour in range(24)}
    for start, one in flows:
        found[dt.datetime.fromtimestamp(start / 1000, zone).hour].append(one)
    return {hour: together(each) for hour, each in found.items()}
