"""What counters counted and what light there was: history for expectations, from SQL and the store.

`None` stands for what is not wholly known; it is never taken for nothing.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import sqlalchemy as sa

from alerts.spans import DaySpan
from device_configs.estate import Device, Estate
from ingest.counter_terms import counter_spec
from ingest.counters import from_count
from ingest.interval_tables import Series
from ingest.rollup import Span, amounts_in
from ingest.stores.store import Aggregate, TimeSeriesStore

_KNOWN_SHARE = 0.95
"""Share of a span that must be known for its amount to be used. [P]"""


def amounts(
    connection: sa.Connection, estate: Estate, series: Sequence[Series], spans: Sequence[DaySpan]
) -> list[Mapping[Series, float | None]]:
    """What each counter counted in each span [stored unit]."""
    found = amounts_in(connection, series, [Span(one.start, one.end) for one in spans])
    quantities = {one: _quantity(estate, one) for one in series}
    result: list[Mapping[Series, float | None]] = []
    for span, counted in zip(spans, found, strict=True):
        least = _KNOWN_SHARE * (span.end - span.start)
        known = {
            one: from_count(sums.amount, quantity)
            for one, sums in counted.items()
            if sums.known_ms >= least and (quantity := quantities[one]) is not None
        }
        result.append({one: known.get(one) for one in series})
    return result


def _quantity(estate: Estate, series: Series) -> str | None:
    spec = counter_spec(estate, series.device, series.point)
    return spec.quantity if spec is not None else None


def light(
    store: TimeSeriesStore, stations: Sequence[Device], span: DaySpan
) -> tuple[float, float | None] | None:
    """Mean irradiance [W/m2] and module temperature [degC] of a span; None without a station.

    Raises:
        StoreError: the store cannot be read.
    """
    points = ("irradiance", "module_temperature")
    length = span.end - span.start
    means: dict[str, list[float]] = {point: [] for point in points}
    for station in stations:
        found = store.series(station.id, points, span.start, span.end, length, Aggregate.MEAN)
        for point in points:
            values = [one.value for one in found.get(point, ())]
            means[point] += [float(v) for v in values if isinstance(v, int | float)]
    if not means["irradiance"]:
        return None
    warm = means["module_temperature"]
    return fmean(means["irradiance"]), fmean(warm) if warm else None
