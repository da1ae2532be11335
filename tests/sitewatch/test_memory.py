import platform
import subprocess
import sys

import pytest

CODE = """
import threading
from pathlib import Path
import numpy as np
from sitewatch.memory import give_back, keep_small

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

class Ring:
    def __init__(self):
        self.held, self.me = bytearray(1000), self

def work():
    rings = [Ring() for _ in range(60_000)]
    arrays = [np.ones(40_000) for _ in range(100)]

keep_small()
import gc
gc.disable()
before = resident()
for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
during = resident()
give_back()
print(round(during - before), round(resident() - before))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the GNU C library's own calls")
def test_what_a_large_piece_of_work_has_left_goes_back_to_the_system() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    left, kept = map(int, shown.stdout.split())
    assert left > 200
    assert kept < left / 4
