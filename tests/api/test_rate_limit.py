"""How often a client may ask, and that one client does not use up another's share."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.errors import Refusal
from api.house import ApiSettings
from api.rate_limit import MOST_CLIENTS, Dear, RateLimit
from records.people import Role
from tests.api.house import PASSWORD, built


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_client_waits_for_its_own_share_only() -> None:
    clock = Clock()
    limit = RateLimit({Dear.LOGIN: 6, Dear.WRITE: 60}, clock)
    for _ in range(6):
        limit.take(Dear.LOGIN, "a")
    with pytest.raises(Refusal) as refused:
        limit.take(Dear.LOGIN, "a")
    assert refused.value.headers == {"Retry-After": "10"}
    limit.take(Dear.LOGIN, "b")
    limit.take(Dear.WRITE, "a")
    clock.now = 9.9
    with pytest.raises(Refusal):
        limit.take(Dear.LOGIN, "a")
    clock.now = 10.0
    limit.take(Dear.LOGIN, "a")
    with pytest.raises(Refusal):
        limit.take(Dear.LOGIN, "a")


def test_many_clients_do_not_fill_the_memory() -> None:
    limit = RateLimit({Dear.LOGIN: 6})
    for n in range(MOST_CLIENTS + 100):
        limit.take(Dear.LOGIN, str(n))
    assert len(limit._buckets) == MOST_CLIENTS


async def test_logins_writes_and_exports_are_limited(tmp_path: Path) -> None:
    settings = replace(
        ApiSettings(static=tmp_path / "static"),
        logins_per_minute=5, writes_per_minute=60, exports_per_minute=3,
    )  # fmt: skip
    with built(tmp_path, settings) as town:
        secret = town.token("robot", Role.MANAGER, Role.OPERATOR)
        other = town.token("other", Role.MANAGER)
        async with town.client() as client:
            login = {"username": "li", "password": PASSWORD}
            guesses = [login | {"username": f"{n}"} for n in range(6)]
            statuses = [
                (await client.post("/api/v1/session", json=guess)).status_code for guess in guesses
            ]
            assert statuses == [401] * 5 + [429]
        async with town.client({"Authorization": f"Bearer {secret}"}) as client:
            url = "/api/v1/reports/nothing"
            statuses = [(await client.get(url)).status_code for _ in range(4)]
            assert statuses[3] == 429
            assert 429 not in statuses[:3]
            statuses = [
                (await client.post("/api/v1/alarms/999/ack")).status_code for _ in range(61)
            ]
            assert statuses == [404] * 60 + [429]
            # Reading is not counted: whoever watches goes on.
            assert (await client.get("/api/v1/alarms")).status_code == 200
        async with town.client({"Authorization": f"Bearer {other}"}) as client:
            assert (await client.get("/api/v1/reports/nothing")).status_code != 429
