"""Metrics: behind the gate unless the installer opened it."""

from dataclasses import replace
from pathlib import Path

from prometheus_client import Counter

from api.house import ApiSettings
from records.people import Role
from tests.api.house import Built, built


async def test_metrics_are_for_machines_that_see_the_whole_estate(town: Built) -> None:
    Counter("sitewatch_tests", "Tests.", registry=town.house.registry).inc(3)
    async with town.client() as client:
        assert (await client.get("/metrics")).status_code == 401
        for sites, status in ((("*",), 200), (("town",), 200), (("north",), 404)):
            secret = town.token(f"prometheus-{sites[0]}", Role.INTEGRATOR, sites=sites)
            headers = {"Authorization": f"Bearer {secret}"}
            answer = await client.get("/metrics", headers=headers)
            assert answer.status_code == status
            assert ("sitewatch_tests_total 3.0" in answer.text) == (status == 200)


async def test_an_installer_may_open_them(tmp_path: Path) -> None:
    settings = replace(ApiSettings(static=tmp_path / "static"), metrics_public=True)
    with built(tmp_path, settings) as town:
        async with town.client() as client:
            assert (await client.get("/metrics")).status_code == 200
            assert (await client.get("/api/v1/devices")).status_code == 401
