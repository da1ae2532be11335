"""Deadlines: near before the last day, over after it, and nothing where none is known."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.condition import ByService
from alerts.deadlines import holds, judged, rules_of
from alerts.proofs import ProofBook
from tests.alerts.desk import RULES
from tests.alerts.estates import make_estate
from tests.alerts.registered import TODAY, day, lift


def _raised(**register: object) -> set[str]:
    estate = make_estate([lift("lift-1", None, **register)])
    found = judged(estate, RULES, ProofBook(estate), TODAY)
    return {one.rule.id for one in found if one.holds}


@pytest.mark.parametrize(
    ("due", "raised"),
    [
        (4, set()),
        (3, {"maintenance_due"}),
        (0, {"maintenance_due"}),
        (-1, {"maintenance_overdue"}),
        (-100, {"maintenance_overdue"}),
    ],
)
def test_maintenance_is_told_three_days_before_and_when_it_is_over(
    due: int, raised: set[str]
) -> None:
    assert _raised(next_maintenance=day(due)) == raised


@pytest.mark.parametrize(
    ("due", "raised"),
    [(31, set()), (30, {"inspection_due"}), (0, {"inspection_due"}), (-1, {"inspection_overdue"})],
)
def test_inspection_is_told_thirty_days_before(due: int, raised: set[str]) -> None:
    assert _raised(next_inspection=day(due)) == raised


def test_what_is_not_known_is_no_deadline() -> None:
    assert _raised(floors=9) == set()
    estate = make_estate()
    assert list(judged(estate, RULES, ProofBook(estate), TODAY)) == []


def test_every_rule_of_a_deadline_has_its_source() -> None:
    assert rules_of(RULES) == {
        "maintenance_due", "maintenance_overdue", "inspection_due", "inspection_overdue",
    }  # fmt: skip
    for name in rules_of(RULES):
        rule = RULES.find(name)
        assert rule is not None
        assert rule.source


@given(st.integers(-500, 500), st.integers(1, 366))
def test_a_deadline_is_near_or_over_and_never_both(due: int, before: int) -> None:
    last = dt.date(2026, 6, 1) + dt.timedelta(days=due)
    today = dt.date(2026, 6, 1)
    near = holds(ByService(proof="maintenance", days_before=before), last, today)
    over = holds(ByService(proof="maintenance"), last, today)
    assert not (near and over)
    assert (near or over) == (due <= before)
