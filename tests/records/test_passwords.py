"""Which passwords are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.passwords import WeakPasswordError, check_password, make_password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least"),
        ("x" * 300, "at most"),
        ("abababababab", "different"),
        ("my-wang-horse", "user's name"),
        ("Password2026!", "tried first"),
        ("P@ssw0rd2024!", "tried first"),
        ("admin-Admin-123", "tried first"),
        ("Sitewatch-2026", "tried first"),
        ("1qaz2wsx3edc", "tried first"),
        ("0987654321", "tried first"),
        ("qwertyuiop!!", "tried first"),
        ("2026-11-25-08", "tried first"),
        ("woaini5201314", "tried first"),
    ],
)
def test_weak_passwords_are_refused(password: str, why: str) -> None:
    with pytest.raises(WeakPasswordError, match=why):
        check_password(password, "wang")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "a right password",
        "admins like rivers",
        "三号楼的水表在地下室里",
        "tr0ub4dor&3x",
    ],
)
def test_others_are_not(password: str) -> None:
    check_password(password, "wang")


def test_a_short_name_is_in_many_words_by_chance() -> None:
    check_password("admins like rivers", "li")


@given(st.text(min_size=0, max_size=300))
def test_every_text_is_judged(password: str) -> None:
    try:
        check_password(password, "wang")
    except WeakPasswordError:
        return
    assert len(password) >= 10


def test_made_passwords_are_good() -> None:
    for _ in range(50):
        check_password(make_password(), "administrator")
