"""The meters behind a report, as its sources."""

from collections.abc import Iterable

from device_configs.estate import Estate
from reports.document import Source, SourceKind
from reports.meter_tree import node_of


def meter_sources(estate: Estate, devices: Iterable[str], revision: str) -> list[Source]:
    """Each meter once, in the order given, as `meter NAME` of a revision of the estate."""
    return [
        Source(
            f"meter {one}", SourceKind.METER, node_of(estate, one).name, one, revision
        )
        for one in dict.fromkeys(devices)
    ]  # fmt: skip
