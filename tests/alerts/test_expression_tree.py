from itertools import product

import pytest

from alerts.expression_tree import Literal, Logic, Node, Not, Reference, atoms, references, worth

A, B = Reference("", "a"), Reference("", "b")
VALUES: tuple[bool | None, ...] = (True, False, None)


def of(node: Node, a: bool | None, b: bool | None) -> object:
    return worth(node, {"a": a, "b": b})


@pytest.mark.parametrize(("a", "b"), list(product(VALUES, VALUES)))
def test_the_laws_of_three_valued_logic(a: bool | None, b: bool | None) -> None:
    both, one = Logic("&&", A, B), Logic("||", A, B)
    assert of(both, a, b) == of(Logic("&&", B, A), a, b)
    assert of(one, a, b) == of(Logic("||", B, A), a, b)
    assert of(Not(both), a, b) == of(Logic("||", Not(A), Not(B)), a, b)
    assert of(Not(one), a, b) == of(Logic("&&", Not(A), Not(B)), a, b)
    assert of(Not(Not(A)), a, b) is a
    assert of(Logic("&&", A, A), a, b) is a
    assert of(Logic("||", A, Logic("&&", A, B)), a, b) is a
    assert of(Logic("&&", A, Literal(False)), a, b) is False
    assert of(Logic("||", A, Literal(True)), a, b) is True


def test_unknown_or_not_unknown_is_unknown() -> None:
    assert of(Logic("||", A, Not(A)), None, None) is None
    assert of(Logic("&&", A, Not(A)), None, None) is None


def test_it_names_what_is_read() -> None:
    other = Reference("panel-1/p001", "smoke")
    tree = Logic("&&", Not(A), other)
    assert list(references(tree)) == [A, other]
    assert list(atoms(tree)) == [A, other]
    assert str(other) == 'devices["panel-1/p001"].smoke'
