"""Every metric at /metrics as a page: `python -m sitewatch.metrics_page > docs/metrics.md`.

A test holds `docs/metrics.md` to it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Metric

from api.line_metrics import LineCollector
from api.lines import counter_table
from api.live import LiveMetrics
from api.quality_metrics import quality_families
from collectors.driver import LineHealth
from records.dead_letters import DeadLetterStatistics
from sitewatch.metrics import family, metric_table

_HEAD = """\
# Metrics

Made by `python -m sitewatch.metrics_page` from the sources; do not edit it. `GET /metrics` gives
them to Prometheus, with a token of `administrator` or `integrator` on the whole estate
([http.md](http.md)). Alert rules on them are in `deploy/prometheus/alerts.yaml`. Times are in
seconds, sizes in bytes; what is not known is absent and never 0.
"""
_COLUMNS = "| metric | type | labels | |\n|---|---|---|---|"


def metrics_page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *(_section(title, found) for title, found in _families().items())])


def known_names() -> frozenset[str]:
    """The name of every series that a query may ask for."""
    every = (metric for found in _families().values() for metric in found)
    return frozenset(name for metric in every for name in _series(metric))


def _families() -> Mapping[str, Sequence[Metric]]:
    """Every metric by its title, without values or with those of an example."""
    found: dict[str, Sequence[Metric]] = {
        stage: [family(name, entry, ()) for name, entry in metrics.items()]
        for stage, metrics in metric_table().items()
    }
    registry = CollectorRegistry()
    LiveMetrics(registry)
    return found | {
        "lines and dead letters": _of_lines(),
        "data quality of the estate": quality_families(()),
        "live stream": list(registry.collect()),
    }


def _of_lines() -> Sequence[Metric]:
    table = counter_table()
    polled = LineHealth("polled", connected=True, counters=dict.fromkeys(table.polled, 0))
    counters = dict.fromkeys((*table.listening, *table.moments), 0)
    listening = LineHealth("listening", connected=True, counters=counters)
    collector = LineCollector(
        lambda: (polled, listening), lambda: DeadLetterStatistics(0, 0), CollectorRegistry()
    )
    return list(collector.collect())


def _section(title: str, found: Iterable[Metric]) -> str:
    rows = [
        f"| `{_shown(one)}` | {one.type} | {_labels(one)} | {one.documentation} |" for one in found
    ]
    return "\n".join([f"## {title.capitalize()}\n", _COLUMNS, *rows, ""])


def _shown(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _labels(metric: Metric) -> str:
    # The families of the library keep their labels to themselves.
    names: Sequence[str] = getattr(metric, "_labelnames", ())
    return ", ".join(f"`{name}`" for name in names)


def _series(metric: Metric) -> Iterator[str]:
    if metric.type == "histogram":
        yield from (f"{metric.name}_{end}" for end in ("bucket", "count", "sum"))
    else:
        yield _shown(metric)


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
