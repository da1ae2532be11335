"""Which variant a device is follows from what it told, and from nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from device_configs.variants import UNDECIDED, Condition, Rule, Told, decide


def rule(name: str, **when: dict[str, Any]) -> Rule:
    return Rule(name, {point: Condition.model_validate(keys) for point, keys in when.items()})


@pytest.mark.parametrize(
    ("keys", "told", "holds"),
    [
        ({"below": 10201}, 10200, True),
        ({"below": 10201}, 10201, False),
        ({"below": 10201}, "10200", True),
        ({"below": "1.10"}, "1.9", True),
        ({"below": "1.10"}, "1.10", False),
        ({"below": "1.10"}, "V1.9.7 build 300", True),
        ({"from": 60.3}, "60.3", True),
        ({"from": 60.3}, "60.2", False),
        ({"from": "2.0", "below": "3.0"}, "2.7", True),
        ({"from": "2.0", "below": "3.0"}, "3.0", False),
        ({"is": 3}, 3.0, True),
        ({"is": ["A", "B"]}, "B", True),
        ({"is": ["A", "B"]}, "C", False),
        ({"begins": "SUN2000-"}, "SUN2000-5KTL", True),
        ({"begins": "SUN2000-"}, "SUN3000", False),
        ({"below": 5}, "no number", False),
    ],
)
def test_conditions(keys: dict[str, Any], told: float | str, holds: bool) -> None:
    assert Condition.model_validate(keys).holds(told) is holds


def test_a_condition_says_something() -> None:
    with pytest.raises(ValidationError, match="needs 'below'"):
        Condition.model_validate({})


RULES = [
    rule("old", product={"from": 4000}, firmware={"below": 10201}),
    rule("other", product={"below": 4000}),
]


@pytest.mark.parametrize(
    ("told", "variant"),
    [
        ({"product": 4212, "firmware": 10200}, "old"),
        ({"product": 4212, "firmware": 10201}, None),
        ({"product": 3100}, "other"),
        ({"product": 3100, "firmware": 1}, "other"),
        ({"firmware": 20000}, UNDECIDED),
        ({"firmware": 10200}, UNDECIDED),
        ({"product": 4212}, UNDECIDED),
        ({"product": None, "firmware": None}, UNDECIDED),
        ({}, UNDECIDED),
    ],
)
def test_the_device_decides(told: dict[str, Told], variant: object) -> None:
    assert decide(RULES, told) == variant


def test_rules_that_no_device_can_tell_decide_nothing() -> None:
    assert decide([Rule("by hand", {})], {}) is None
    assert decide([], {}) is None


@given(
    st.integers(0, 9999), st.integers(0, 20000), st.sets(st.sampled_from(["product", "firmware"]))
)
def test_less_knowledge_never_decides_otherwise(
    product: int, firmware: int, unknown: set[str]
) -> None:
    """What is decided with a point missing stays so when it is told: no guess is taken back."""
    told: dict[str, Told] = {"product": product, "firmware": firmware}
    early = decide(RULES, {name: told[name] for name in told if name not in unknown})
    assert early in (UNDECIDED, decide(RULES, told))
