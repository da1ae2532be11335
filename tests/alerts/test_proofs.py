"""Until when a device is proven: what the estate says and what was noted count alike."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import NotAllowedError
from alerts.proofs import Done, ProofBook, check_proof, proof_of
from device_configs.kinds import FUNCTIONAL_TEST, kinds
from tests.alerts.estates import default_devices, make_estate
from tests.alerts.registered import TODAY, day, lift, with_test

KINDS = kinds()


def done(
    device: str,
    on: dt.date,
    kind: str = FUNCTIONAL_TEST,
    *,
    with_parts: bool = False,
    due: dt.date | None = None,
    taken_back: bool = False,
) -> Done:
    back = ("li", 1) if taken_back else (None, None)
    return Done(1, device, kind, on, due, with_parts, "li", None, 0, *back)


def test_what_nobody_knows_is_not_known() -> None:
    book = ProofBook(make_estate())
    assert book.standing("smoke-1", FUNCTIONAL_TEST).due_on is None
    assert book.standing("nobody", FUNCTIONAL_TEST).done_on is None


def test_maintenance_follows_from_the_last_one_or_is_given() -> None:
    assert ProofBook(make_estate([lift(maintained=day(-5))])).standing(
        "lift-1", "maintenance"
    ).due_on == day(10)
    book = ProofBook(make_estate([lift(maintained=day(-5), next_maintenance=day(3))]))
    assert book.standing("lift-1", "maintenance").due_on == day(3)
    book = ProofBook(make_estate([lift(next_inspection=day(40))]))
    assert book.standing("lift-1", "inspection").due_on == day(40)
    assert book.standing("lift-1", "maintenance").due_on is None


def test_what_was_noted_later_counts_over_the_estate() -> None:
    estate = make_estate([lift(maintained=day(-20))])
    book = ProofBook(estate, [done("lift-1", day(-1), "maintenance")])
    assert book.standing("lift-1", "maintenance").due_on == day(14)
    taken_back = done("lift-1", day(-1), "maintenance", taken_back=True)
    assert ProofBook(estate, [taken_back]).standing("lift-1", "maintenance").due_on == day(-5)


def test_a_test_of_a_panel_proves_its_parts_only_where_it_says_so() -> None:
    estate = make_estate()
    alone = ProofBook(estate, [done("panel-1", TODAY)])
    assert alone.standing("panel-1", FUNCTIONAL_TEST).due_on == day(365)
    assert alone.standing("panel-1/p001", FUNCTIONAL_TEST).due_on is None
    whole = ProofBook(estate, [done("panel-1", day(-9), with_parts=True)])
    assert whole.standing("panel-1/p001", FUNCTIONAL_TEST).due_on == day(356)
    part = ProofBook(estate, [done("panel-1/p001", TODAY)])
    assert part.standing("panel-1/p001", FUNCTIONAL_TEST).done_on == TODAY
    assert part.standing("panel-1/p002", FUNCTIONAL_TEST).done_on is None
    assert part.standing("panel-1", FUNCTIONAL_TEST).done_on is None


def test_the_day_of_the_handover_proves_a_device_and_its_parts() -> None:
    panel = next(one for one in default_devices() if one.id == "panel-1")
    book = ProofBook(make_estate([with_test(panel, day(-100))]))
    assert book.standing("panel-1", FUNCTIONAL_TEST).due_on == day(265)
    assert book.standing("panel-1/p200", FUNCTIONAL_TEST).due_on == day(265)


@pytest.mark.parametrize(
    ("kind", "on", "due", "key"),
    [
        ("maintenance", day(1), None, "proof_day"),
        ("maintenance", dt.date(1999, 12, 31), None, "proof_day"),
        ("maintenance", TODAY, TODAY, "proof_due"),
        ("maintenance", TODAY, day(16), "proof_due"),
        ("inspection", TODAY, None, "proof_due_missing"),
        ("inspection", TODAY, day(2000), "proof_due"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, on: dt.date, due: dt.date | None, key: str) -> None:
    proof = proof_of(KINDS["elevator"], kind)
    with pytest.raises(NotAllowedError) as error:
        check_proof(proof, on, due, TODAY)
    assert error.value.key == key


def test_a_proof_is_one_of_its_kind() -> None:
    check_proof(proof_of(KINDS["elevator"], "inspection"), TODAY, day(365), TODAY)
    check_proof(proof_of(KINDS["elevator"], "maintenance"), TODAY, None, TODAY)
    with pytest.raises(NotAllowedError):
        proof_of(KINDS["smoke_detector"], "maintenance")


@given(st.lists(st.tuples(st.integers(-800, 0), st.booleans()), max_size=8))
def test_the_newest_that_was_not_taken_back_counts_in_any_order(
    rows: list[tuple[int, bool]],
) -> None:
    noted = [done("smoke-1", day(at), taken_back=back) for at, back in rows]
    found = ProofBook(make_estate(), noted).standing("smoke-1", FUNCTIONAL_TEST)
    counting = [at for at, back in rows if not back]
    assert found.done_on == (day(max(counting)) if counting else None)
    assert found.due_on == (day(max(counting) + 365) if counting else None)
