"""Charges by the month, by hand."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from device_configs.tariff import Tariff
from device_configs.tariffs import Demand, Due
from ingest.peaks import Peak
from reports.demand import demand_charge, factor_charge

JAN = dt.date(2026, 1, 1)
PEAK = Peak(150_000_000, 0, 0)
"""150 kWh in a quarter of an hour: 600 kW."""


def due(
    demand: Demand | None, version: Mapping[str, object] | None = None, **prices: object
) -> Due:
    dated = {"from": "2026-01-01", "source": "s", "confidence": "bill"}
    tariff = Tariff.model_validate({
        "tariff": "own", "name": {"zh": "a", "en": "a"}, "versions": [{**dated, **(version or {})}],
        "prices": [dated | {"purchase": 0.5} | prices],
    })  # fmt: skip
    return Due(tariff, tariff.versions[0], tariff.prices[0], demand)


def test_by_the_maximum() -> None:
    found = demand_charge("c1", JAN, due(Demand(maximum=True), demand_per_kw=40.5), PEAK)
    assert found is not None
    assert (found.peak_w, found.billed) == (Fraction(600_000), Fraction(600))
    assert found.fen == 2_430_000


def test_by_the_capacity_the_peak_is_not_needed() -> None:
    terms = due(Demand(capacity_kva=Decimal(800)), capacity_per_kva=25)
    found = demand_charge("c1", JAN, terms, None)
    assert found is not None
    assert (found.billed, found.fen) == (Fraction(800), 2_000_000)


def test_above_the_declared_demand() -> None:
    excess = {"excess_demand": {"tolerance": 1.05, "factor": 2}}
    declared = Demand(declared_kw=Decimal(500))
    found = demand_charge("c1", JAN, due(declared, excess, demand_per_kw=40), PEAK)
    assert found is not None
    # 500 + 2 x (600 - 525) = 650 kW.
    assert (found.billed, found.fen) == (Fraction(650), 2_600_000)
    plain = demand_charge("c1", JAN, due(declared, demand_per_kw=40), PEAK)
    assert plain is not None
    assert plain.billed == 500


def test_what_is_not_known_or_not_charged() -> None:
    maximum = Demand(maximum=True)
    unknown = demand_charge("c1", JAN, due(maximum, demand_per_kw=40), None)
    assert unknown is not None
    assert unknown.fen is None
    assert demand_charge("c1", JAN, due(maximum), PEAK) is None
    assert demand_charge("c1", JAN, due(None, demand_per_kw=40), PEAK) is None
    other = demand_charge("c1", JAN, due(maximum, capacity_per_kva=25), PEAK)
    assert other is not None
    assert other.fen is None


def test_the_power_factor() -> None:
    terms = due(None, {"power_factor": {"standard": 0.85}})
    found = factor_charge("c1", JAN, terms, 4_000, 3_000, 100_000)
    assert found is not None
    # 0.80 is five hundredths below the standard: 2.5 %.
    assert (found.factor, found.share, found.fen) == (Decimal("0.80"), Fraction(25, 1000), 2_500)
    good = factor_charge("c1", JAN, terms, 4_000, 0, 100_000)
    assert good is not None
    assert good.fen == -1_100
    for active, reactive, base in ((4, None, 5), (None, 3, 5), (4, 3, None), (0, 0, 5)):
        unknown = factor_charge("c1", JAN, terms, active, reactive, base)
        assert unknown is not None
        assert unknown.fen is None
    assert factor_charge("c1", JAN, due(None), 4, 3, 5) is None
