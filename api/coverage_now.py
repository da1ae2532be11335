"""The coverage of now for a report, which is made in a worker thread."""

from collections.abc import Sequence

from alerts.coverage import PlaceCoverage, Scene, coverage
from alerts.drills import Announced
from alerts.proof_rows import ProofShelf
from api.house import House
from api.items import moment
from device_configs.estate import local_day
from ingest.stores.store import LatestValue


def coverage_now(house: House) -> Sequence[PlaceCoverage]:
    """How each place is protected now; blocks."""
    estate, now = house.estate(), house.now_ms()

    def value(device: str, point: str) -> LatestValue | None:
        return house.latest.value(device, point, now) if house.is_watched() else None

    book = ProofShelf(house.engine, house.estate).book()
    drills = Announced(estate, house.alarms.holds.drills_announced(now))
    scene = Scene(local_day(estate, moment(now)), book, drills)
    return coverage(estate, value, house.alarms.open_alarms(), now, scene)
