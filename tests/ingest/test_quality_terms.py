"""What is due of a device, and how long it may be silent."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from device_configs.estate import Device
from device_configs.kinds import Speed
from ingest.quality_terms import Terms, allowed_silence_ms, terms_of
from tests.reports import estates

METER = estates.device("m1", "electricity_meter", "centre")
"""`active_power` each 10 s; two counters, which are slow, each minute."""


def reporting(name: str = "smoke-1", interval_s: float = 3600.0) -> Device:
    """A device that speaks when it likes."""
    made = estates.device(name, "smoke_detector", "centre")
    return replace(made, profile=replace(made.profile, protocol="mqtt"), interval_s=interval_s)


def test_each_point_is_due_at_its_own_speed() -> None:
    terms = terms_of(METER)
    slow = round(METER.interval_of(Speed.SLOW) * 1000)
    assert terms.intervals == {
        "active_power": 10_000, "active_energy_import": slow, "active_energy_export": slow,
    }  # fmt: skip
    assert terms.due(0, 86_400_000) == 8640 + 2 * (86_400_000 // slow)
    assert terms.due(0, 86_400_000, frozenset({"active_power"})) == 2 * (86_400_000 // slow)
    assert terms.allowed_ms == 30_000


def test_a_device_that_reports_owes_no_number_of_readings() -> None:
    terms = terms_of(reporting())
    assert terms.intervals is None
    assert terms.due(0, 86_400_000) == 0
    assert terms.allowed_ms == 3_615_000


def test_a_fast_device_may_be_silent_for_the_grace_time() -> None:
    assert allowed_silence_ms(replace(METER, interval_s=1.0), Speed.FAST) == 15_000


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 10**7), max_size=6),
    st.lists(st.integers(0, 10**9), min_size=2, max_size=8),
)
def test_what_is_due_in_parts_is_due_in_the_whole(
    intervals: dict[str, int], moments: list[int]
) -> None:
    terms, cuts = Terms(1000, intervals), sorted(moments)
    parts = sum(terms.due(a, b) for a, b in itertools.pairwise(cuts))
    assert parts == terms.due(cuts[0], cuts[-1])
