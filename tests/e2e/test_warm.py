"""A forked start is a start like any other: its output, its exit code, its signals."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.folders import estate, smoke
from tests.e2e.service import started
from tests.e2e.warm import fork


def test_it_says_and_ends_as_it_would(tmp_path: Path) -> None:
    process = fork(["check", str(tmp_path / "gone")], os.environ)
    assert process.stdout is not None
    with process.stdout as printed:
        said = printed.read()
    assert process.wait(30) == 2
    assert str(tmp_path / "gone") in said


def test_it_is_ours_and_can_be_killed(tmp_path: Path) -> None:
    home = estate(tmp_path, smoke(["smoke-1"]))
    arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
    with started(*arguments, folder=tmp_path) as service:
        status = Path(f"/proc/{service.process.pid}/stat").read_text("utf-8").rpartition(")")[2]
        assert int(status.split()[1]) == os.getpid()
        with pytest.raises(subprocess.TimeoutExpired):
            service.process.wait(timeout=0.01)
        service.kill()
        assert service.process.poll() == -signal.SIGKILL
    with started(*arguments, folder=tmp_path) as service:
        service.stop()
        assert service.process.returncode == 0
