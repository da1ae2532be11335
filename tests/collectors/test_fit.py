import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.fit import Fit, Observed, Verdict, judge, rank
from collectors.fit_evidence import consistency, identity, plausibility
from collectors.modbus_reading import DeviceReader
from collectors.modbus_schema import ModbusSettings
from collectors.probe import ProbedPoint, ProbeQuality, probed_points, quality_of
from collectors.sample import Reason, Value
from tests.collectors.lines import library
from tests.collectors.memory_device import MemoryDevice

METER = library("eastron_sdm630")
INVERTER = library("huawei_sun2000")
RANDOM = library("goodwe_dt")

LIVE: dict[str, float] = {
    "frequency": 50.02, "voltage_l1": 231.0, "voltage_l2": 229.5, "voltage_l3": 230.4,
    "current_l1": 4.0, "current_l2": 2.0, "current_l3": 3.0,
    "active_power": 2000.0, "active_power_l1": 900.0, "active_power_l2": 450.0,
    "active_power_l3": 650.0, "power_factor": 0.97, "active_energy_import": 12_345_000.0,
}  # fmt: skip


def seen(values: Mapping[str, Value], reasons: Mapping[str, Reason] | None = None) -> Observed:
    given: dict[str, Value] = dict.fromkeys(reasons or {}) | dict(values)
    points = {name: point(value, (reasons or {}).get(name)) for name, value in given.items()}
    return Observed(METER, points, {"frequency": "input 0x46"})


def point(value: Value, reason: Reason | None = None) -> ProbedPoint:
    words = () if value is None else (1, 2) if value else (0, 0)
    return ProbedPoint(value, "", quality_of(reason), reason, words)


def test_a_live_meter_is_likely_and_says_why() -> None:
    fit = judge(seen(dict(LIVE)))
    assert fit.verdict is Verdict.LIKELY
    text = "; ".join(fit.reasons)
    assert "phase powers add up to the total: 2000 and 2000 W" in text
    assert "frequency 50.02 Hz at input 0x46" in text
    assert "voltage_l1 to voltage_l3 229.5 to 231 V" in text
    assert fit.doubts == ()


def test_zeros_only_cannot_tell() -> None:
    fit = judge(seen(dict.fromkeys(LIVE, 0.0)))
    assert fit.verdict is Verdict.CANNOT_TELL
    assert fit.reasons == ("it answers, with zeros only",)


def test_a_bare_counter_cannot_tell() -> None:
    assert judge(seen({"active_energy_import": 5_000.0})).verdict is Verdict.CANNOT_TELL


def test_not_fitted_only_cannot_tell() -> None:
    reasons = dict.fromkeys(LIVE, Reason.NOT_IMPLEMENTED)
    assert judge(seen({}, reasons)).verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize("reason", [Reason.REFUSED, Reason.NO_ANSWER, Reason.BUSY])
def test_nothing_answered_is_unlikely(reason: Reason) -> None:
    assert judge(seen({}, dict.fromkeys(LIVE, reason))).verdict is Verdict.UNLIKELY


def test_a_frequency_that_no_network_has_is_unlikely() -> None:
    fit = judge(seen(LIVE | {"frequency": 5.0, "active_power": 50.0, "voltage_l2": 3.0}))
    assert fit.verdict is not Verdict.LIKELY
    assert "frequency 5 Hz at input 0x46" in fit.doubts


def test_powers_that_do_not_add_up_are_a_doubt() -> None:
    fit = judge(seen(LIVE | {"active_power": 900.0}))
    assert "phase powers add up to 2000 W, the total is 900 W" in fit.doubts
    assert fit.score < judge(seen(dict(LIVE))).score - 5


def test_what_is_refused_counts_against() -> None:
    refused = {f"voltage_{name}": Reason.REFUSED for name in ("l1_l2", "l2_l3", "l3_l1")}
    fit = judge(seen(dict(LIVE), refused))
    assert fit.doubts == ("refuses 3 of 16: voltage_l1_l2, voltage_l2_l3, voltage_l3_l1",)


