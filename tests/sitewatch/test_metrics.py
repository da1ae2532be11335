"""Every metric of the table is given by a running service, with values where they are known."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sitewatch.metrics import metric_table
from tests.e2e.background import in_background
from tests.e2e.folders import estate, meter
from tests.e2e.service import Service, eventually, started
from tests.replay_server import ReplayServer, Unit

ABSENT = {"sitewatch_outbox_sent", "sitewatch_outbox_failures", "sitewatch_outbox_given_up",
          "sitewatch_outbox_waiting"}  # fmt: skip
"""Of these there is a series for each channel that was ever used, and none is here."""
pytestmark = pytest.mark.timeout(240)


def _meter() -> ReplayServer:
    unit = Unit()
    unit.load(4, 0, [0x4248, 0] * 200)
    return ReplayServer({1: unit})


def scraped(service: Service, token: str) -> dict[str, dict[tuple[str, ...], float]]:
    answer = httpx.get(f"{service.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return {
        sample.name: {
            tuple(one.labels.values()): one.value
            for one in family.samples
            if one.name == sample.name
        }
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_running_service_gives_every_metric(tmp_path: Path) -> None:
    with in_background(_meter) as meters:
        home = estate(tmp_path, meter(meters.server.port))
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        with started(*arguments, folder=tmp_path) as service:
            made = service.post(
                "tokens", {"name": "prometheus", "roles": ["integrator"], "sites": ["*"]}
            )
            token = made.json()["token"]
            eventually(
                "all is written once",
                lambda: (
                    scraped(service, token).get("sitewatch_quality_rows_total", {}).get((), 0) > 0
                ),
                within_s=120,
            )
            eventually(
                "the files were counted",
                lambda: "sitewatch_store_bytes" in scraped(service, token), within_s=60,
            )  # fmt: skip
            found = scraped(service, token)
    for metrics in metric_table().values():
        for name, entry in metrics.items():
            ending = {"counter": "_total", "histogram": "_count", "gauge": ""}[entry.type]
            assert name in ABSENT or found[name + ending], name
    assert set(found["sitewatch_journal_lag_samples"]) == {
        (consumer, lane)
        for consumer in ("recorder", "judge", "intervals", "sessions", "quality")
        for lane in ("safety", "routine")
    }
    assert found["sitewatch_journal_dropped_samples_total"] == {("safety",): 0, ("routine",): 0}
    assert found["sitewatch_journal_samples_total"][()] > 0
    commits = found["sitewatch_journal_commit_seconds_count"][()]
    assert commits > 0
    assert found["sitewatch_journal_commit_seconds_bucket"][("+Inf",)] == commits
    assert found["sitewatch_stage_ok"][("engine",)] == 1
    assert found["sitewatch_recorder_points_total"][()] > 0
    assert found["sitewatch_disk_free_bytes"][()] > 0
