"""Reports of makers over HTTP: every form, scope, and the background."""

import asyncio
import io

import httpx
import pytest
from openpyxl import load_workbook

from api.schemas_reports import ReportDocument, ReportJob
from ingest.interval_tables import add_amounts
from records.engine import transaction
from records.people import Role
from tests.api.house import Built
from tests.reports.days import daily as daily

pytestmark = pytest.mark.usefixtures("daily")
START = 1_788_192_000_000
"""2026-09-01 00:00 in Shanghai. [ms, UTC]"""
DAILY = "/api/v1/reports/daily?period=2026-09-01"


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("boss", Role.MANAGER)
    town.person("north", Role.MANAGER, sites=("north",))
    with transaction(town.house.engine) as connection:
        add_amounts(
            connection,
            {
                ("grid", "active_energy_import", START): [1_500_000, 0, 900_000, 0],
                ("grid", "active_energy_export", START): [0, 0, 900_000, 0],
                ("pv", "active_energy_total", START): [0, 0, 900_000, 0],
            },
        )
    return town


async def test_the_kinds_are_listed_in_both_languages(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        found = {one["kind"]: one for one in (await client.get("/api/v1/reports")).json()}
    assert found["daily"]["title"] == {"zh": "按日用电", "en": "Energy by day"}


async def test_options_and_the_usual_period_are_listed(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        found = {one["kind"]: one for one in (await client.get("/api/v1/reports")).json()}
        (coal,) = found["consumption"]["options"]
        wrong = await client.get("/api/v1/reports/consumption?period=2026-09-01&option=coal=x")
    assert coal["default"] == "calorific"
    assert [one["value"] for one in coal["values"]] == ["calorific", "equivalent"]
    assert coal["label"] == {"zh": "标准煤折算", "en": "Standard coal"}
    assert (found["daily"]["options"], found["daily"]["usual_period"]) == ([], "month")
    assert found["statutory"]["usual_period"] == "half_year"
    compare = found["cost"]["options"][-1]
    assert (compare["name"], compare["default"]) == ("compare", None)
    flat = next(one for one in compare["values"] if one["value"] == "js_commercial_flat")
    assert flat["label"]["zh"] == "江苏一般工商业不分时（单一制）"
    assert wrong.status_code == 422


async def test_coverage_of_now_stands_in_the_fire_report(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.get("/api/v1/reports/fire?period=2026")
    assert answer.status_code == 200, answer.text
    found = ReportDocument.model_validate(answer.json())
    assert [sheet.key for sheet in found.sheets] == ["alarms", "protection", "blind"]


async def test_json_is_exact_and_readable(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.get(f"{DAILY}&language=en")
    found = ReportDocument.model_validate(answer.json())
    row = found.sheets[0].rows[0]
    assert row.cells == ["2026-09-01", 1500.0, {"fraction": "50"}, None]
    assert row.shown == ["2026-09-01", "1.5", "0.50", "—"]
    assert (found.status, found.issue) == ("Not issued", None)
    assert found.sheets[0].columns[1].divide == 1000


async def test_every_form_is_a_file_of_its_kind(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        got = {form: await client.get(f"{DAILY}&format={form}") for form in ("csv", "xlsx", "pdf")}
    assert got["csv"].text.startswith('\ufeff"Energy by day')
    assert load_workbook(io.BytesIO(got["xlsx"].content)).sheetnames[-1] == "Sources"
    assert got["pdf"].content.startswith(b"%PDF-")
    assert got["pdf"].headers["content-type"] == "application/pdf"
    assert got["pdf"].headers["content-disposition"] == (
        'attachment; filename="daily-town-2026-09-01.pdf"'
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("weather?period=2026", 404),
        ("daily?period=2026-13", 422),
        ("daily?period=2026&site=atlantis", 404),
        ("daily?period=2026&option=tax", 422),
        ("daily?period=2026&option=tax=half", 422),
        ("daily?period=2026&format=docx", 422),
        ("daily", 422),
    ],
)
async def test_what_cannot_be_asked(seen: Built, path: str, status: int) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.get(f"/api/v1/reports/{path}")
    assert answer.status_code == status, answer.text


async def test_another_branch_has_no_report(seen: Built) -> None:
    async with seen.signed_in("north") as client:
        assert (await client.get(DAILY)).status_code == 404
        assert (await client.get(f"{DAILY}&site=tower")).status_code == 404
        assert (await client.get(f"{DAILY}&site=north")).status_code == 200
        body = {"period": "2026-09-01", "site": "town"}
        assert (await client.post("/api/v1/reports/daily/jobs", json=body)).status_code == 404


async def _finished(client: httpx.AsyncClient, address: str) -> ReportJob:
    async with asyncio.timeout(30):
        while True:
            job = ReportJob.model_validate((await client.get(address)).json())
            if job.state not in ("waiting", "running"):
                return job
            await asyncio.sleep(0.02)


async def test_in_the_background_it_tells_how_far_it_is_and_is_fetched(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        body = {"period": "2026-09-01", "format": "pdf", "language": "zh"}
        made = await client.post("/api/v1/reports/daily/jobs", json=body)
        assert made.status_code == 202
        address = made.headers["location"]
        job = await _finished(client, address)
        assert (job.state, job.percent, job.reason) == ("ready", 100, None)
        file = await client.get(f"{address}/file")
        assert file.content.startswith(b"%PDF-")
        async with seen.signed_in("north") as other:
            assert (await other.get(address)).status_code == 404
        assert (await client.delete(address)).status_code == 204
        assert (await client.get(address)).status_code == 404


async def test_a_job_that_cannot_be_done_says_why(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        body = {"period": "2026-09-01", "options": {"tax": "half"}}
        made = await client.post("/api/v1/reports/daily/jobs", json=body)
        address = made.headers["location"]
        job = await _finished(client, address)
        assert job.state == "failed"
        assert job.reason is not None
        assert "tax 'half'" in job.reason
        assert (await client.get(f"{address}/file")).status_code == 409
