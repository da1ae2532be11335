"""Known vulnerabilities of what sitewatch is built from; `make audit`.

Asks the advisory services that pip-audit and npm know. Exits 0 when there is none, 2 when there is
one, and 1 when a service could not be asked: then nothing is known, which is not the same as none.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 300
CLEAN, NOT_ASKED, FOUND = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """What is known of one list of packages."""

    packages: str
    found: tuple[str, ...] = ()
    not_asked: str | None = None

    def __str__(self) -> str:
        lines = [*self.found]
        if self.not_asked is not None:
            lines.append(f"{self.packages}: not audited: {self.not_asked}")
        return "\n".join(lines) or f"{self.packages}: no known vulnerability"


def of_python(code: int, out: str, err: str) -> Verdict:
    """What pip-audit said, as JSON."""
    said = _json(out)
    if said is None or "dependencies" not in said:
        return Verdict("Python", not_asked=_last_line(err) or f"pip-audit ended with {code}")
    packages = said["dependencies"]
    found = tuple(
        f"Python: {package['name']} {package.get('version', '?')}: {one['id']}"
        for package in packages
        for one in package.get("vulns", ())
    )
    # pip-audit says "none found" and ends with 0 when it could look up not a single one.
    skipped = sum("skip_reason" in package for package in packages)
    why = f"{skipped} of {len(packages)} packages are not known to the service" if skipped else None
    return Verdict("Python", found, why)


def of_page(code: int, out: str, err: str) -> Verdict:
    """What npm audit said, as JSON."""
    said = _json(out)
    if said is None or "vulnerabilities" not in said:
        why = (said or {}).get("message") or _last_line(err) or f"npm audit ended with {code}"
        return Verdict("page", not_asked=str(why).splitlines()[0])
    return Verdict(
        "page",
        tuple(
            f"page: {name}: {one.get('severity', '?')}"
            for name, one in said["vulnerabilities"].items()
        ),
    )


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """A find outweighs a service that cannot be asked."""
    if any(verdict.found for verdict in verdicts):
        return FOUND
    return NOT_ASKED if any(verdict.not_asked for verdict in verdicts) else CLEAN


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _ran(command: Sequence[str], folder: Path) -> tuple[int, str, str]:
    own = Path(sys.executable).parent
    variables = os.environ | {"PATH": f"{own}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return -1, "", str(error)
    return done.returncode, done.stdout, done.stderr


def main() -> int:
    """Ask both services, and say what is known."""
    listed = ["-r", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip"]
    python = [sys.executable, "-m", "pip_audit", *listed, "--format", "json", "--progress-spinner",
              "off"]  # fmt: skip
    verdicts = (
        of_python(*_ran(python, ROOT)),
        of_page(*_ran(["npm", "audit", "--json"], ROOT / "web")),
    )
    for verdict in verdicts:
        print(verdict)
    return exit_code(verdicts)


if __name__ == "__main__":
    sys.exit(main())