def test_a_device_that_names_itself() -> None:
    named = judge(Observed(INVERTER, {"model": point("SUN2000-12KTL-M2")}, {}))
    assert named.verdict is Verdict.LIKELY
    other = judge(Observed(INVERTER, {"model": point("X1-BOOST")}, {}))
    assert other.verdict is Verdict.CANNOT_TELL
    garbage = judge(Observed(INVERTER, {"model": point("\ufffd\x01q")}, {}))
    assert garbage.verdict is Verdict.UNLIKELY


@pytest.mark.parametrize(
    ("product", "weight"),
    [("Eastron SDM630-M V2", 8.0), ("EASTRON X", 5.0), ("Acme 9000", 0.0), ("the series", 0.0)],
)
def test_the_product_it_calls_itself(product: str, weight: float) -> None:
    found = list(identity(METER, {}, [product]))
    assert sum(one.weight for one in found) == weight


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("frequency", 45.0, True), ("frequency", 44.9, False), ("frequency", 65.0, True),
        ("frequency", 65.1, False), ("voltage_l1", 80.0, True), ("voltage_l1", 79.9, False),
        ("voltage_l1", 300.0, True), ("voltage_l1", 300.1, False),
        ("voltage_l1_l2", 400.0, True), ("voltage_l1_l2", 110.0, False),
        ("current_l1", 1e-9, False),
    ],
)  # fmt: skip
def test_the_limits(name: str, value: float, good: bool) -> None:
    (found, *_) = plausibility({name: point(value)}, {})
    assert (found.weight > 0) is good


def test_zero_says_nothing_of_a_network() -> None:
    assert list(plausibility({"frequency": point(0.0), "voltage_l1": point(0.0)}, {})) == []


def test_volts_times_amperes() -> None:
    good = {"voltage_l1": point(230.0), "current_l1": point(2.0), "apparent_power": point(461.0)}
    (found,) = consistency(good)
    assert found.weight > 0
    assert "1 of 1 phases" in found.text
    (wrong,) = consistency(good | {"apparent_power": point(46.0)})
    assert wrong.weight < 0


def test_ranking_puts_the_better_evidence_first_and_then_the_better_proven() -> None:
    better = judge(seen(dict(LIVE)))
    worse = judge(seen({"frequency": 50.0}))
    zeros = judge(seen(dict.fromkeys(LIVE, 0.0)))
    assert list(rank([zeros, worse, better])) == [better, worse, zeros]
    document = Fit(library("usw_water"), Verdict.LIKELY, 9.0, (), ())
    capture = Fit(METER, Verdict.LIKELY, 9.0, (), ())
    assert next(iter(rank([document, capture]))) is capture


values = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.integers(),
    st.text("aB7 ~\x00\x7fé", max_size=8),
)
reasons = st.sampled_from([None, *Reason])


@given(
    st.dictionaries(
        st.sampled_from([*METER.points, "model", "maker", "state"]),
        st.tuples(values, reasons),
        max_size=30,
    )
)
def test_whatever_is_read_is_judged(given: dict[str, tuple[Value, Reason | None]]) -> None:
    points = {
        name: ProbedPoint(value, "", quality_of(reason), reason, (7,))
        for name, (value, reason) in given.items()
    }
    fit = judge(Observed(METER, points, {}))
    assert math.isfinite(fit.score)
    assert list(rank([fit])) == [fit]
    answered = [p for p in points.values() if p.quality is not ProbeQuality.MISSING]
    if not answered:
        assert fit.verdict in {Verdict.CANNOT_TELL, Verdict.UNLIKELY}
    if all(p.value in (0, None) for p in points.values()):
        assert fit.verdict is not Verdict.LIKELY


@given(st.integers(0, 2**64 - 1))
async def test_random_registers_are_hardly_ever_likely(seed: int) -> None:
    """A device whose memory is noise must not be taken for a known one."""
    settings = RANDOM.settings
    assert isinstance(settings, ModbusSettings)
    reading = await DeviceReader(RANDOM, settings).read(MemoryDevice(seed))
    fit = judge(Observed(RANDOM, probed_points(reading.own, RANDOM.kind), {}))
    assert fit.verdict is not Verdict.LIKELY
