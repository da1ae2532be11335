"""Sitewatch itself over HTTP: what is not known is never good."""

from alerts.alarm import Severity
from records.people import Role
from tests.api.house import Built


async def test_what_nobody_said_is_absent(town: Built) -> None:
    town.person("root", Role.ADMINISTRATOR)
    async with town.signed_in("root") as root:
        found = (await root.get("/api/v1/service")).json()
    assert (found["status"], found["values"], found["channels"]) == ("ok", [], [])
    assert not [one for one in found["figures"] if one["name"].startswith("sitewatch_journal")]
    assert found["lines"] == {
        "lines": 2, "connected": 2, "devices": 4, "answering": 2, "silent": 1, "never_tried": 1,
    }  # fmt: skip
    assert found["database"]["dialect"] == "sqlite"
    assert found["database"]["schema_revision"]


async def test_what_it_says_of_itself_has_quality_and_age(town: Built) -> None:
    town.person("root", Role.ADMINISTRATOR)
    town.heard("sitewatch", journal_lag=7)
    town.stages["store"] = "the disk is full"
    town.alarm("grid", Severity.HIGH)
    async with town.signed_in("root") as root:
        [lag] = (await root.get("/api/v1/service")).json()["values"]
        assert (lag["point"], lag["value"], lag["quality"]) == ("journal_lag", 7, "good")
        town.clock.now += 3_600_000
        found = (await root.get("/api/v1/service")).json()
    assert found["values"][0]["quality"] == "stale"
    assert found["status"] == "degraded"
    assert {"name": "store", "state": "the disk is full"} in found["stages"]


async def test_it_is_for_whoever_sees_the_whole_estate(town: Built) -> None:
    town.person("root", Role.ADMINISTRATOR, sites=("north",))
    async with town.signed_in("root") as root:
        assert (await root.get("/api/v1/service")).status_code == 404
