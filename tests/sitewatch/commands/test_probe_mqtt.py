"""`sitewatch probe --mqtt`: exit codes, one sentence on standard error, and the JSON document."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from sitewatch.commands.probe import probe
from tests.brokers import Broker, broker, publisher
from tests.sitewatch.commands import console

__all__ = ["broker"]

SAID = {
    "car": "2",
    "err": "0",
    "eto": "1234",
    "wh": "5.5",
    "nrg": "[230,231,232,0,1,2,3,4,5,6,7,8]",
    "tma": "[21]",
    "rbt": "498429772",
}
app = typer.Typer()
app.command()(probe)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_device_on_a_broker(broker: Broker) -> None:
    """A topic of retained values: the probe ends as soon as each was heard."""
    with publisher(broker) as client:
        for key, payload in SAID.items():
            client.publish(f"/go-eCharger/1/{key}", payload, retain=True)
    where = ("--profile", "goe_api_v2", "--mqtt", broker.url, "--topic", "/go-eCharger/1")
    result = run(*where, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert set(document) == {"profile", "devices", "points", "requests"}
    assert document["points"]["state"] == {
        "value": "charging", "unit": "", "quality": "good", "raw": [2],
    }  # fmt: skip
    shown = run(*where)
    assert shown.exit_code == 0, shown.output
    for text in ("active_energy_total", "1234", "/go-eCharger/1/car", "retained"):
        assert text in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--profile", "goe_api_v2", "--topic", "a", "--seconds", "0.2"], 1, "nothing was heard"),
        (["--profile", "goe_api_v2"], 2, "--mqtt needs --topic"),
        (["--profile", "generic_weather_modbus", "--topic", "a"], 2, "speaks modbus"),
    ],
)
def test_what_goes_wrong_at_a_broker_is_one_sentence(
    broker: Broker, arguments: list[str], code: int, sentence: str
) -> None:
    result = run(*arguments, "--mqtt", broker.url)
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_neither_host_nor_broker() -> None:
    result = console.run("probe", "--profile", "goe_api_v2")
    assert (result.code, result.out) == (2, "")
    assert "--mqtt" in result.err
