"""Checks the shape of the tree: tests mirror the sources, and no file grows too long.

Run as `python -m tests.tree`; exits 1 with one line a fault.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "device_configs", "records", "collectors", "ingest", "analysis",
    "alerts", "reports", "api", "sitewatch",
)  # fmt: skip
LONGEST = 500
"""Most lines a source file may have; tables of data are YAML and do not count."""


def _sources() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def faults() -> list[str]:
    """Every source file that is too long, and every test file whose source does not exist."""
    found = []
    for file in _sources():
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST:
            found.append(f"{file.relative_to(ROOT)}: {lines} lines, more than {LONGEST}")
    names = {name for file in _sources() for name in (file.stem, file.parent.name)}
    for package in PACKAGES:
        for test in sorted((ROOT / "tests" / package).rglob("test_*.py")):
            subject = test.stem.removeprefix("test_")
            if not any(subject == name or subject.startswith(f"{name}_") for name in names):
                marked = "covers:" in test.read_text(encoding="utf-8")[:400]
                if not marked:
                    found.append(f"{test.relative_to(ROOT)}: there is no source file {subject}.py")
    return found


if __name__ == "__main__":
    problems = faults()
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    sys.exit(bool(problems))
