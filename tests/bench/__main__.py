"""`make bench`: every bench, one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def main() -> int:
    """Run all; the exit code is that of the worst."""
    worst = 0
    for file in sorted(_HERE.glob("[a-z]*.py")):
        name = f"tests.bench.{file.stem}"
        print(f"\n== {name} ==", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", name], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
