import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.condition import Combination, Missing, State, Threshold, Verdict, calm_of


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (301, Verdict.TRUE), (300, Verdict.BETWEEN), (271, Verdict.BETWEEN), (270, Verdict.FALSE),
        (None, Verdict.UNKNOWN), (True, Verdict.UNKNOWN), ("400", Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_above(value: float | bool | str | None, verdict: Verdict) -> None:
    assert Threshold(above=300, deadband=30).judge(value) is verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(99.9, Verdict.TRUE), (100, Verdict.BETWEEN), (110, Verdict.FALSE), (0, Verdict.TRUE)],
)
def test_below(value: float, verdict: Verdict) -> None:
    assert Threshold(below=100, deadband=10).judge(value) is verdict


def test_without_a_deadband_the_limit_itself_is_no_trouble() -> None:
    assert Threshold(above=0).judge(0) is Verdict.FALSE
    assert Threshold(below=0).judge(0) is Verdict.FALSE


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1e6), st.floats(-1e9, 1e9))
def test_a_threshold_is_never_unknown_of_a_number(
    limit: float, deadband: float, value: float
) -> None:
    verdict = Threshold(above=limit, deadband=deadband).judge(value)
    assert (verdict is Verdict.TRUE) == (value > limit)
    assert verdict is not Verdict.UNKNOWN


def test_a_threshold_needs_one_limit() -> None:
    with pytest.raises(ValidationError, match="above"):
        Threshold()
    with pytest.raises(ValidationError, match="above"):
        Threshold(above=1, below=0)


def test_a_state_compares_types() -> None:
    assert State(equals=(True,)).judge(1) is Verdict.FALSE
    assert State(equals=(1,)).judge(True) is Verdict.FALSE
    assert State(equals=(1,)).judge(1.0) is Verdict.TRUE
    assert State(differs=(0,)).judge(7) is Verdict.TRUE
    assert State(differs=(0,)).judge(0) is Verdict.FALSE
    assert State(differs=(0,)).judge(None) is Verdict.UNKNOWN


scalars = st.one_of(st.booleans(), st.integers(-3, 3), st.floats(-3, 3), st.sampled_from("ab"))
conditions = st.lists(
    st.one_of(
        st.builds(lambda v: State(equals=tuple(v)), st.lists(scalars, min_size=1)),
        st.builds(lambda v: State(differs=tuple(v)), st.lists(scalars, min_size=1)),
        st.builds(lambda v: Threshold(above=v), st.floats(-3, 3)),
        st.builds(lambda v: Threshold(below=v), st.floats(-3, 3)),
        st.builds(lambda v: Threshold(below=v, connected_above=0), st.floats(-3, 3)),
    ),
    max_size=4,
)


@given(conditions, st.one_of(scalars, st.none(), st.just(float("nan"))))
def test_a_calm_value_is_no_trouble(
    found: list[Threshold | State], value: float | bool | str | None
) -> None:
    if calm_of(found)(value):
        assert all(one.judge(value) is not Verdict.TRUE for one in found)


def test_the_usual_value_is_calm() -> None:
    calm = calm_of([Threshold(above=300, deadband=30), Threshold(below=10)])
    assert calm(100)
    assert calm(285.5)
    assert not calm(301)
    assert not calm(5)
    assert calm(None)
    assert calm_of([State(equals=(True,))])(False)
    assert not calm_of([State(equals=(True,))])(True)
    assert calm_of([State(differs=(0,))])(0)
    assert not calm_of([State(differs=(0,))])(3)
    assert not calm_of([Missing()])(None)


def test_a_phase_that_is_not_connected_is_not_low() -> None:
    low = Threshold(below=198, deadband=2, connected_above=10)
    assert low.judge(0.4) is Verdict.FALSE
    assert low.judge(190) is Verdict.TRUE


TRAPPED = Combination.model_validate(
    {
        "all": [{"point": "occupied", "state": True}, {"point": "car", "state": "stopped"}],
        "any": [{"point": "zone", "state": False}, {"point": "closed", "state": True}],
        "unless": [{"point": "mode", "state": ["inspection"]}],
    }
)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"occupied": True, "car": "stopped", "zone": False}, Verdict.TRUE),
        ({"occupied": True, "car": "stopped", "zone": True, "closed": True}, Verdict.TRUE),
        ({"occupied": True, "car": "stopped", "zone": True, "closed": False}, Verdict.FALSE),
        ({"occupied": True, "car": "stopped"}, Verdict.UNKNOWN),
        ({"occupied": True, "car": None, "zone": False}, Verdict.UNKNOWN),
        ({"occupied": False, "car": None, "zone": None}, Verdict.FALSE),
        ({"occupied": True, "car": "stopped", "zone": False, "mode": "inspection"}, Verdict.FALSE),
        ({"occupied": True, "car": "stopped", "zone": False, "mode": None}, Verdict.TRUE),
    ],
)
def test_combination(values: dict[str, bool | str | None], verdict: Verdict) -> None:
    assert TRAPPED.judge(values) is verdict
