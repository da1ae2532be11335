"""The wheel's build hook: when it builds the page, and that a failure says what failed."""

import importlib.util
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

HOOK = Path(__file__).resolve().parents[2] / "web" / "build_hook.py"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    spec = importlib.util.spec_from_file_location("build_hook", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(file: Path, at: int) -> None:
    """A file that was changed at a moment. [s]"""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x", encoding="utf-8")
    os.utime(file, (at, at))


def test_page_is_fresh_until_a_source_is_newer(hook: ModuleType, tmp_path: Path) -> None:
    web, static = tmp_path / "web", tmp_path / "static"
    write(web / "src" / "main.tsx", 100)
    assert not hook.is_fresh(web, static)
    write(static / "index.html", 200)
    assert hook.is_fresh(web, static)
    write(web / "node_modules" / "react" / "index.js", 300)
    assert hook.is_fresh(web, static)
    write(web / "src" / "main.tsx", 300)
    assert not hook.is_fresh(web, static)


def test_failed_build_names_its_step_and_keeps_the_old_page(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, static = tmp_path / "web", tmp_path / "static"
    write(web / "package.json", 100)
    write(static / "index.html", 50)

    def fails(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(7, command, output="no such package")

    npm = hook.Npm(tmp_path / "node", tmp_path / "npm-cli.js")
    monkeypatch.setattr(hook, "_find_npm", lambda: npm)
    monkeypatch.setattr(hook.subprocess, "run", fails)
    with pytest.raises(hook.PageBuildError, match=r"(?s)npm ci.*exit code 7.*no such package"):
        hook.build_page(web, static)
    assert (static / "index.html").is_file()
