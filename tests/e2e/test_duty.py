"""Smoke, the duty contact, the next step, kill -9 between, the link. covers: the whole service."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.brokers import publisher, running_broker
from tests.e2e.folders import estate, smoke
from tests.e2e.service import Service, command, eventually, started
from tests.webhook import Receiver, receiving

STEP_S = 6.0
LIST = """\
contacts:
  - {{id: wang, name: 王伟, webhook: "{url}/wang"}}
  - {{id: li, name: 李静, webhook: "{url}/li"}}
teams:
  - {{id: officers, name: {{zh: 安全主管, en: Safety officers}}, members: [li]}}
schedules:
  - id: desk
    name: {{zh: 值班室, en: Duty desk}}
    begins: 2026-01-05
    shifts:
      - {{shift: all, start: "08:00", end: "08:00", weeks: [{week}]}}
"""
WEEK = f"[{', '.join(['wang'] * 7)}]"
ROUTES = """\
- when: {severity: emergency}
  notify: [{on_duty: desk, by: webhook}]
  escalate: quick
- when: {class: roll_call}
  notify: [{on_duty: desk, by: webhook}]
"""
CHAIN = f"""\
- escalation: quick
  steps: [{{after: {STEP_S}s, notify: [{{team: officers, by: webhook}}]}}]
  repeat: 1s
"""


def told(receiver: Receiver, who: str) -> list[dict[str, Any]]:
    """What a person got."""
    return [json.loads(r.body) for r in list(receiver.requests) if r.path.endswith(f"/{who}")]


def load(folder: Path, url: str) -> None:
    file = folder / "duty.yaml"
    file.write_text(LIST.format(url=url.rstrip("/"), week=WEEK), encoding="utf-8")
    arguments = ("duty", "import", str(file), "--data", str(folder / "data"))
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "4 added" in done.stdout


def escalated(service: Service, alarm: int) -> list[Any]:
    events = service.get(f"alarms/{alarm}/events")
    return [one["value"] for one in events if one["event"] == "escalated"]


def test_the_duty_contact_then_the_next_until_the_link_is_used(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker, receiving() as receiver:
        home = estate(tmp_path, smoke(["smoke-1"]), ROUTES)
        (home / "escalations").mkdir()
        (home / "escalations" / "all.yaml").write_text(CHAIN, encoding="utf-8")
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_SERVICE__PUBLIC_URL": "http://page.example",
        }
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            load(tmp_path, receiver.url)
            began = time.monotonic()
            with publisher(broker) as publishes:
                publishes.publish("zigbee2mqtt/smoke-1", '{"smoke": true}')
            eventually("the duty contact is told", lambda: bool(told(receiver, "wang")), within_s=3)
            assert told(receiver, "li") == []
            service.kill()
        killed_for = time.monotonic() - began
        assert killed_for < STEP_S, "the kill is between the two steps"
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            eventually(
                "the officers are told", lambda: bool(told(receiver, "li")), within_s=STEP_S + 5
            )
            assert time.monotonic() - began >= STEP_S
            eventually("and again", lambda: len(told(receiver, "li")) >= 3, within_s=10)
            message = told(receiver, "li")[0]
            assert message["transition"] == "escalated"
            # Told at least once: the kill may come between the answer and its note on disk.
            assert len([m for m in told(receiver, "wang") if m["transition"] == "raised"]) in (1, 2)
            path = re.sub("^http://page.example", "", message["ack_link"])
            with httpx.Client(base_url=service.url) as phone:
                page = phone.get(path)
                assert page.status_code == 200
                assert "李静" in page.text
                assert service.alarms()[0]["acked"] is False, "a look changes nothing"
                done = phone.post(path)
                assert done.status_code == 200, done.text
                count = len(escalated(service, message["id"]))
                assert phone.post(path).status_code == 410
            assert service.alarms()[0]["acked_by"] == "contact:li"
            time.sleep(2.5)  # Two and a half repeats.
            assert len(escalated(service, message["id"])) == count, "nothing after the person"


def test_a_roll_call_is_told_and_answered(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker, receiving() as receiver:
        home = estate(tmp_path, smoke(["smoke-1"]), ROUTES.replace("  escalate: quick\n", ""))
        arguments = ("run", "--estate", str(home), "--data", str(tmp_path / "data"), "--port", "0")
        environment = {
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_SERVICE__PUBLIC_URL": "http://page.example",
        }
        with started(*arguments, folder=tmp_path, environment=environment) as service:
            load(tmp_path, receiver.url)
            assert service.post("roll-calls", {"site": "nowhere"}).status_code == 404
            asked = service.post("roll-calls", {"site": "centre"})
            assert asked.status_code == 201, asked.text
            assert service.post("roll-calls", {"site": "centre"}).status_code == 409
            eventually("the desk is called", lambda: bool(told(receiver, "wang")), within_s=3)
            link = told(receiver, "wang")[0]["ack_link"].removeprefix("http://page.example")
            assert httpx.post(service.url + link).status_code == 200
            eventually(
                "the answer is kept",
                lambda: service.get("roll-calls")["items"][0]["answered_by"] is not None,
                within_s=5,
            )
            assert service.get("roll-calls")["items"][0]["answered_by"] == "contact:wang"
            assert service.get("roll-calls")["items"][0]["missed"] is False
            assert [one for one in service.alarms() if "roll" in one["rule"]] == []
