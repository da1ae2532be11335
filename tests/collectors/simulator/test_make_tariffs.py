"""The demo estate pays examples only, for every carrier it has."""

import datetime as dt

from collectors.simulator.make_estate import FOLDER
from collectors.simulator.make_tariffs import tariff_files
from device_configs.carriers import Carrier
from device_configs.estate import Estate
from device_configs.tariff import UNITS, Confidence
from device_configs.tariffs import load_tariffs


def test_every_carrier_of_every_community_has_a_tariff(estate: Estate) -> None:
    found = load_tariffs(FOLDER, estate)
    for site in estate.sites:
        for carrier in UNITS:
            due = found.due(estate, site, dt.date(2026, 11, 25), carrier)
            assert due is not None
            prices = [due.prices] if due.prices is not None else []
            assert carrier is not Carrier.ELECTRICITY or prices
            assert all(one.confidence is Confidence.EXAMPLE for one in prices)
    assert len(tariff_files()) == 5
