"""The example of a client against the real server. covers: docs/examples/client.py."""

import asyncio
import os
import sys
from pathlib import Path

from records.people import Role
from tests.api.house import built
from tests.api.serving import serving
from tests.conftest import ROOT

CLIENT = ROOT / "docs" / "examples" / "client.py"


async def test_the_example_shows_what_is_open_and_what_comes_and_acknowledges(
    tmp_path: Path,
) -> None:
    with built(tmp_path) as town:
        secret = town.token("display", Role.OPERATOR)
        town.alarm("grid")
        async with serving(town.app) as url:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(CLIENT), "--acknowledge",
                env=os.environ | {"SITEWATCH_URL": url, "SITEWATCH_TOKEN": secret},
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert process.stdout is not None
            try:
                async with asyncio.timeout(20):
                    said = await process.stdout.readline()
                    assert said == b"high active_unacked grid: Fire\n"
                    town.alarm("panel/p002", test=True)
                    said = await process.stdout.readline()
                    assert said == b"raised TEST high active_unacked panel/p002: Fire\n"
                    said = await process.stdout.readline()
                    assert said.startswith(b"acknowledged TEST high active_acked panel/p002")
            finally:
                process.kill()
                await process.wait()
