"""Data quality over HTTP: scope, periods, shapes; and in Prometheus."""

import datetime as dt
from collections import Counter

import pytest

from api.schemas_quality import Quality
from ingest.bus import Cursor
from ingest.quality_book import DayRow
from ingest.quality_days import Calendar
from ingest.quality_tables import put_cursor, put_days
from records.engine import transaction
from records.people import Role
from tests.api.house import NOW, Built


@pytest.fixture
def seen(town: Built) -> Built:
    """Two days of three devices; today until now."""
    town.person("boss", Role.VIEWER)
    town.person("north", Role.OPERATOR, sites=("north",))
    town.person("judge", Role.AUDITOR)
    day = Calendar(town.house.estate().timezone).of(NOW).number
    rows = [
        DayRow("grid", day - 1, 9, 50, 100, 1440, online=720, missing=Counter(no_answer=50)),
        DayRow("grid", day, 9, 10, 10, 100, online=100, down=10, heard_ms=NOW, allowed_ms=30_000),
        DayRow("north-grid", day, 9, 9, 10, 100, online=90),
        DayRow("north-smoke", day, 9, counted=100, online=100, covered=100),
    ]
    with transaction(town.house.engine) as connection:
        put_days(connection, rows)
        put_cursor(connection, Cursor(1, 1), NOW)
    return town


TODAY = dt.datetime.fromtimestamp(NOW / 1000, dt.UTC).astimezone(
    dt.timezone(dt.timedelta(hours=8))
).date()  # fmt: skip


async def asked(house: Built, query: str = "", who: str = "boss") -> Quality:
    async with house.signed_in(who) as client:
        answer = await client.get(f"/api/v1/quality{query}")
    assert answer.status_code == 200, answer.text
    return Quality.model_validate(answer.json())


async def test_without_anything_the_last_seven_days_by_device(seen: Built) -> None:
    found = await asked(seen)
    assert (found.first, found.last) == (TODAY - dt.timedelta(days=6), TODAY)
    assert [item.key for item in found.items][:2] == ["grid", "north-grid"]
    grid = found.items[0]
    assert grid.figures is not None
    assert grid.figures.completeness == 60 / 110
    assert grid.days[str(TODAY)].completeness == 1.0
    assert grid.days[str(TODAY)].down_minutes == 10
    assert str(TODAY - dt.timedelta(days=2)) not in grid.days
    assert grid.allowed_s == 30.0
    assert found.count == 7
    assert found.until == dt.datetime.fromtimestamp(NOW / 1000, dt.UTC)
    unknown = [item for item in found.items if item.figures is None]
    assert len(unknown) == 4


async def test_one_device_has_its_reasons_by_day(seen: Built) -> None:
    found = await asked(seen, "?device=grid")
    (grid,) = found.items
    assert grid.days[str(TODAY - dt.timedelta(days=1))].missing == {"no_answer": 50}
    (same,) = (await asked(seen, "?kind=electricity_meter&limit=1")).items
    assert same.key == "grid"
    assert same.days[str(TODAY - dt.timedelta(days=1))].missing == {}


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("site", {"centre", "north"}),
        ("line", {"modbus_tcp[127.0.0.1:1502]", "modbus_tcp[127.0.0.2:1502]"}),
        ("day", {str(TODAY), str(TODAY - dt.timedelta(days=1))}),
    ],
)
async def test_rows_are_about_what_is_asked(seen: Built, by: str, keys: set[str]) -> None:
    assert {item.key for item in (await asked(seen, f"?by={by}")).items} == keys


async def test_the_rest_is_counted(seen: Built) -> None:
    found = await asked(seen, "?limit=2")
    assert (len(found.items), found.count) == (2, 7)


async def test_one_sees_ones_own_sites(seen: Built) -> None:
    mine = await asked(seen, who="north")
    assert {item.key for item in mine.items} == {"north-grid", "north-smoke"}
    assert {item.key for item in (await asked(seen, "?site=north")).items} == {
        "north-grid", "north-smoke",
    }  # fmt: skip
    async with seen.signed_in("north") as client:
        for query in ("?site=centre", "?device=grid", "?site=nowhere"):
            assert (await client.get(f"/api/v1/quality{query}")).status_code == 404
    async with seen.signed_in("judge") as client:
        assert (await client.get("/api/v1/quality")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "?from=2026-09-03&to=2026-09-01",
        "?from=2020-01-01",
        "?from=yesterday",
        "?by=colour",
        "?to=0001-01-01",
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(seen: Built, query: str) -> None:
    async with seen.signed_in("boss") as client:
        assert (await client.get(f"/api/v1/quality{query}")).status_code == 422


async def test_the_example_of_the_description_has_the_shape(seen: Built) -> None:
    async with seen.client() as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    for example in document["components"]["schemas"]["Quality"]["examples"]:
        Quality.model_validate(example)


async def test_prometheus_has_yesterday_and_today_of_each_community(seen: Built) -> None:
    secret = seen.token("prometheus", Role.INTEGRATOR)
    headers = {"Authorization": f"Bearer {secret}"}
    parts = seen.app.state.parts
    async with seen.client(headers) as client:
        before = (await client.get("/metrics")).text
        parts.quality.refresh()
        after = (await client.get("/metrics")).text
    assert "sitewatch_quality_completeness_ratio{" not in before
    name = "sitewatch_quality_completeness_ratio"
    assert f'{name}{{day="yesterday",site="centre"}} 0.5' in after
    assert f'{name}{{day="today",site="centre"}} 1.0' in after
    assert f'{name}{{day="today",site="north"}} 0.95' in after
    assert 'sitewatch_quality_online_ratio{day="today",site="north"} 0.95' in after
    assert f'{name}{{day="yesterday",site="north"}}' not in after
