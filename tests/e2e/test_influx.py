"""The whole service on a real InfluxDB 1.x that goes away and comes back. covers: the service."""

import time
from pathlib import Path

import httpx

from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate
from tests.e2e.service import eventually, started
from tests.influx import influxd
from tests.ports import free_ports

TOPIC = "v1/centre/gate/gate-1/state"


def test_nothing_is_lost_while_the_store_is_down(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    link = "{mqtt: {topic: v1/centre/gate/gate-1}}"
    gate = (
        f"- {{id: gate-1, profile: generic_access_gate_mqtt, place: centre, link: {link}, "
        "interval: 1h}\n"
    )
    base = round(time.time() * 1000) - 60_000
    with running_broker(tmp_path / "broker") as broker:
        arguments = (
            "run", "--estate", str(estate(tmp_path, gate)),
            "--data", str(tmp_path / "data"), "--port", "0",
        )  # fmt: skip
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_STORE__KIND": "influx",
            "SITEWATCH_STORE__URL": f"http://127.0.0.1:{port}",
        }
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            with publisher(broker) as publishes:
                for number in range(1, 201):
                    body = f'{{"ts": {base + number}, "seq": {number}, "people_in": {number}}}'
                    publishes.publish(TOPIC, body)
            eventually("the values are live", lambda: "people_in_total" in service.latest("gate-1"))

            def store() -> str:
                health = httpx.get(f"{service.url}/api/v1/health").json()
                return str(health["stages"]["store"])

            eventually("the store is named", lambda: f":{port}" in store())
            with influxd(tmp_path / "influx", http_port=port):
                eventually("the store takes it", lambda: store() == "ok", within_s=90)
                eventually(
                    "all of it is in InfluxDB",
                    lambda: len(service.series("gate-1", "people_in_total", base)) == 200,
                    within_s=90,
                )
                found = service.series("gate-1", "people_in_total", base)
                assert found == list(range(1, 201))
