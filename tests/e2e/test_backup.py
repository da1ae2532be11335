"""A backup of a running service, and a new service on what was restored. covers: the service."""

import json
import subprocess
import time
from pathlib import Path

from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, gate
from tests.e2e.service import command, eventually, started


def _done(*arguments: object) -> str:
    ran = subprocess.run(
        command(*map(str, arguments)), capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_running_service_is_backed_up_exported_and_restored(tmp_path: Path) -> None:
    base = round(time.time() * 1000) - 60_000
    data, other = tmp_path / "data", tmp_path / "other"
    with running_broker(tmp_path / "broker") as broker:
        home = estate(tmp_path, gate("gate-1"))
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        run = ("run", "--estate", str(home), "--port", "0", "--data")
        with started(*run, str(data), folder=tmp_path, environment=environment) as service:
            with publisher(broker) as publishes:
                for number in range(100):
                    body = {"ts": base + number, "seq": number + 1, "people_in": number}
                    publishes.publish("v1/centre/gate/gate-1/state", json.dumps(body))
            eventually(
                "all are stored",
                lambda: len(service.series("gate-1", "people_in_total", base)) == 100,
                within_s=30,
            )
            _done("backup", tmp_path / "kept", "--data", data)
            span = ("--from", "2020-01-01", "--to", "2100-01-01")
            _done("export", *span, "--data", data, "-o", tmp_path / "out.parquet")
            assert "readings added" in _done("import", tmp_path / "out.parquet", "--data", data)
            assert len(service.series("gate-1", "people_in_total", base)) == 100
        _done("restore", tmp_path / "kept", "--data", other, "--estate", tmp_path / "home")
        run = ("run", "--estate", str(tmp_path / "home"), "--port", "0", "--data")
        with started(*run, str(other), folder=tmp_path, environment=environment) as service:
            with publisher(broker) as publishes:
                body = {"ts": base + 500, "seq": 1000, "people_in": 500}
                publishes.publish("v1/centre/gate/gate-1/state", json.dumps(body))
            eventually(
                "what comes after is stored, too",
                lambda: 500.0 in service.series("gate-1", "people_in_total", base),
                within_s=30,
            )
            assert len(service.series("gate-1", "people_in_total", base)) == 101
