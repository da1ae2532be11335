"""Piles with sessions against the real service, killed while they talk: energies are what they say.

Connections are cut at random, too, so that calls come twice. covers: collectors/ocpp.py
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.collectors.ocpp_pool import pool
from tests.e2e.charging import answered, killed_while_talking, until_counted

PILES = 20
KILLS = 20 if os.environ.get("SITEWATCH_FULL") == "1" else 1
SESSIONS = 30 if os.environ.get("SITEWATCH_FULL") == "1" else 3
SEED = 20261125


def test_energies_of_sessions_are_what_the_piles_sent(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    piles = pool(PILES, time.time_ns() // 1_000_000, sessions=SESSIONS, seed=SEED)
    chance = random.Random(SEED)
    with killed_while_talking(tmp_path, piles, KILLS, chance) as (_, talking):
        talking.join(100)
        assert all(one.is_done for one in piles)
        until_counted(tmp_path / "data", piles, within_s=60)
    said, again = answered(piles), sum(one.repeated for one in piles)
    say(f"ocpp, seed {SEED}: {PILES} piles, {KILLS} kills, {said} calls, {again} said again")
