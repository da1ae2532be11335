import io
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from collectors.sample import Sample
from collectors.simulator.history import STEP, history
from collectors.simulator.model import Model
from collectors.simulator.past import PastError, command, portions_of, read_past, write_past
from device_configs.estate import Estate
from tests.collectors.simulator.conftest import NOON_MS

DAY_MS = 86_400_000


def row(at: int, count: int) -> list[Sample]:
    return [Sample(f"m{n}", at, {"x": float(n), "state": "on"}) for n in range(count)]


def test_what_is_written_is_read_again() -> None:
    portions = [row(1000, 3), row(2000, 2)]
    pipe = io.BytesIO()
    write_past(portions, pipe)
    pipe.seek(0)
    assert list(read_past(pipe)) == portions


@pytest.mark.parametrize("lost", [1, 5, 6, 50])
def test_a_past_that_breaks_off_is_no_whole_one(lost: int) -> None:
    pipe = io.BytesIO()
    write_past([row(1000, 3)], pipe)
    found = read_past(io.BytesIO(pipe.getvalue()[:-lost]))
    with pytest.raises(PastError, match="broke off"):
        list(found)


def test_portions_end_between_two_moments() -> None:
    day = [sample for moment in range(10) for sample in row(moment, 7)]
    portions = list(portions_of(day, size=10))
    assert [sample for portion in portions for sample in portion] == day
    assert [len(portion) for portion in portions] == [14, 14, 14, 14, 14]
    for before, after in pairwise(portions):
        assert before[-1].at < after[0].at


def test_the_process_makes_what_the_model_does(estate: Estate, estate_folder: Path) -> None:
    start, shift = NOON_MS - 3 * STEP, DAY_MS
    shown = subprocess.run(
        command(estate_folder, start, NOON_MS, shift), capture_output=True, timeout=60, check=True
    )
    found = [sample for portion in read_past(io.BytesIO(shown.stdout)) for sample in portion]
    model = Model(estate, 1, shift)
    assert found == [sample for day in history(model, start, NOON_MS) for sample in day]


def test_it_ends_when_nobody_reads(estate_folder: Path) -> None:
    arguments = command(estate_folder, NOON_MS - 300 * DAY_MS, NOON_MS, 0)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        next(read_past(process.stdout))
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == b""


def test_a_wrong_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    arguments = command(tmp_path / "none", 0, 1, 0)
    shown = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 2
    assert "there is no such folder" in shown.stderr
    assert "Traceback" not in shown.stderr
