"""Issued reports over HTTP: fixed, versioned, corrected."""

import pytest

from api.schemas_reports import Corrections, IssueItem, IssuePage, ReportDocument
from ingest.interval_tables import add_amounts
from records.audit import entries
from records.engine import reading, transaction
from records.people import Role
from tests.api.house import Built
from tests.reports.days import daily as daily

pytestmark = pytest.mark.usefixtures("daily")
START = 1_788_192_000_000
"""2026-09-01 00:00 in Shanghai. [ms, UTC]"""
BODY = {"period": "2026-09-01"}
ISSUE = "/api/v1/reports/daily/issue"


def book(town: Built, count: int) -> None:
    with transaction(town.house.engine) as connection:
        add_amounts(
            connection,
            {
                ("grid", "active_energy_import", START): [count, 0, 900_000, 0],
                ("grid", "active_energy_export", START): [0, 0, 900_000, 0],
                ("pv", "active_energy_total", START): [0, 0, 900_000, 0],
            },
        )


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("boss", Role.MANAGER)
    town.person("north", Role.MANAGER, sites=("north",))
    town.person("reader", Role.VIEWER)
    book(town, 1_500_000)
    return town


async def test_it_stays_as_issued_and_a_correction_shows_as_one(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        first = IssueItem.model_validate((await client.post(ISSUE, json=BODY)).json())
        assert (first.version, first.replaces, first.issued_by) == (1, None, "person:boss")
        again = await client.post(ISSUE, json=BODY)
        assert again.status_code == 409
        assert "nothing has changed" in again.json()["detail"]
        address = f"/api/v1/issued-reports/{first.id}"
        none = Corrections.model_validate((await client.get(f"{address}/corrections")).json())
        assert none.items == []

        book(seen, 300_000)  # A late reading adds 300 Wh to the same quarter of an hour.
        found = (await client.get(f"{address}/corrections?language=en")).json()
        cells = [(one["row"], one["column"], one["old"], one["new"]) for one in found["items"]]
        assert ("2026-09-01", "Energy", "1.5", "1.8") in cells
        assert ("Total", "Cost", "0.50", "0.60") in cells
        old = ReportDocument.model_validate((await client.get(address)).json())
        assert old.sheets[0].rows[0].shown[1] == "1.5"
        assert old.issue == first

        second = IssueItem.model_validate((await client.post(ISSUE, json=BODY)).json())
        assert (second.version, second.replaces) == (2, first.id)
        path = f"/api/v1/issued-reports/{first.id}/corrections?against={second.id}"
        both = Corrections.model_validate((await client.get(path)).json())
        assert len(both.items) == len(found["items"])
        assert both.against == second
        page = IssuePage.model_validate((await client.get("/api/v1/issued-reports")).json())
        assert [one.id for one in page.items] == [second.id, first.id]
        sheet = await client.get(f"/api/v1/issued-reports/{second.id}?format=csv&language=zh")
        assert 'filename="daily-town-2026-09-01-v2.csv"' in sheet.headers["content-disposition"]
        assert "\r\n2026-09-01,1.8,0.6,," in sheet.text
    with reading(seen.house.engine) as connection:
        assert len(entries(connection, 10, action="report.issued")) == 2


async def test_a_period_that_runs_is_not_issued(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        answer = await client.post(ISSUE, json={"period": "2026-09"})
    assert answer.status_code == 409
    assert "has not ended" in answer.json()["detail"]


async def test_what_was_issued_for_the_whole_is_not_for_a_branch(seen: Built) -> None:
    async with seen.signed_in("boss") as client:
        whole = (await client.post(ISSUE, json=BODY)).json()["id"]
        north = (await client.post(ISSUE, json=BODY | {"site": "north"})).json()["id"]
    async with seen.signed_in("north") as client:
        assert (await client.get("/api/v1/issued-reports")).json()["items"] == []
        for number in (whole, north, 999):
            answer = await client.get(f"/api/v1/issued-reports/{number}")
            assert answer.status_code == 404
        own = (await client.post(ISSUE, json=BODY | {"site": "north"})).json()
        assert own["version"] == 1
        assert (await client.get(f"/api/v1/issued-reports/{own['id']}")).status_code == 200
        found = (await client.get("/api/v1/issued-reports")).json()["items"]
        assert [one["id"] for one in found] == [own["id"]]
    async with seen.signed_in("boss") as client:
        wrong = await client.get(f"/api/v1/issued-reports/{whole}/corrections?against={north}")
        assert wrong.status_code == 409
    async with seen.signed_in("reader") as client:
        assert (await client.post(ISSUE, json=BODY)).status_code == 403
