"""The acquisition as Prometheus sees it: every line's counters, lateness and devices."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.lines import counter_table, counts, is_polled, state_of
from collectors.driver import LineHealth
from records.dead_letters import DeadLetterStatistics

STATES = ("answering", "silent", "unknown")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class LineCollector(Collector):
    """Asks the lines at each scrape; nothing is kept between two."""

    def __init__(
        self,
        lines: Callable[[], Sequence[LineHealth]],
        dead_letters: Callable[[], DeadLetterStatistics],
        registry: CollectorRegistry,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        """While nobody watches (`is_watched`) there is nothing: no old figure is given."""
        self._is_watched = is_watched
        self._lines = lines
        self._dead_letters = dead_letters
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """All series of this moment."""
        if not self._is_watched():
            return
        lines = self._lines()
        yield from _counted(lines)
        yield from _standing(lines)
        yield from _timed(lines)
        yield _devices(lines)
        yield _refused(lines)
        letters = self._dead_letters()
        yield CounterMetricFamily(
            "sitewatch_dead_letters_kept", "Payloads kept as dead letters.", letters.kept
        )
        yield CounterMetricFamily(
            "sitewatch_dead_letters_not_kept",
            "Payloads above the limit of their source, counted only.",
            letters.not_kept,
        )


def _counted(lines: Sequence[LineHealth]) -> Iterator[Metric]:
    words = counter_table().counters
    families: dict[str, CounterMetricFamily] = {}
    for line in lines:
        for name, count in counts(line).items():
            if not _NAME.fullmatch(name):
                continue
            if name not in families:
                text = f"{words.get(name, f'What the line counts as {name}')}."
                families[name] = CounterMetricFamily(
                    f"sitewatch_line_{name}", text, labels=["line"]
                )
            families[name].add_metric([line.line], count)
    yield from families.values()


def _standing(lines: Sequence[LineHealth]) -> Iterator[Metric]:
    for name, text in counter_table().moments.items():
        family = GaugeMetricFamily(f"sitewatch_line_{name}", f"{text}.", labels=["line"])
        for line in lines:
            if name in line.counters:
                family.add_metric([line.line], line.counters[name])
        yield family


def _timed(lines: Sequence[LineHealth]) -> Iterator[Metric]:
    connected = GaugeMetricFamily(
        "sitewatch_line_connected", "1 while the line's connection stands.", labels=["line"]
    )
    newest = GaugeMetricFamily(
        "sitewatch_line_lateness_seconds", "How late the newest cycle started.", labels=["line"]
    )
    worst = GaugeMetricFamily(
        "sitewatch_line_lateness_p99_seconds",
        "How late the worst one of a hundred of the newest cycles started.",
        labels=["line"],
    )
    for line in lines:
        connected.add_metric([line.line], int(line.connected))
        if is_polled(line):
            newest.add_metric([line.line], line.lateness_ms / 1000)
            worst.add_metric([line.line], line.lateness_p99_ms / 1000)
    yield from (connected, newest, worst)


def _refused(lines: Sequence[LineHealth]) -> Metric:
    family = GaugeMetricFamily(
        "sitewatch_line_refused_points",
        "Points that devices of the line say they do not have.",
        labels=["line"],
    )
    for line in lines:
        family.add_metric([line.line], sum(len(health.refused) for health in line.devices))
    return family


def _devices(lines: Sequence[LineHealth]) -> Metric:
    family = GaugeMetricFamily(
        "sitewatch_line_devices",
        "Devices of the line by how they answer.",
        labels=["line", "state"],
    )
    for line in lines:
        states = Counter(state_of(health) for health in line.devices)
        for state in STATES:
            family.add_metric([line.line, state], states[state])
    return family
