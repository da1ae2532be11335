"""What the figures of the cost report come from: meters, versions of tariffs, prices."""

from collections.abc import Iterable, Sequence

from device_configs.estate import Estate
from device_configs.tariffs import Due
from ingest.interval_tables import Series
from reports.bill import Bill, meters_of_bill
from reports.document import Source, SourceKind
from reports.meter_tree import node_of


def meter_id(series: Series) -> str:
    """The id of a meter's counter as a source."""
    return f"{series.device}:{series.point}"


def version_id(due: Due) -> str:
    """The id of a version of a tariff as a source."""
    return f"{due.tariff.tariff}@{due.version.from_}"


def prices_id(due: Due) -> str | None:
    """The id of the prices as a source; None where there are none."""
    return None if due.prices is None else f"{due.tariff.tariff}/prices@{due.prices.from_}"


def ids_of_due(due: Due) -> tuple[str, ...]:
    """All that the money of a row comes from."""
    prices = prices_id(due)
    return (version_id(due),) if prices is None else (version_id(due), prices)


def sources_of_bill(bill: Bill) -> tuple[str, ...]:
    """The ids that a bill's figures come from."""
    meters = [meter_id(one) for one in meters_of_bill(bill.unit)]
    return tuple(dict.fromkeys([*meters, *(i for due in bill.dues for i in ids_of_due(due))]))


def tariff_sources(dues: Iterable[Due]) -> list[Source]:
    """The versions and prices, each once."""
    found: dict[str, Source] = {}
    for due in dues:
        name, version, prices = version_id(due), due.version, due.prices
        found[name] = _source(
            name, due, version.source, version.confidence.value, version.from_.isoformat()
        )
        if prices is not None and (of_prices := prices_id(due)) is not None:
            found[of_prices] = _source(
                of_prices, due, prices.source, prices.confidence.value, prices.from_.isoformat()
            )
    return [found[name] for name in sorted(found)]


def _source(name: str, due: Due, detail: str, confidence: str, version: str) -> Source:
    return Source(
        name, SourceKind.TARIFF, due.tariff.name, detail=detail, version=version,
        confidence=confidence,
    )  # fmt: skip


def meter_sources(estate: Estate, series: Sequence[Series]) -> list[Source]:
    """The meters, each once."""
    return [
        Source(
            meter_id(one), SourceKind.METER, node_of(estate, one.device).name, detail=meter_id(one)
        )
        for one in dict.fromkeys(series)
    ]
