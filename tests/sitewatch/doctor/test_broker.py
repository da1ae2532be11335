"""The doctor at a real mosquitto: as we ship its limits, as it comes, and with each limit alone."""

from pathlib import Path

import pytest

from collectors.mqtt_settings import BrokerSettings
from sitewatch.doctor.broker import BURST, TOPIC, Held, examine, limits
from sitewatch.doctor.finding import Verdict
from tests.brokers import free_port, running_broker


def verdicts(url: str) -> dict[str, Verdict]:
    return {one.what: one.verdict for one in examine(BrokerSettings(url=url))}


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        ({}, Verdict.GOOD, f"{BURST} unacknowledged"),
        ({"max_inflight_messages": "20"}, Verdict.WRONG, "only 20 messages"),
        ({"max_queued_messages": "1000", "max_inflight_messages": "20"}, Verdict.WRONG, "dropped"),
    ],
)
def test_limits_are_tried(
    tmp_path: Path, changes: dict[str, str], verdict: Verdict, said: str
) -> None:
    with running_broker(tmp_path, changes) as broker:
        found = list(examine(BrokerSettings(url=broker.url)))
    assert [one.verdict for one in found] == [Verdict.GOOD, verdict]
    assert said in found[1].said


def test_an_account_that_may_not_publish_is_not_called_good(tmp_path: Path) -> None:
    rights = tmp_path / "acl"
    rights.write_text("topic read nothing/#\n", encoding="utf-8")
    with running_broker(tmp_path, more=f"acl_file {rights}\n") as broker:
        found = list(examine(BrokerSettings(url=broker.url)))
    assert [one.verdict for one in found] == [Verdict.GOOD, Verdict.UNKNOWN]
    assert TOPIC in (found[1].remedy or "")


def test_no_broker_is_wrong() -> None:
    assert verdicts(f"mqtt://127.0.0.1:{free_port()}") == {"broker": Verdict.WRONG}


def test_what_was_dropped_is_counted() -> None:
    assert "dropped 480 of" in limits(Held(20, BURST - 480)).said
