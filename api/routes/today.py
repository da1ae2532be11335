"""What a site drew and made today, and where its electricity came from and went."""

import datetime as dt
from typing import Annotated

import structlog
from fastapi import APIRouter, Query

from api.auth import Asking
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.schemas_today import EnergyFlow, Today
from api.today_items import factors_of, to_flow, to_today
from device_configs.factors import Factors
from device_configs.faults import InvalidConfigError
from reports.energy_flow import energy_flow
from reports.today import today

router = APIRouter(tags=["reports"])
_log = structlog.get_logger(__name__)


@router.get("/today")
async def get_today(
    caller: Asking, house: Behind, index: IndexOfNow, threads: Workers, site: str | None = None
) -> Today:
    """What a site drew and made since midnight, with the carbon of the electricity it bought."""
    chosen = site or index.estate.id
    caller.within(index.estate, chosen)
    now = house.now_ms()
    found = await threads.query(
        lambda: today(
            house.engine, index.estate, chosen, _factors(house),
            now_ms=now, revision=house.revision(),
        )
    )  # fmt: skip
    return to_today(found, now)


def _factors(house: Behind) -> Factors:
    """The estate's factors; none while its file is wrong, so that the energies still show."""
    try:
        return factors_of(house.folder(), house.revision())
    except InvalidConfigError as error:
        _log.warning("factors_invalid", error=str(error))
        return Factors({}, {})


@router.get("/energy-flow")
async def get_energy_flow(
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    site: str | None = None,
    period: Annotated[str | None, Query(max_length=22)] = None,
) -> EnergyFlow:
    """The meter tree of a site with the energies of a period, by default of today."""
    chosen = site or index.estate.id
    caller.within(index.estate, chosen)
    now, estate = house.now_ms(), index.estate
    day = dt.datetime.fromtimestamp(now / 1000, estate.timezone).date().isoformat()
    found = await threads.query(
        lambda: energy_flow(house.engine, estate, chosen, period or day, now_ms=now)
    )
    return to_flow(found, estate)
