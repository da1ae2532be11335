"""A store that stays away until the journal is full. covers: the service.

Routine samples go before safety ones, the oldest first, each is counted and alarmed; the rest is in
the store when it comes back, in order; alarms did not wait for it.
"""

import time
from pathlib import Path

import httpx

from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, smoke
from tests.e2e.service import Service, eventually, started
from tests.influx import influxd
from tests.ports import free_ports

TOPIC = "v1/centre/gate/gate-1/state"
COUNT = 16_000


def stored(url: str, kind: str, device: str, point: str) -> list[float]:
    """Every reading of a point in InfluxDB, in order of time."""
    question = f'SELECT "{point}" FROM "{kind}" WHERE "device" = \'{device}\''
    answer = httpx.get(f"{url}/query", params={"db": "sitewatch", "q": question})
    [result] = answer.json()["results"]
    return [row[1] for series in result.get("series", ()) for row in series["values"]]


def is_open(service: Service, rule: str) -> bool:
    return any(one["rule"] == rule for one in service.get("alarms", state="open")["items"])


def test_a_full_journal_drops_routine_first_and_says_so(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    link = "{mqtt: {topic: v1/centre/gate/gate-1}}"
    devices = (
        f"- {{id: gate-1, profile: generic_access_gate_mqtt, place: centre, link: {link}, "
        "interval: 1h}\n" + smoke(["smoke-1"])
    )
    base = round(time.time() * 1000) - 60_000
    with running_broker(tmp_path / "broker") as broker:
        arguments = (
            "run", "--estate", str(estate(tmp_path, devices)),
            "--data", str(tmp_path / "data"), "--port", "0",
        )  # fmt: skip
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_STORE__KIND": "influx",
            "SITEWATCH_STORE__URL": f"http://127.0.0.1:{port}",
            "SITEWATCH_JOURNAL__MAX_BYTES": "1000000",
        }
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            with publisher(broker) as publishes:
                publishes.publish("zigbee2mqtt/smoke-1", '{"smoke": true, "battery": 90}')
                eventually("fire is raised", lambda: is_open(service, "smoke_detector_fire"))
                for number in range(1, COUNT + 1):
                    body = f'{{"ts": {base + number}, "seq": {number}, "people_in": {number}}}'
                    publishes.publish(TOPIC, body)
            eventually(
                "the newest value is live, with the store away",
                lambda: service.latest("gate-1")["people_in_total"]["value"] == COUNT,
                within_s=90,
            )
            eventually("the loss is alarmed", lambda: is_open(service, "samples_dropped"), 30)
            with influxd(tmp_path / "influx", http_port=port) as url:
                eventually(
                    "the newest is stored",
                    lambda: stored(url, "access_gate", "gate-1", "people_in_total")[-1:] == [COUNT],
                    within_s=120,
                )
                found = stored(url, "access_gate", "gate-1", "people_in_total")
                missing = COUNT - len(found)
                assert missing > 0
                assert found == list(range(missing + 1, COUNT + 1))
                assert stored(url, "smoke_detector", "smoke-1", "smoke") == [True]

                def counted() -> float:
                    return max(stored(url, "service", "sitewatch", "dropped_total"))

                # The newest count may be on its way when the newest sample is there.
                eventually("every loss is counted", lambda: counted() >= missing, within_s=60)
                own = len(stored(url, "service", "sitewatch", "memory"))
                # Besides the gate's, only the service's own values can be among the dropped.
                assert missing <= counted() <= missing + own + 10
