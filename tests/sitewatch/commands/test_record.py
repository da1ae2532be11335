"""The record command: the file it writes, and what it does not overwrite."""

import json
from pathlib import Path

import pytest

from collectors.modbus_schema import Table
from collectors.record import Span
from sitewatch.commands.record import span_of
from sitewatch.errors import InvalidInputError
from tests.replay_server import Unit
from tests.sitewatch.commands.console import run, served


def weather() -> Unit:
    unit = Unit()
    unit.load(4, 0, [812, 300, 215, 32, 655])
    return unit


def test_a_capture_is_written_and_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "weather.json"
    with served({1: weather()}) as port:
        arguments = (
            "record", "--host", "127.0.0.1", "--port", str(port), "-o", str(file),
            "--profile", "generic_weather_modbus", "--note", "晴",
        )  # fmt: skip
        first = run(*arguments)
        assert first.code == 0, first.output
        assert "5 cells in 1 block, 0 refused, 0 not answered; 1 request" in first.out
        document = json.loads(file.read_text(encoding="utf-8"))
        file.write_text("{}")
        second = run(*arguments)
        assert (second.code, file.read_text()) == (2, "{}")
        assert "--force" in second.err
        assert run(*arguments, "--force").code == 0
    again = json.loads(file.read_text(encoding="utf-8"))
    assert again | {"captured": ""} == document | {"captured": ""}
    assert document["note"] == "晴"
    assert document["expected_from"] == "sitewatch decoding, unchecked"
    assert document["blocks"][0]["regs"] == [812, 300, 215, 32, 655]


def test_a_range(tmp_path: Path) -> None:
    file = tmp_path / "range.json"
    with served({1: weather()}) as port:
        where = ("--host", "127.0.0.1", "--port", str(port), "-o", str(file))
        result = run("record", *where, "--range", "input:3-6", "--range", "input:0x0")
    assert result.code == 0, result.output
    document = json.loads(file.read_text(encoding="utf-8"))
    assert [block["start"] for block in document["blocks"]] == [0, 3]
    assert document["refused"] == [{"fc": 4, "start": 5, "count": 2, "exception": 2}]
    assert "expected" not in document


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "say what to record"),
        (("--range", "input:0", "--profile", "usw_water"), 2, "say what to record"),
        (("--range", "input:0", "--redact"), 2, "--redact needs --profile"),
        (("--profile", "usw_watter"), 2, "did you mean 'usw_water'?"),
        (("--profile", "zigbee2mqtt_smoke"), 2, "speaks mqtt, not Modbus"),
        (("--range", "inptu:0"), 2, "input:0-79"),
        (("--range", "input:0", "--unit", "9"), 1, "unit 9 does not answer"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    file = tmp_path / "none.json"
    with served({1: weather()}) as port:
        result = run("record", "--host", "127.0.0.1", "--port", str(port), "-o", str(file),
                     *arguments)  # fmt: skip
    assert (result.code, result.out) == (code, "")
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("input:0-79", Span(Table.INPUT, 0, 80)),
        ("holding:0x5000-0x5003", Span(Table.HOLDING, 0x5000, 4)),
        ("coil:65535", Span(Table.COIL, 65535, 1)),
    ],
)
def test_spans(text: str, span: Span) -> None:
    assert span_of(text) == span


@pytest.mark.parametrize("text", ["input", "input:5-4", "input:65536", "Input:1", "holding:-1"])
def test_wrong_spans(text: str) -> None:
    with pytest.raises(InvalidInputError):
        span_of(text)
