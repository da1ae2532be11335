"""The metrics of a split service: both halves with one scrape. covers: watch_link, metrics."""

import os
import signal
from pathlib import Path

import pytest

from sitewatch.metrics import metric_table
from tests.e2e.background import in_background
from tests.e2e.folders import estate, meter
from tests.e2e.halves import children, stopped
from tests.e2e.service import eventually, started
from tests.sitewatch.test_metrics import _meter, scraped

pytestmark = pytest.mark.timeout(240)
OF_THE_WATCHING_HALF = ("journal", "intake", "judge")


def _series(name: str) -> str:
    for metrics in metric_table().values():
        if name in metrics:
            ending = {"counter": "_total", "histogram": "_count", "gauge": ""}
            return name + ending[metrics[name].type]
    raise AssertionError(name)


def test_both_halves_are_scraped_at_once_and_what_is_away_is_absent(tmp_path: Path) -> None:
    watched = [_series(name) for part in OF_THE_WATCHING_HALF for name in metric_table()[part]]
    with in_background(_meter) as meters:
        home = estate(tmp_path, meter(meters.server.port))
        data = tmp_path / "data"
        arguments = ("run", "--split", "--estate", str(home), "--data", str(data), "--port", "0")
        with started(*arguments, folder=tmp_path) as service:
            body = {"name": "prometheus", "roles": ["integrator"], "sites": ["*"]}
            token = service.post("tokens", body).json()["token"]

            def there() -> set[str]:
                return set(scraped(service, token))

            def halves() -> dict[tuple[str, ...], float]:
                return scraped(service, token)["sitewatch_half_up"]

            eventually("all is there", lambda: set(watched) <= there(), within_s=60)
            eventually(
                "both halves count",
                lambda: (
                    scraped(service, token)["sitewatch_journal_samples_total"][()] > 0
                    and scraped(service, token)["sitewatch_recorder_points_total"][()] > 0
                ),
                within_s=60,
            )
            assert halves() == {("serve",): 1, ("watch",): 1}
            assert "sitewatch_line_connected" in there()
            watching = children(service.process.pid)["watch"]
            with stopped(watching):
                eventually("it is away", lambda: halves()[("watch",)] == 0, within_s=20)
                found = scraped(service, token)
                assert not set(watched) & set(found)
                assert not {name for name in found if name.startswith("sitewatch_line_")}
                assert found["sitewatch_half_up"] == {("serve",): 1, ("watch",): 0}
                assert found["sitewatch_stage_ok"][("watch",)] == 0
                assert found["sitewatch_stage_ok"][("engine",)] == 0
                assert "sitewatch_recorder_points_total" in found
            eventually("it is back", lambda: halves()[("watch",)] == 1, within_s=60)
            os.kill(children(service.process.pid)["watch"], signal.SIGKILL)
            eventually("it was seen to be away", lambda: halves()[("watch",)] == 0, within_s=20)
            eventually("it is started again", lambda: set(watched) <= there(), within_s=60)
