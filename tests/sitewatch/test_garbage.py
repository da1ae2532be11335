import subprocess
import sys

CODE = """
import atexit, gc
from sitewatch.garbage import settle
before = gc.get_freeze_count()
atexit.register(lambda: print(gc.get_freeze_count()))
settle()
print(gc.get_freeze_count() > before, gc.get_threshold()[0])
"""


def test_what_was_loaded_is_looked_at_no_more_and_all_is_looked_at_in_the_end() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.split() == ["True", "50000", "0"]
