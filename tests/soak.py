"""`make soak`: the tests of loss and life with their full counts, shard by shard, resumable.

A shard that has passed on the present sources is not run again; shards that are named are the only
ones that are run. Every run is written to
`docs/measured/soak.json` with seed, count, seconds and result as the test printed them.
"""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.tree import PACKAGES, ROOT

RESULTS = ROOT / "docs" / "measured" / "soak.json"
_SPOILED = "test_a_spoiled_answer_is_its_own_value_or_a_reason"
SHARDS = (
    "tests/alerts/test_judge_kill.py",
    "tests/alerts/test_ledger.py",
    "tests/alerts/test_engine.py",
    "tests/alerts/test_escalator.py",
    "tests/ingest/stores/test_duckdb_hours.py",
    *(f"tests/alerts/test_any_order.py::test_in_any_order[{shard}]" for shard in range(100)),
    "tests/collectors/test_mqtt_kill.py",
    "tests/e2e/test_kill.py",
    "tests/e2e/test_database_away.py",
    "tests/e2e/test_broker_away.py",
    "tests/e2e/test_disk_full.py",
    "tests/e2e/test_clocks.py",
    "tests/e2e/test_messages.py",
    "tests/e2e/test_ocpp.py",
    *(
        f"tests/collectors/test_fuzz_frames.py::{_SPOILED}[{frames}-{shard}]"
        for frames in ("tcp", "rtu")
        for shard in range(5)
    ),
    "tests/collectors/test_fuzz_sockets.py",
    "tests/collectors/test_fuzz_reading.py",
    "tests/collectors/test_fuzz_payloads.py",
    "tests/collectors/test_reads_only.py",
    *(
        f"tests/ui/test_{pages}.py"
        for pages in (
            "console",
            "coverage",
            "lines",
            "quality",
            "reports",
            "screens",
            "unaccounted",
            "work_orders",
        )
    ),
)
_TIMEOUT_S = 3600


def sources() -> str:
    """The hash of everything that a shard depends on."""
    digest = hashlib.sha256()
    for package in (*PACKAGES, "tests"):
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def run(shard: str, state: str) -> dict[str, Any]:
    """Run one shard with its full counts."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--timeout", "3600", shard]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"SITEWATCH_FULL": "1"}, capture_output=True,
        text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip
    said = [
        line.lstrip(".") for line in done.stdout.splitlines() if ":" in line or "passed" in line
    ]
    return {
        "shard": shard,
        "sources": state,
        "day": dt.datetime.now(dt.UTC).date().isoformat(),
        "seconds": round(time.monotonic() - began),
        "passed": done.returncode == 0,
        "said": [line for line in said if "skipped for want" not in line][-8:],
    }


def main(named: Sequence[str]) -> int:
    """Run what has not passed yet, of the shards that are named or of all; 1 when one fails."""
    unknown = set(named) - set(SHARDS)
    if unknown:
        print(f"there is no shard {', '.join(sorted(unknown))}")
        return 2
    state = sources()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    for shard in named or SHARDS:
        if any(r["shard"] == shard and r["sources"] == state and r["passed"] for r in found):
            print(f"{shard}: passed already")
            continue
        result = run(shard, state)
        found = [r for r in found if r["shard"] != shard] + [result]
        RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{shard}: {'passed' if result['passed'] else 'FAILED'} in {result['seconds']} s")
    return 0 if all(result["passed"] for result in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
