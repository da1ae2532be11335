"""Piles with sessions against the real service, killed again and again: energies are what they say.

Connections are cut at random, too, so that calls come twice. covers: collectors/ocpp.py
"""

import asyncio
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.collectors.ocpp_pool import PoolPile, devices, pool
from tests.e2e.folders import estate
from tests.e2e.service import eventually, launched, started
from tests.ports import free_ports

PILES = 20
KILLS = 5 if os.environ.get("SITEWATCH_FULL") == "1" else 1
SEED = 20261125


def sessions_of(data: Path) -> dict[str, list[float | None]]:
    """Connector to the energies [Wh] of its sessions, as they stand in the database."""
    query = "SELECT device, energy FROM charging_sessions ORDER BY device, start_ms"
    found: dict[str, list[float | None]] = {}
    with closing(sqlite3.connect(f"file:{data / 'sitewatch.sqlite'}?mode=ro", uri=True)) as file:
        for device, energy in file.execute(query):
            found.setdefault(device, []).append(None if energy is None else energy / 1000)
    return found


def test_energies_of_sessions_are_what_the_piles_sent(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    piles = pool(PILES, time.time_ns() // 1_000_000, seed=SEED)
    home = estate(tmp_path, devices(piles))
    data, port = tmp_path / "data", free_ports(1)[0]
    arguments = ("run", "--estate", str(home), "--data", str(data), "--port", "0")
    environment = {
        "SITEWATCH_OCPP__LISTEN": f"127.0.0.1:{port}", "SITEWATCH_OCPP__SECURITY_PROFILE": "0",
    }  # fmt: skip
    talking = threading.Thread(target=asyncio.run, args=(_talk(piles, port),))
    talking.start()
    for _ in range(KILLS):
        process = launched(
            *arguments, folder=tmp_path, log=tmp_path / "said", environment=environment
        )
        enough = _answered(piles) + chance.randrange(10, 60)
        _until_answered(piles, enough)
        time.sleep(chance.uniform(0.01, 0.05))
        process.kill()
        process.wait(20)
    assert not all(one.is_done for one in piles), "it was killed while they talked"
    with started(*arguments, folder=tmp_path, environment=environment):
        talking.join(90)
        assert all(one.is_done for one in piles)
        expected = {f"{one.device}/c1": [float(e) for e in one.energies] for one in piles}
        try:
            eventually("sessions are counted", lambda: sessions_of(data) == expected, within_s=60)
        except AssertionError:
            assert sessions_of(data) == expected
    said, again = _answered(piles), sum(one.repeated for one in piles)
    say(f"ocpp, seed {SEED}: {PILES} piles, {KILLS} kills, {said} calls, {again} said again")


def _until_answered(piles: list[PoolPile], count: int) -> None:
    eventually("the piles are answered", lambda: _answered(piles) >= count, within_s=60)


def _answered(piles: list[PoolPile]) -> int:
    return sum(one.answered for one in piles)


async def _talk(piles: list[PoolPile], port: int) -> None:
    await asyncio.gather(*(one.run(port) for one in piles))
