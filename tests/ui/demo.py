"""The demo as the tests of pages run it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.service import Service, command, started


@dataclass
class Demo:
    """The running demo with its data folder."""

    service: Service
    data: Path

    def incident(self, name: str, device: str, *options: str) -> None:
        """Make something happen in it."""
        subprocess.run(
            command("incident", name, "--data", str(self.data), "--device", device, *options),
            check=True,
            capture_output=True,
            timeout=60,
        )


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """The demo with two days of the past, on a free port."""
    data = folder / "data"
    with started(
        "demo", "--port", "0", "--data", str(data), "--history", "2d", folder=folder
    ) as service:
        yield Demo(service, data)
