"""The scan command: what a person and what a machine is shown."""

import json
import shlex
from pathlib import Path

import pytest

from sitewatch.commands.scan import units_of
from sitewatch.errors import InvalidInputError
from tests.collectors.test_scan import meter
from tests.sitewatch.commands.console import on_serial_line, run, served


def scanned(port: int, *more: str) -> list[str]:
    return ["scan", "--host", "127.0.0.1", "--port", str(port), "--timeout-ms", "30", *more]


def test_a_person_is_told_what_to_do_next() -> None:
    with served({3: meter()}) as port:
        result = run(*scanned(port, "--units", "1-4"))
    assert result.code == 0, result.output
    assert f"127.0.0.1:{port}: 1 of 4 units answered" in result.out
    assert "1. eastron_sdm630: likely" in result.out
    assert "+ frequency 49.97 Hz at input 0x46" in result.out
    next_line = f"sitewatch probe --profile eastron_sdm630 --host 127.0.0.1 --port {port} --unit 3"
    assert next_line in result.out
    assert result.err == "", "no progress bar where there is no terminal"


def test_a_machine_gets_the_evidence() -> None:
    with served({1: meter(values={})}) as port:
        result = run(*scanned(port, "--units", "1", "--json"))
    document = json.loads(result.out)
    (unit,) = document["units"]
    verdicts = {fit["profile"]: fit["verdict"] for fit in unit["fits"]}
    assert verdicts["eastron_sdm630"] == "cannot_tell"
    assert (unit["unit"], unit["sunspec"], document["units_asked"]) == (1, None, 1)


def test_a_serial_line_from_the_scan_to_the_capture(tmp_path: Path) -> None:
    file = tmp_path / "meter.json"
    with on_serial_line({3: meter()}) as device:
        where = ("--serial", device, "--baud", "19200")
        found = run("scan", *where, "--units", "2-4", "--timeout-ms", "50")
        assert "1. eastron_sdm630: likely" in found.out
        line = found.out.partition("next: sitewatch ")[2].partition("\n")[0]
        assert line == f"probe --profile eastron_sdm630 --serial {device} --baud 19200 --unit 3"
        document = json.loads(run(*shlex.split(line), "--json").out)
        assert document["points"]["frequency"]["value"] == pytest.approx(49.97)
        kept = run("record", *shlex.split(line)[1:], "-o", str(file))
    assert kept.code == 0, kept.output
    assert json.loads(file.read_text(encoding="utf-8"))["profile"] == "eastron_sdm630"


def test_nobody_answers() -> None:
    with served({}) as port:
        result = run(*scanned(port, "--units", "1,2"))
    assert (result.code, result.out) == (1, "")
    assert "none of 2 units answers within 30 ms" in result.err


@pytest.mark.parametrize(
    ("text", "units"), [("1-3", [1, 2, 3]), ("7", [7]), ("5, 1-2,5", [5, 1, 2]), ("0", [0])]
)
def test_units(text: str, units: list[int]) -> None:
    assert units_of(text) == units


@pytest.mark.parametrize("text", ["", "a", "3-1", "256", "1-", "1;2", "-1"])
def test_wrong_units_are_one_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="1,5,10-20"):
        units_of(text)
