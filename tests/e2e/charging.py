"""A pool of piles against the real service, which is killed while they talk."""

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.collectors.ocpp_pool import PoolPile, devices
from tests.e2e.folders import estate
from tests.e2e.service import Service, eventually, launched, started
from tests.ports import free_ports


def sessions_of(data: Path) -> dict[str, list[float | None]]:
    """Connector to the energies [Wh] of its sessions, as they stand in the database."""
    query = "SELECT device, energy FROM charging_sessions ORDER BY device, start_ms"
    found: dict[str, list[float | None]] = {}
    with closing(sqlite3.connect(f"file:{data / 'sitewatch.sqlite'}?mode=ro", uri=True)) as file:
        for device, energy in file.execute(query):
            found.setdefault(device, []).append(None if energy is None else energy / 1000)
    return found


def sent_by(piles: Sequence[PoolPile]) -> dict[str, list[float]]:
    """Connector to the energies [Wh] of its sessions, as the piles measured them."""
    return {f"{one.device}/c1": [float(energy) for energy in one.energies] for one in piles}


def answered(piles: Sequence[PoolPile]) -> int:
    """How many calls were answered."""
    return sum(one.answered for one in piles)


async def _talk(piles: Sequence[PoolPile], port: int) -> None:
    await asyncio.gather(*(one.run(port) for one in piles))


@contextmanager
def killed_while_talking(
    folder: Path, piles: Sequence[PoolPile], kills: int, chance: random.Random
) -> Iterator[tuple[Service, threading.Thread]]:
    """Kill -9 the service so often while the piles talk; then let it live for the block."""
    home, port = estate(folder, devices(piles)), free_ports(1)[0]
    arguments = ("run", "--estate", str(home), "--data", str(folder / "data"), "--port", "0")
    environment = {
        "SITEWATCH_OCPP__LISTEN": f"127.0.0.1:{port}", "SITEWATCH_OCPP__SECURITY_PROFILE": "0",
    }  # fmt: skip
    talking = threading.Thread(target=asyncio.run, args=(_talk(piles, port),), daemon=True)
    talking.start()
    for _ in range(kills):
        process = launched(*arguments, folder=folder, log=folder / "said", environment=environment)
        enough = answered(piles) + chance.randrange(1, 3 * len(piles))
        try:
            _until_answered(piles, enough)
            time.sleep(chance.uniform(0.0, 0.05))
        finally:
            process.kill()
            process.wait(20)
    assert not all(one.is_done for one in piles), "it is killed while they talk"
    with started(*arguments, folder=folder, environment=environment) as service:
        yield service, talking


def _until_answered(piles: Sequence[PoolPile], count: int) -> None:
    eventually("the piles are answered", lambda: answered(piles) >= count, within_s=60)


def until_counted(data: Path, piles: Sequence[PoolPile], within_s: float) -> float:
    """Wait until the sessions are what the piles sent; returns how long it took. [s]"""
    sent = sent_by(piles)
    try:
        return eventually("sessions are counted", lambda: sessions_of(data) == sent, within_s)
    except AssertionError:
        assert sessions_of(data) == sent
        raise
