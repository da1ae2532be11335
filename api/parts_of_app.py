"""What the routes share of one app, as dependencies."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.estate_index import EstateIndex, Indexes
from api.house import House
from api.lines import LineRates
from api.live import Live
from api.quality_metrics import QualityCollector
from api.report_jobs import ReportJobs
from api.site_state import SiteStates
from api.threads import Threads


@dataclass(frozen=True)
class Parts:
    """Everything that lives as long as the app."""

    house: House
    indexes: Indexes
    live: Live
    states: SiteStates
    threads: Threads
    rates: LineRates
    quality: QualityCollector
    jobs: ReportJobs


def parts_of(request: Request) -> Parts:
    """The parts of the app that serves a request."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)  # noqa: S101 - set by `create_app`
    return parts


def _index(parts: Annotated[Parts, Depends(parts_of)]) -> EstateIndex:
    return parts.indexes.of(parts.house.estate())


def _house(parts: Annotated[Parts, Depends(parts_of)]) -> House:
    return parts.house


def _live(parts: Annotated[Parts, Depends(parts_of)]) -> Live:
    return parts.live


def _threads(parts: Annotated[Parts, Depends(parts_of)]) -> Threads:
    return parts.threads


def _jobs(parts: Annotated[Parts, Depends(parts_of)]) -> ReportJobs:
    return parts.jobs


All = Annotated[Parts, Depends(parts_of)]
"""Everything."""
Behind = Annotated[House, Depends(_house)]
"""What stands behind the interface."""
IndexOfNow = Annotated[EstateIndex, Depends(_index)]
"""The index of the estate of now."""
Streams = Annotated[Live, Depends(_live)]
"""The live streams."""
Workers = Annotated[Threads, Depends(_threads)]
"""The worker threads."""
Jobs = Annotated[ReportJobs, Depends(_jobs)]
"""The reports in the making."""
