"""The live stream under the real server: snapshot, changes, resume, scopes, and its end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.app import end_streams
from api.errors import Refusal
from api.live import MAX_READERS_OF_CALLER, LiveTimes
from api.live_channel import Channel
from api.routes import live as live_route
from collectors.sample import Sample
from device_configs.estate import Estate
from records import people
from records.audit import SYSTEM
from records.engine import transaction
from records.people import Role
from tests.api.house import PASSWORD, Built, built
from tests.api.serving import serving, streaming

FAST = LiveTimes(batch_s=0.02, heartbeat_s=1.0)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Built]:
    with built(tmp_path, times=FAST) as found:
        found.person("all", Role.OPERATOR)
        found.person("north", Role.OPERATOR, sites=("north",))
        found.heard("grid", active_power=1.0)
        found.heard("north-grid", active_power=2.0)
        yield found


@asynccontextmanager
async def client_of(address: str, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        login = {"username": name, "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=login)
        client.headers["X-CSRF-Token"] = answer.headers["X-CSRF-Token"]
        yield client


async def test_a_snapshot_and_then_the_changes(town: Built) -> None:
    open_alarm = town.alarm("panel/p001")
    async with (
        serving(town.app) as address,
        client_of(address, "all") as client,
        streaming(client) as stream,
    ):
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        snapshot = await stream.next()
        assert snapshot is not None
        assert snapshot.name == "snapshot"
        values = {(i["device"], i["point"]): i["value"] for i in snapshot.data["items"]}
        assert values == {("grid", "active_power"): 1.0, ("north-grid", "active_power"): 2.0}
        assert [alarm["id"] for alarm in snapshot.data["alarms"]] == [open_alarm]
        town.heard("grid", active_power=5.0)
        event = await stream.until("values")
        assert [(i["device"], i["value"], i["unit"]) for i in event.data["items"]] == [
            ("grid", 5.0, "W")
        ]
        number = town.alarm("north-smoke")
        event = await stream.until("alarm")
        assert (event.data["id"], event.data["transition"]) == (number, "raised")
        assert (await client.post(f"/api/v1/alarms/{number}/ack")).status_code == 200
        event = await stream.until("alarm")
        assert (event.data["state"], event.data["transition"]) == (
            "active_acked", "acknowledged",
        )  # fmt: skip
        assert (await stream.until("heartbeat")).data["at"].endswith("Z")


async def test_many_changes_of_a_point_are_one(town: Built) -> None:
    async with (
        serving(town.app) as address,
        client_of(address, "all") as client,
        streaming(client) as stream,
    ):
        await stream.next()
        for n in range(50):
            sample = Sample("grid", town.clock(), {"active_power": float(n)}, seq=100 + n)
            town.house.latest.apply([sample])
        event = await stream.until("values")
        assert [item["value"] for item in event.data["items"]] == [49.0]


async def test_each_sees_only_theirs(town: Built) -> None:
    town.heard("panel/p002", smoke=False)
    async with serving(town.app) as address, client_of(address, "north") as client:
        assert (await client.get("/api/v1/live?site=centre")).status_code == 404
        assert (await client.get("/api/v1/live?site=town")).status_code == 404
        async with streaming(client) as stream:
            snapshot = await stream.next()
            assert snapshot is not None
            seen = {item["device"] for item in snapshot.data["items"]}
            assert seen == {"north-grid", "panel/p002"}
            town.heard("grid", active_power=7.0)
            town.alarm("panel/p001")
            own = town.alarm("panel/p002")
            assert (await stream.until("alarm")).data["id"] == own
            town.heard("north-grid", active_power=8.0)
            items = (await stream.until("values")).data["items"]
            assert {item["device"] for item in items} == {"north-grid"}


async def test_a_site_narrows_the_stream(town: Built) -> None:
    async with (
        serving(town.app) as address,
        client_of(address, "all") as client,
        streaming(client, "?site=north") as stream,
    ):
        snapshot = await stream.next()
        assert snapshot is not None
        assert {item["device"] for item in snapshot.data["items"]} == {"north-grid"}


async def test_it_goes_on_where_it_broke_off(town: Built) -> None:
    async with serving(town.app) as address, client_of(address, "all") as client:
        async with streaming(client) as stream:
            await stream.next()
            town.heard("grid", active_power=10.0)
            last = await stream.until("values")
        town.heard("grid", active_power=11.0)
        number = town.alarm("north-smoke")
        await asyncio.sleep(0.05)
        async with streaming(client, last_event_id=last.id) as stream:
            found = [await stream.next(), await stream.next()]
            names = {event.name for event in found if event}
            assert names == {"values", "alarm"}
            assert number in {event.data.get("id") for event in found if event}


@pytest.mark.parametrize("last", ["", "x", "dead-1.5", "0.0", "a.b.c", "\x80", "1" * 500])
async def test_an_unknown_place_begins_anew(town: Built, last: str) -> None:
    async with serving(town.app) as address, client_of(address, "all") as client:
        client.headers["Last-Event-ID"] = last.encode("latin-1").decode("latin-1")
        async with client.stream("GET", "/api/v1/live") as response:
            text = await anext(response.aiter_text())
    assert text.startswith("event: snapshot\n")


async def test_signing_out_ends_the_stream_at_once(town: Built) -> None:
    async with serving(town.app) as address, client_of(address, "all") as client:
        async with streaming(client) as stream:
            await stream.next()
            assert (await client.delete("/api/v1/session")).status_code == 204
            await stream.end()
        assert (await client.get("/api/v1/live")).status_code == 401


async def test_it_ends_when_the_session_ends_elsewhere(
    town: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_route, "CHECK_S", 0.05)
    async with serving(town.app) as address, client_of(address, "north") as client:
        async with streaming(client) as stream:
            await stream.next()
            with transaction(town.house.engine) as connection:
                north = people.find(connection, "north")
                assert north is not None
                people.change(connection, north, ["operator"], ["tower"], SYSTEM, 0)
            await stream.end()
        async with streaming(client) as stream:
            snapshot = await stream.next()
            assert snapshot is not None
            assert snapshot.data["items"] == []


async def test_a_revoked_token_ends_its_stream(town: Built) -> None:
    town.person("boss", Role.SECURITY_ADMINISTRATOR)
    secret = town.token("screen", Role.VIEWER)
    async with serving(town.app) as address, client_of(address, "boss") as boss:
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as screen,
            streaming(screen) as stream,
        ):
            await stream.next()
            assert (await boss.delete("/api/v1/tokens/screen")).status_code == 204
            await stream.end()


async def test_a_new_estate_begins_anew(town: Built) -> None:
    async with (
        serving(town.app) as address,
        client_of(address, "all") as client,
        streaming(client) as stream,
    ):
        await stream.next()
        town.heard("grid", active_power=3.0)
        await stream.until("values")
        old = town.house.estate()
        sites = dict(old.sites)
        town.estates.append(
            Estate(old.id, old.name, old.timezone, sites, old.devices, old.profiles)
        )
        town.heard("grid", active_power=4.0)
        await stream.end()


async def test_the_server_stops_in_spite_of_open_streams(town: Built) -> None:
    async with asyncio.timeout(20):
        async with (
            serving(town.app) as address,
            client_of(address, "all") as client,
            streaming(client) as stream,
        ):
            await stream.next()
            end_streams(town.app)
            await stream.end()


async def test_streams_are_bounded_and_counted(tmp_path: Path) -> None:
    with built(tmp_path) as town:
        live = town.app.state.parts.live
        sites = frozenset(town.house.estate().sites)
        readers = [live.open(sites, "one", None) for _ in range(MAX_READERS_OF_CALLER)]
        with pytest.raises(Refusal):
            live.open(sites, "one", None)
        other = live.open(sites, "other", None)
        assert _metric(town, "sitewatch_live_readers") == MAX_READERS_OF_CALLER + 1
        for reader in (*readers, other, other):
            live.close(reader)
        assert _metric(town, "sitewatch_live_readers") == 0
        assert readers[0].channel.readers == 0


def _metric(town: Built, name: str) -> float:
    found = town.house.registry.get_sample_value(name)
    assert found is not None
    return found


async def test_whoever_is_too_slow_gets_a_new_snapshot_and_is_counted(tmp_path: Path) -> None:
    with built(tmp_path) as town:
        town.heard("grid", active_power=1.0)
        live = town.app.state.parts.live
        reader = live.open(frozenset(town.house.estate().sites), "one", None)
        events = live.events(reader)
        assert (await anext(events)).startswith(b"event: snapshot")
        for n in range(400):
            reader.channel.publish("values", b"%d" % n)
        assert (await anext(events)).startswith(b"event: snapshot")
        assert _metric(town, "sitewatch_live_events_skipped_total") == 400
        reader.channel.publish("values", b'"next"')
        assert b'data: "next"' in await anext(events)


async def test_equal_scopes_share_what_is_encoded(tmp_path: Path) -> None:
    with built(tmp_path) as town:
        town.heard("grid", active_power=1.0)
        live = town.app.state.parts.live
        sites = frozenset(town.house.estate().sites)
        one, two = live.open(sites, "one", None), live.open(sites, "two", None)
        assert one.channel is two.channel
        assert await anext(live.events(one)) is await anext(live.events(two))


async def test_lost_changes_make_everyone_begin_anew(tmp_path: Path) -> None:
    with built(tmp_path, times=FAST) as town:
        live = town.app.state.parts.live
        reader = live.open(frozenset(town.house.estate().sites), "one", None)
        events = live.events(reader)
        await anext(events)
        assert live._interrupt(3, 1) == 3
        assert (await anext(events)).startswith(b"event: snapshot")
        assert _metric(town, "sitewatch_live_changes_lost_total") == 2


async def test_a_stream_that_nobody_feeds_ends(tmp_path: Path) -> None:
    with built(tmp_path, times=LiveTimes(batch_s=0.01, heartbeat_s=0.01)) as town:
        live = town.app.state.parts.live
        reader = live.open(frozenset(town.house.estate().sites), "one", None)
        async with asyncio.timeout(10):
            assert len([event async for event in live.events(reader)]) == 1


def test_a_ring_is_bounded_in_events_and_bytes() -> None:
    channel = Channel("c", frozenset())
    for _ in range(1000):
        channel.publish("values", b"x" * 100_000)
    waiting = channel.after(channel.last - 10)
    assert waiting is not None
    assert len(waiting) == 10
    assert channel.after(channel.last - 100) is None
    assert channel.place_of(channel.event_id(channel.last)) == channel.last
    assert channel.place_of(channel.event_id(channel.last + 1)) is None
    assert channel.place_of(channel.event_id(1)) is None
