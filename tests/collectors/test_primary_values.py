"""Secondary values become primary once, with the ratio of their day."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.primary_values import PrimarySink, primary, ratios_in
from collectors.sample import Lane, Sample
from tests.reports import estates

MIDNIGHT = 1_795_363_200_000
"""2026-11-23 00:00 in Shanghai. [ms, UTC]"""
POINTS = ("voltage_l1", "current_l1", "active_power", "power_factor", "frequency",
          "active_energy_import", "current_demand")  # fmt: skip
ESTATE = estates.estate(
    {"c1": None},
    [
        estates.device(
            "both", "electricity_meter", "c1", points=POINTS, ct_ratio=40, pt_ratio=100,
            mapping={"current_demand": {"primary": True}},
        ),
        estates.device(
            "later", "electricity_meter", "c1", points=POINTS,
            ct_ratio=[{"from": "2026-01-01", "value": 20}, {"from": "2026-11-23", "value": 0.1}],
        ),
        estates.device("plain", "electricity_meter", "c1", points=POINTS),
        estates.device("broken", "electricity_meter", "c1", points=POINTS, ct_ratio=0),
        estates.device("pile", "ev_charger", "c1", parts=("c1",), ct_ratio=2),
    ],
)  # fmt: skip
RATIOS = ratios_in(ESTATE)


def scaled(device: str, values: dict[str, float], at: int = MIDNIGHT) -> dict[str, object]:
    return dict(primary(Sample(device, at, values), RATIOS[device][0]).values)


class Kept:
    """A sink that keeps what it was given."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    async def append(self, samples: Sequence[Sample]) -> int:
        self.samples += samples
        return len(self.samples)


def test_each_quantity_scales_with_its_transformers() -> None:
    values = dict.fromkeys(POINTS, 1.5)
    assert scaled("both", values) == {
        "voltage_l1": 150.0,
        "current_l1": 60.0,
        "active_power": 6000.0,
        "power_factor": 1.5,
        "frequency": 1.5,
        # Energy is multiplied where it is counted, and the demand by the meter itself.
        "active_energy_import": 1.5,
        "current_demand": 1.5,
    }


def test_the_ratio_is_that_of_the_samples_day() -> None:
    assert scaled("later", {"current_l1": 3.0}, MIDNIGHT - 1) == {"current_l1": 60.0}
    assert scaled("later", {"current_l1": 3.0}) == {"current_l1": 0.3}
    assert scaled("later", {"current_l1": 3.0}, 1_700_000_000_000) == {"current_l1": 3.0}
    old = Sample("later", MIDNIGHT, {"current_l1": 3.0}, source_at=MIDNIGHT - 1)
    assert primary(old, RATIOS["later"][0]).values == {"current_l1": 60.0}


def test_without_a_ratio_that_makes_sense_nothing_is_known() -> None:
    found = primary(Sample("broken", MIDNIGHT, {"current_l1": 3.0}), RATIOS["broken"][0])
    assert found.values == {"current_l1": None}
    assert found.reasons == {"current_l1": "unknown_value"}


async def test_only_devices_with_ratios_are_touched() -> None:
    kept = Kept()
    sink = PrimarySink(kept, ESTATE)
    given_ = [
        Sample("plain", MIDNIGHT, {"current_l1": 3.0}),
        Sample("pile/c1", MIDNIGHT, {"current_l1": 3.0}),
        Sample("stranger", MIDNIGHT, {"current_l1": 3.0}),
        Sample("both", MIDNIGHT, {"current_l1": None, "active_power": True}, {"current_l1": "x"}),
    ]
    assert await sink.append(given_) == 4
    assert kept.samples[0] is given_[0]
    assert kept.samples[1].values == {"current_l1": 6.0}
    assert kept.samples[2] is given_[2]
    assert kept.samples[3].values == {"current_l1": None, "active_power": True}
    assert kept.samples[3].reasons == {"current_l1": "x"}
    sink.use(estates.estate({"c1": None}, []))
    await sink.append(given_)
    assert kept.samples[5] is given_[1]


@given(
    st.dictionaries(st.sampled_from(POINTS), st.floats(-1e6, 1e6) | st.none(), min_size=1),
    st.sampled_from(list(Lane)),
    st.integers(1_600_000_000_000, 1_900_000_000_000),
)
def test_nothing_but_the_numbers_changes(
    values: dict[str, float | None], lane: Lane, at: int
) -> None:
    sample = Sample("both", at, values, {}, lane, at - 5, "id", 7)
    found = primary(sample, RATIOS["both"][0])
    assert found.values.keys() == sample.values.keys()
    for point, value in values.items():
        ratio = {"voltage_l1": 100, "current_l1": 40, "active_power": 4000}.get(point, 1)
        assert found.values[point] == (None if value is None else pytest.approx(value * ratio))
    for name in ("device", "received_at", "reasons", "lane", "source_at", "identity", "seq"):
        assert getattr(found, name) == getattr(sample, name)
