"""The acl command: the list of an estate folder, and its exit codes."""

from pathlib import Path

import pytest

from sitewatch.cli import main
from tests.conftest import ROOT

DEMO = ROOT / "device_configs" / "demo_estate"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["acl", *arguments])
    return int(ended.value.code or 0)


def test_every_topic_of_the_estate_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--estate", str(DEMO), "--format", "mosquitto", "--sitewatch-user", "watcher") == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert shown.err == ""
    assert lines[1] == "user watcher"
    assert "topic read $SYS/broker/publish/messages/dropped" in lines
    lift = lines.index("user centre-lift-1")
    assert lines[lift + 1].startswith("topic write v1/")
    assert lines[lift + 1].endswith("/elevator/centre-lift-1/event")
    assert not [line for line in lines if line.startswith("topic readwrite")]
    assert not [line for line in lines if "write" in line and ("+" in line or "#" in line)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--estate", str(DEMO), "--sitewatch-user", "a b"), "--sitewatch-user"),
        (("--estate", str(DEMO), "--sitewatch-user", "zigbee2mqtt"), "account of sitewatch"),
        (("--estate", str(DEMO), "--format", "emqx"), "mosquitto"),
        (("--estate", str(DEMO / "nowhere")), "no such folder"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert says in capsys.readouterr().err


def test_an_estate_without_mqtt_has_a_list_that_lets_sitewatch_watch_the_broker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "estate.yaml").write_text(
        "estate: small\ncommunities:\n  - {id: c, role: centre, name: {zh: 心, en: C}}\n", "utf-8"
    )
    assert run("--estate", str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "user sitewatch",
        "topic read $SYS/broker/publish/messages/dropped",
    ]
