"""What the doctor says of the machine."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.doctor.finding import Verdict
from sitewatch.doctor.machine import clock, clock_state, examine, python, room

FLOOR = 1_000_000_000


@pytest.mark.parametrize(
    ("state", "verdict"),
    [(None, Verdict.UNKNOWN), (0, Verdict.GOOD), (4, Verdict.GOOD), (5, Verdict.WRONG)],
)
def test_a_clock_that_nobody_keeps_is_wrong(state: int | None, verdict: Verdict) -> None:
    assert clock(state).verdict is verdict


def test_the_clock_of_this_machine_is_asked() -> None:
    assert clock_state() in {None, 0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("version", "verdict"), [((3, 10), Verdict.WRONG), ((3, 11), Verdict.GOOD)]
)
def test_an_old_python_is_wrong(version: tuple[int, int], verdict: Verdict) -> None:
    assert python(version).verdict is verdict


@given(st.integers(0, 10 * FLOOR))
def test_less_room_is_never_better(free: int) -> None:
    order = [Verdict.WRONG, Verdict.NOTE, Verdict.GOOD]
    less, more = room(free, FLOOR, Path("data")), room(free + FLOOR, FLOOR, Path("data"))
    assert order.index(less.verdict) <= order.index(more.verdict)
    assert (less.verdict is Verdict.WRONG) == (free < FLOOR)


def test_the_disk_of_a_folder_to_come_is_looked_at(tmp_path: Path) -> None:
    found = {one.what: one for one in examine(tmp_path / "not" / "there", 1)}
    assert found["disk"].verdict is Verdict.GOOD
    assert found["python"].verdict is Verdict.GOOD
    free = shutil.disk_usage(tmp_path).free
    assert list(examine(tmp_path, free * 2))[-1].verdict is Verdict.WRONG
