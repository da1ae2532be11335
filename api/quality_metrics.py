"""Data quality as Prometheus sees it: a figure for each community, yesterday and today.

The figures are worked out once a minute in a worker thread, however often they are scraped.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.items import moment
from api.threads import Threads
from device_configs.estate import Device, Estate, local_day
from device_configs.estate_entries import Level
from reports.errors import ReportsError
from reports.quality import By, Figures, quality_report

EVERY_S = 60.0
"""How often the figures are worked out. [s]"""

Found = Sequence[tuple[str, str, Figures]]
"""Community, `yesterday` or `today`, figures."""


class QualityCollector(Collector):
    """Asks the database for the figures of every community."""

    def __init__(
        self,
        engine: sa.Engine,
        estate: Callable[[], Estate],
        now_ms: Callable[[], int],
        registry: CollectorRegistry,
    ) -> None:
        self._engine = engine
        self._estate = estate
        self._now_ms = now_ms
        self._found: Found = ()
        registry.register(self)

    async def run(self, threads: Threads) -> None:
        """Work the figures out again and again, until cancelled."""
        while True:
            await threads.query(self.refresh)
            await asyncio.sleep(EVERY_S)

    def refresh(self) -> None:
        """Work the figures out; blocks. None are shown while the database cannot be read."""
        try:
            self._found = self._ask(self._now_ms())
        except ReportsError:
            self._found = ()

    def collect(self) -> Iterable[Metric]:
        """All series as they were worked out last."""
        return quality_families(self._found)

    def _ask(self, now_ms: int) -> Found:
        estate = self._estate()
        today = local_day(estate, moment(now_ms))
        places: dict[str, list[Device]] = {
            site.id: [] for site in estate.sites.values() if site.level is Level.COMMUNITY
        }
        for device in estate.devices.values():
            community = estate.community_of(device.place)
            if community is not None:
                places[community.id].append(device)
        found: list[tuple[str, str, Figures]] = []
        for site, devices in places.items():
            report = quality_report(
                self._engine, estate, devices, today - dt.timedelta(days=1), today, By.DAY
            )
            for row in report.rows:
                day = "today" if row.key == today.isoformat() else "yesterday"
                if row.figures is not None:
                    found.append((site, day, row.figures))
        return found


def quality_families(found: Found) -> list[Metric]:
    """The metrics with some figures."""
    labels = ["site", "day"]
    completeness = GaugeMetricFamily(
        "sitewatch_quality_completeness_ratio",
        "Good readings of those due, mean of a community's devices.",
        labels=labels,
    )
    online = GaugeMetricFamily(
        "sitewatch_quality_online_ratio",
        "Time in which a device was heard within its allowed silence, mean of a community's.",
        labels=labels,
    )
    for site, day, figures in found:
        if figures.completeness is not None:
            completeness.add_metric([site, day], figures.completeness)
        if figures.online is not None:
            online.add_metric([site, day], figures.online)
    return [completeness, online]
