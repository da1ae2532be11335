"""Lines and dead letters: scope, rates, what is counted; and the same in words of Prometheus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from api.lines import EVERY_S, SPAN_MS, Note, counter_table, counts, rates
from api.parts_of_app import Parts
from api.routes.lines import SHOWN_BYTES, readable
from collectors.driver import DeviceHealth, LineHealth
from records.people import Role
from tests.api.house import NOW, Built
from tests.api.serving import serving

CENTRE, NORTH = "modbus_tcp[127.0.0.1:1502]", "modbus_tcp[127.0.0.2:1502]"
REFUSED = {"frequency": "illegal data address (2)"}


def busy(name: str, requests: int, *devices: DeviceHealth, late_ms: float = 0.0) -> LineHealth:
    """A polled line that counts."""
    counters = {"requests": requests, "timeouts": requests // 10, "waiting": 3}
    return LineHealth(name, True, devices, counters, late_ms, late_ms * 2)


async def lines_of(town: Built, name: str) -> Any:
    async with town.signed_in(name) as client:
        answer = await client.get("/api/v1/lines")
        assert answer.status_code == 200
        return answer.json()


async def test_lines_are_those_of_ones_devices(town: Built) -> None:
    town.person("all", Role.INTEGRATOR)
    town.person("north", Role.OPERATOR, sites=("north",))
    async with town.signed_in("all") as client:
        lines = (await client.get("/api/v1/lines")).json()
        assert [len(line["devices"]) for line in lines] == [3, 1]
        assert lines[0]["name"] == CENTRE
        assert (lines[0]["protocol"], lines[0]["link"]) == ("modbus", "modbus_tcp")
        assert lines[0]["counters"]["requests"] == 7
        states = {one["device"]: (one["state"], one["reason"]) for one in lines[0]["devices"]}
        assert states == {
            "grid": ("answering", None),
            "pv": ("silent", "no_answer"),
            "panel": ("unknown", None),
        }
        of_north = (await client.get("/api/v1/lines?site=north")).json()
        assert [line["name"] for line in of_north] == [NORTH]
        one = (await client.get(f"/api/v1/lines/{quote(CENTRE, safe='')}")).json()
        assert one == lines[0]
        assert (await client.get("/api/v1/lines/nothing")).status_code == 404
    lines = await lines_of(town, "north")
    assert [[d["device"] for d in line["devices"]] for line in lines] == [["north-grid"]]
    async with town.signed_in("north") as client:
        hidden = await client.get(f"/api/v1/lines/{quote(CENTRE, safe='')}")
        assert hidden.status_code == 404
        assert hidden.headers["content-type"] == "application/problem+json"
        assert (await client.get("/api/v1/lines?site=centre")).status_code == 404


async def test_a_shared_line_lists_only_the_devices_one_may_see(town: Built) -> None:
    town.lines[:] = [
        busy("rtu[/dev/ttyS1]", 5, DeviceHealth("grid", True), DeviceHealth("pv", True))
    ]
    town.person("tower", Role.OPERATOR, sites=("tower",))
    (line,) = await lines_of(town, "tower")
    assert [device["device"] for device in line["devices"]] == ["pv"]
    async with town.signed_in("tower") as client:
        named = await client.get(f"/api/v1/lines/{quote('rtu[/dev/ttyS1]', safe='')}")
        assert named.json() == line


async def test_rates_are_of_the_last_minute_and_unknown_before(town: Built) -> None:
    town.person("all", Role.OPERATOR)
    parts: Parts = town.app.state.parts
    grid = DeviceHealth("grid", True, NOW, refused=REFUSED)
    _set(town, busy(CENTRE, 0, grid, late_ms=1500.0))
    (line,) = await lines_of(town, "all")
    assert (line["rates"], line["rate_span_s"]) == ({}, None)
    assert (line["lateness_ms"], line["lateness_p99_ms"], line["waiting"]) == (1500.0, 3000.0, 3)
    for tick in range(40):
        _set(town, busy(CENTRE, tick * 20, grid))
        parts.rates.take()
        town.clock.now += round(EVERY_S * 1000)
    _set(town, busy(CENTRE, 800, grid))
    (line,) = await lines_of(town, "all")
    assert line["rate_span_s"] == SPAN_MS / 1000
    assert line["rates"]["requests"] == pytest.approx(4.0)
    assert line["rates"]["timeouts"] == pytest.approx(0.4)
    assert "waiting" not in line["rates"]
    assert line["devices"][0]["refused"] == REFUSED


def _set(town: Built, *lines: LineHealth) -> None:
    town.lines[:] = lines


rising = st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 500)), max_size=30)


@given(rising, st.integers(0, 30))
def test_a_rate_is_never_negative_and_never_over_more_than_a_minute(
    steps: list[tuple[int, int]], reset_at: int
) -> None:
    notes: list[Note] = []
    at, count = NOW, 0
    for number, (pause, more) in enumerate(steps):
        at, count = at + pause, (0 if number == reset_at else count + more)
        notes.append(Note(at, {"requests": count}))
    if not notes:
        return
    found = rates(notes[-1], reversed(notes[:-1]))
    if found.span_s is None:
        assert found.per_s == {}
        return
    assert 1.0 <= found.span_s <= SPAN_MS / 1000
    assert found.per_s["requests"] >= 0.0
    first = next(note for note in notes if note.at == notes[-1].at - round(found.span_s * 1000))
    counted = notes[-1].counts["requests"] - first.counts["requests"]
    assert found.per_s["requests"] == pytest.approx(counted / found.span_s)


def test_a_clock_that_was_set_back_gives_no_rate() -> None:
    assert rates(Note(NOW, {"requests": 9}), [Note(NOW + 5000, {"requests": 1})]).span_s is None


def test_what_a_polled_line_has_not_counted_yet_is_none_of_it() -> None:
    polled = counts(LineHealth("a", False, (), {"waiting": 0}))
    assert polled == dict.fromkeys(counter_table().polled, 0)
    heard = counts(LineHealth("b", True, (), {"messages": 5, "queue": 1}))
    assert heard == {"messages": 5}


async def test_a_device_tells_its_line_and_what_it_refuses(town: Built) -> None:
    refused = {"supervisory": "illegal data address (2)", "p002/smoke": "illegal function (1)"}
    _set(town, busy(CENTRE, 1, DeviceHealth("panel", True, NOW, refused=refused)))
    town.person("li", Role.VIEWER)
    async with town.signed_in("li") as client:
        panel = (await client.get("/api/v1/devices/panel")).json()
        assert (panel["line"], panel["refused"]) == (CENTRE, refused)
        part = (await client.get("/api/v1/devices/panel/p002")).json()
        assert (part["line"], part["refused"]) == (CENTRE, {"smoke": "illegal function (1)"})
        other = (await client.get("/api/v1/devices/pile")).json()
        assert (other["line"], other["refused"]) == (None, {})


async def test_dead_letters_page_by_page_newest_first(town: Built) -> None:
    box = town.house.dead_letters
    for number in range(5):
        await box.keep(f"topic/{number}", b"nonsense %d" % number, "no JSON")
        town.clock.now += 1000
    await box.keep("topic/bytes", bytes(range(250, 256)) + b"x" * SHOWN_BYTES, "not decodable")
    town.person("wang", Role.INTEGRATOR)
    town.person("north", Role.INTEGRATOR, sites=("north",))
    async with town.signed_in("wang") as client:
        page = (await client.get("/api/v1/dead-letters?limit=4")).json()
        newest = page["items"][0]
        assert (newest["source"], newest["encoding"]) == ("topic/bytes", "hex")
        assert newest["payload"].startswith("fa fb fc")
        assert (newest["size"], newest["whole"]) == (SHOWN_BYTES + 6, False)
        assert page["items"][1]["payload"] == "nonsense 4"
        rest = (await client.get(f"/api/v1/dead-letters?limit=4&after={page['next']}")).json()
        assert [one["source"] for one in rest["items"]] == ["topic/1", "topic/0"]
        assert rest["next"] is None
        assert (await client.get("/api/v1/dead-letters?limit=0")).status_code == 422
    async with town.signed_in("north") as client:
        assert (await client.get("/api/v1/dead-letters")).status_code == 404


@given(st.binary(max_size=40), st.booleans())
def test_no_payload_is_shown_as_what_it_is_not(payload: bytes, cut: bool) -> None:
    encoding, text = readable(payload, cut=cut)
    if encoding == "hex":
        assert bytes.fromhex(text) == payload
    elif cut:
        assert payload.startswith(text.encode())
        assert len(payload) - len(text.encode()) <= 3
    else:
        assert text.encode() == payload


def test_a_cut_through_a_character_is_still_text() -> None:
    whole = "烟感".encode()
    assert readable(whole[:5], cut=True) == ("text", "烟")
    assert readable(whole[:5], cut=False)[0] == "hex"
    assert readable(b"a\x1b[2J", cut=False)[0] == "hex"


async def scraped(town: Built) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    """Everything that a scraper reads, by name and labels."""
    secret = town.token("prometheus", Role.INTEGRATOR)
    async with serving(town.app) as address, httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_scrape_has_every_line(town: Built) -> None:
    devices = (
        DeviceHealth("grid", True, refused=REFUSED), DeviceHealth("pv", False),
        DeviceHealth("panel", None),
    )  # fmt: skip
    mqtt = LineHealth("mqtt[h:1883]", False, (), {"messages": 9, "dead_letters": 2, "queue": 4})
    _set(town, busy(CENTRE, 70, *devices, late_ms=250.0), mqtt)
    await town.house.dead_letters.keep("topic", b"x", "no JSON")
    found = await scraped(town)

    def of(name: str, line: str, **labels: str) -> float | None:
        return found.get((name, frozenset({"line": line, **labels}.items())))

    assert of("sitewatch_line_requests_total", CENTRE) == 70
    assert of("sitewatch_line_timeouts_total", CENTRE) == 7
    for counted in ("exceptions", "garbled", "skipped"):
        assert of(f"sitewatch_line_{counted}_total", CENTRE) == 0
        assert of(f"sitewatch_line_{counted}_total", "mqtt[h:1883]") is None
    assert of("sitewatch_line_connected", CENTRE) == 1
    assert of("sitewatch_line_connected", "mqtt[h:1883]") == 0
    assert of("sitewatch_line_lateness_seconds", CENTRE) == 0.25
    assert of("sitewatch_line_lateness_p99_seconds", CENTRE) == 0.5
    assert of("sitewatch_line_lateness_seconds", "mqtt[h:1883]") is None
    assert of("sitewatch_line_refused_points", CENTRE) == 1
    assert of("sitewatch_line_waiting", CENTRE) == 3
    assert of("sitewatch_line_queue", "mqtt[h:1883]") == 4
    assert of("sitewatch_line_messages_total", "mqtt[h:1883]") == 9
    assert of("sitewatch_line_dead_letters_total", "mqtt[h:1883]") == 2
    for state in ("answering", "silent", "unknown"):
        assert of("sitewatch_line_devices", CENTRE, state=state) == 1
        assert of("sitewatch_line_devices", "mqtt[h:1883]", state=state) == 0
    assert found[("sitewatch_dead_letters_kept_total", frozenset())] == 1
    assert found[("sitewatch_dead_letters_not_kept_total", frozenset())] == 0


async def test_a_line_counts_what_no_table_knows(town: Built) -> None:
    _set(town, LineHealth("new[1]", True, (), {"frames": 3, "odd name": 1}))
    found = await scraped(town)
    assert found[("sitewatch_line_frames_total", frozenset({("line", "new[1]")}))] == 3
    assert not [name for name, _ in found if "odd" in name]


def test_the_document_names_everything_that_lines_count() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    table = counter_table()
    for name in (*table.counters, *table.moments):
        assert f"`{name}`" in text, name
