"""The energy report and the balances of the meter tree, as JSON and CSV."""

import csv
import io

import pytest

from api.schemas_unaccounted import UnaccountedReport
from ingest.interval_tables import add_amounts
from records.engine import transaction
from records.people import Role
from tests.api.house import Built


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("boss", Role.MANAGER)
    town.person("north", Role.MANAGER, sites=("north",))
    return town


async def test_without_data_every_figure_is_unknown(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.get("/api/v1/reports/energy?period=2026-09&step=day")
    report = answer.json()
    assert answer.status_code == 200
    assert (report["site"], report["step"], report["timezone"]) == ("town", "day", "Asia/Shanghai")
    assert report["revision"] == "abc123"
    assert report["total"]["consumption_wh"] is None
    assert report["total"]["missing_share"] == 1.0
    assert report["rows"][0]["period"] == "2026-09-01"
    assert {"grid", "north-grid", "pv"} <= set(report["meters"])


async def test_csv_leaves_unknown_empty(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        query = "site=north&period=2026-09&step=month&format=csv"
        answer = await client.get(f"/api/v1/reports/energy?{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="energy-north-2026-09.csv"'
    )
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[1][0] == "2026-09"
    assert rows[1][1] == ""
    assert rows[0] != rows[1]


async def test_csv_speaks_the_readers_language(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        path = "/api/v1/reports/energy?period=2026-09&format=csv"
        chinese = await client.get(path, headers={"Accept-Language": "zh-CN"})
        english = await client.get(path, headers={"Accept-Language": "en"})
        asked = await client.get(f"{path}&language=zh", headers={"Accept-Language": "en"})
    assert chinese.text == asked.text != english.text
    assert "行政中心" not in english.text


async def test_a_year_is_by_month(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        report = (await client.get("/api/v1/reports/energy?period=2026")).json()
    assert report["step"] == "month"
    assert [row["period"] for row in report["rows"]] == [f"2026-{n:02d}" for n in range(1, 10)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("period=2026-13", 422),
        ("period=september", 422),
        ("period=../../x", 422),
        ("", 422),
        ("period=2026-09&step=hour", 422),
        ("period=2026-09&format=xlsx", 422),
        ("period=2026-09&site=atlantis", 404),
    ],
)
async def test_what_cannot_be_asked(seen: Built, query: str, status: int) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.get(f"/api/v1/reports/energy?{query}")
    assert answer.status_code == status, answer.text


async def test_another_branch_has_no_report(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        for query in ("", "&site=town", "&site=tower"):
            path = f"/api/v1/reports/energy?period=2026-09{query}"
            assert (await client.get(path)).status_code == 404


async def test_the_balances_of_the_meter_tree(seen: Built) -> None:
    start = 1_788_192_000_000  # 2026-09-01 00:00 in Shanghai.
    with transaction(seen.house.engine) as connection:
        for device, amount in (("grid", 1_000_000), ("evil", 400_000)):
            add_amounts(
                connection, {(device, "active_energy_import", start): [amount, 0, 900_000, 0]}
            )
        add_amounts(connection, {("pv", "active_energy_total", start): [0, 0, 900_000, 0]})
        add_amounts(connection, {("grid", "active_energy_export", start): [0, 0, 900_000, 0]})
    async with seen.signed_in("boss") as client:
        answer = await client.get("/api/v1/reports/unaccounted?period=2026-09-01&limit=0.5")
        table = await client.get("/api/v1/reports/unaccounted?period=2026-09-01&format=csv")
    found = UnaccountedReport.model_validate(answer.json())
    [row] = found.rows
    assert (row.node, row.what, row.submeters) == ("centre", "site", ["evil"])
    assert (row.inflow_wh, row.submeters_wh, row.unaccounted_wh) == (1000.0, 400.0, 600.0)
    assert row.share == 0.6
    assert row.missing_share == pytest.approx(95 / 96)
    assert row.marks == ["above_limit", "partly_known"]
    assert (found.limit, found.revision) == (0.5, "abc123")
    assert answer.json()["start"] == "2026-09-01T00:00:00+08:00"
    assert table.headers["content-disposition"] == (
        'attachment; filename="unaccounted-town-2026-09-01.csv"'
    )
    assert ",1,0.4,0.6,60.00," in table.text


async def test_the_balances_of_another_branch_are_not_there(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        for query, status in (
            ("", 404), ("&site=tower", 404), ("&site=north&limit=2", 422), ("&site=north", 200),
        ):  # fmt: skip
            path = f"/api/v1/reports/unaccounted?period=2026-09{query}"
            assert (await client.get(path)).status_code == status
