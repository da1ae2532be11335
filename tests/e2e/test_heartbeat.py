"""The whole service tells systemd and somebody outside that it goes on. covers: sitewatch."""

import socket
from pathlib import Path

from tests.brokers import running_broker
from tests.e2e.folders import estate, smoke
from tests.e2e.service import started
from tests.webhook import receiving


def test_systemd_and_somebody_outside_hear_that_it_goes_on(tmp_path: Path) -> None:
    folder = estate(tmp_path, smoke(["smoke-1"]))
    (tmp_path / "broker").mkdir()
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd,
        receiving() as receiver,
        running_broker(tmp_path / "broker") as broker,
    ):
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        environment = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "600000",
            "SITEWATCH_MQTT__URL": broker.url,
            "SITEWATCH_HEARTBEAT__URL": receiver.url,
            "SITEWATCH_HEARTBEAT__EVERY_S": "1",
        }
        arguments = ["run", "--estate", str(folder), "--data", str(tmp_path / "data")]
        with started(*arguments, "--port", "0", folder=tmp_path, environment=environment) as one:
            said = [systemd.recv(1000).decode() for _ in range(3)]
            beats = [request.json for request in receiver.wait(2)]
            health = one.get("health")
            alarms = one.alarms()
    assert said[0] == "READY=1"
    assert all(word.startswith("WATCHDOG=1") for word in said[1:])
    assert beats[0]["sitewatch"] == "example"
    # The first administrator was made, and that is evidence already.
    assert int(beats[-1]["heads"]["audit"].partition(":")[0]) > 0
    assert health["stages"]["engine"] == "ok"
    assert [alarm["rule"] for alarm in alarms] == []
