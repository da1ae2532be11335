"""covers: docs/integrator.md. Every output in the guide is what the commands print today.

`python -m tests.sitewatch.test_integrator_guide` writes them anew.
"""

import contextlib
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.capture import read_capture
from tests.sitewatch.commands.console import replayed, run

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "integrator.md"
METER = read_capture(ROOT / "docs" / "examples" / "made_up_meter.json")
_CHANGES = re.compile(r"\d+\.\d+(?= ms)|\d+(?= requests\)| profiles| rules)|127\.0\.0\.1:\d+")
"""Times, the port of the test, and what grows with the library and its rules."""
_REQUEST = re.compile(r"^([1-4] \d+ \d+) \d+\.\d")
"""A row of the table of requests; its time is left out."""


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind in the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def lay_out(folder: Path) -> None:
    """Lay out the files that the guide shows, and `docs` beside them."""
    for block in blocks("yaml"):
        name, _, text = block.removeprefix("# ").partition("\n")
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / "estate" / "profiles").mkdir()
    (folder / "docs").symlink_to(ROOT / "docs")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the guide, to run its commands in."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command of the guide and the lines that stand below it."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.rstrip("\n").split("\n")
            yield command, lines


def printed(command: str, port: int) -> list[str]:
    """What a command prints, as a person sees it."""
    words = shlex.split(command.replace("5020", str(port)))
    if words[0] == "cp":
        shutil.copy(words[1], words[2])
        return []
    result = run(*words[1:])
    return [line.rstrip() for line in (result.out + result.err).splitlines()]


def missing(wanted: list[str], found: list[str]) -> list[str]:
    """The lines of the guide about the values themselves that are not there any more."""
    lasting = re.compile(r"unit 1 |1\. |\+ (phase|frequency|volt)|(volt|current|active|freq)\w+ ")
    return [line for line in wanted if lasting.match(line) and line not in found]


def settled(lines: list[str]) -> list[str]:
    """Lines without what differs from run to run."""
    short = [" ".join(line.split()) for line in lines]
    return [_CHANGES.sub("#", _REQUEST.sub(r"\1 #", line)) for line in short]


def test_every_output_is_what_the_command_prints(folder: Path) -> None:
    checked = 0
    with replayed(METER) as port:
        for command, shown in commands():
            if command.startswith("sitewatch replay"):
                continue
            found = settled(printed(command, port))
            wanted = settled(shown)
            if "scan" in command or "eastron_sdm630" in command:
                # The library grows, and its profiles with it: what it says first is held fast.
                assert missing(wanted, found) == [], command
            else:
                assert found == wanted, command
            checked += 1
    assert checked == 8


def write() -> None:
    """Write what the commands print today into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), replayed(METER) as port:
        lay_out(Path(name))
        for command, shown in commands():
            if not command.startswith("sitewatch replay"):
                lines = [line.replace(str(port), "5020") for line in printed(command, port)]
                old, new = "\n".join([command, *shown]), "\n".join([command, *lines])
                text = text.replace(f"$ {old}\n", f"$ {new}\n")
    GUIDE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
