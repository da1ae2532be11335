"""kill -9 of the whole service: nothing acknowledged is lost or unjudged. covers: the service."""

import json
import os
import random
import time
from pathlib import Path

from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, smoke, webhook
from tests.e2e.service import eventually, started
from tests.webhook import receiving

FULL = os.environ.get("SITEWATCH_FULL") == "1"
KILLS = 100 if FULL else 4
MESSAGES = 20_000 if FULL else 1500
SEED = 20261123


def _gate(name: str) -> str:
    link = f"{{mqtt: {{topic: v1/centre/gate/{name}}}}}"
    return (
        f"- {{id: {name}, profile: generic_access_gate_mqtt, place: centre, link: {link}, "
        "interval: 1h}\n"
    )


def test_every_message_with_an_identity_is_stored_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    base = round(time.time() * 1000) - 120_000
    with running_broker(tmp_path / "broker") as broker:
        home = estate(tmp_path, _gate("gate-1"))
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        sent = 0
        for _ in range(3):
            with started(*arguments, folder=tmp_path, environment=environment) as service:
                with publisher(broker) as publishes:
                    for _ in range(MESSAGES // 3):
                        sent += 1
                        body = {"ts": base + sent, "seq": sent, "people_in": sent}
                        publishes.publish("v1/centre/gate/gate-1/state", json.dumps(body))
                time.sleep(chance.uniform(0, 0.3))
                service.kill()
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            eventually(
                f"all {sent} messages are stored",
                lambda: len(service.series("gate-1", "people_in_total", base)) >= sent,
                within_s=60,
            )
            found = service.series("gate-1", "people_in_total", base)
    print(f"seed {SEED}: {sent} messages over 3 kills, {len(found)} stored")
    assert sorted(found) == list(range(1, sent + 1)), "every message, exactly once"


def test_a_single_smoke_message_is_an_alarm_after_a_kill(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    names = [f"smoke-{number}" for number in range(1, KILLS + 1)]
    with running_broker(tmp_path / "broker") as broker, receiving() as receiver:
        home = estate(tmp_path, smoke(names), webhook(receiver.url))
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        environment = {"SITEWATCH_MQTT__URL": broker.url}
        for name in names:
            with started(*arguments, folder=tmp_path, environment=environment) as service:
                with publisher(broker) as publishes:
                    publishes.publish(f"zigbee2mqtt/{name}", '{"smoke": true}')
                time.sleep(chance.uniform(0, 0.05))
                service.kill()
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            eventually(
                "every smoke message is an alarm",
                lambda: {alarm["device"] for alarm in service.alarms()} >= set(names),
                within_s=30,
            )
            alarms = [alarm for alarm in service.alarms() if alarm["device"] in names]
            told = {json.loads(request.body)["device"] for request in list(receiver.requests)}
            eventually(
                "every alarm was told",
                lambda: (
                    {json.loads(r.body)["device"] for r in list(receiver.requests)} >= set(names)
                ),
                within_s=30,
            )
    print(f"seed {SEED}: {KILLS} kills, {len(alarms)} alarms, {len(told)} told at once")
    assert len(alarms) == KILLS, "one alarm a detector"
