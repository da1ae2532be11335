"""Today's figures and the flow of energy: for all who watch, of their sites only."""

from pathlib import Path

import pytest

from api.today_items import factors_of
from device_configs.faults import InvalidConfigError
from ingest.counters import INTERVAL_MS
from ingest.interval_tables import add_amounts
from records.engine import transaction
from records.people import Role
from tests.api.house import NOW, Built

QUARTER = (NOW // INTERVAL_MS - 2) * INTERVAL_MS


@pytest.fixture
def seen(town: Built) -> Built:
    town.person("desk", Role.OPERATOR)
    town.person("north", Role.VIEWER, sites=("north",))
    town.person("admin", Role.ADMINISTRATOR)
    return town


def bought(town: Built, device: str, wh: int) -> None:
    row = ("active_energy_import", QUARTER)
    with transaction(town.house.engine) as connection:
        add_amounts(connection, {(device, *row): [wh * 1000, 0, INTERVAL_MS, 0]})


async def test_today_with_the_factor_that_was_taken(seen: Built) -> None:
    bought(seen, "grid", 3000)
    bought(seen, "north-grid", 1000)
    async with seen.signed_in("desk") as client:
        found = (await client.get("/api/v1/today")).json()
    assert found["energy"]["grid_import_wh"] == 4000
    assert found["energy"]["pv_wh"] is None
    assert found["carbon_kg"] == pytest.approx(4 * found["factor"]["value"])
    assert found["factor"]["per"] == "kWh"
    assert found["factor"]["source"]


async def test_nobody_sees_other_sites(seen: Built) -> None:
    bought(seen, "north-grid", 1000)
    async with seen.signed_in("north") as client:
        mine = await client.get("/api/v1/today?site=north")
        for path in ("today", "energy-flow"):
            for site in ("", "?site=centre", "?site=nowhere"):
                assert (await client.get(f"/api/v1/{path}{site}")).status_code == 404
    assert mine.json()["energy"]["consumption_wh"] == 1000


async def test_the_flow_of_a_site_has_names(seen: Built) -> None:
    bought(seen, "grid", 3000)
    async with seen.signed_in("desk") as client:
        found = (await client.get("/api/v1/energy-flow?site=centre")).json()
        wrong = await client.get("/api/v1/energy-flow?site=centre&period=soon")
    assert wrong.status_code == 422
    grid = next(one for one in found["flows"] if one["source"] == "grid")
    assert (grid["target"], grid["wh"], grid["name"]["en"]) == (
        "centre", 3000, "Administrative centre",
    )  # fmt: skip
    meter = next(one for one in found["flows"] if one["kind"] == "meter")
    assert (meter["target"], meter["device"], meter["wh"]) == ("evil", "evil", None)


def test_a_wrong_file_of_factors_is_no_reason_to_show_nothing(tmp_path: Path) -> None:
    (tmp_path / "factors.yaml").write_text("use: {carbon: {electricity: nothing}}", "utf-8")
    with pytest.raises(InvalidConfigError):
        factors_of(tmp_path, "r1")
