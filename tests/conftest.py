"""What every test can use, and the rule that CI skips nothing but what it must."""

import gc
import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = Path(os.environ.get("SITEWATCH_CAPTURES", str(ROOT.parent / "shared" / "captures")))
MAY_SKIP = ("needs_captures", "needs_influx2")


LONGEST = (
    "tests/ui/test_screens.py", "tests/acceptance/", "tests/ui/test_console.py",
    "tests/ingest/stores/test_duckdb_compaction.py", "tests/e2e/", "tests/ui/",
)  # fmt: skip
"""Begun first, so that at the end no process works alone on a long file."""


def _turn(item: pytest.Item) -> int:
    return next((n for n, at in enumerate(LONGEST) if item.nodeid.startswith(at)), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs captures or an InfluxDB 2.x server where there is none; the longest first."""
    items.sort(key=_turn)
    for item in items:
        if item.get_closest_marker("needs_captures") and not CAPTURES.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"there are no captures in {CAPTURES}"))
        if item.get_closest_marker("needs_influx2") and not os.environ.get(
            "SITEWATCH_TEST_INFLUX_URL"
        ):
            item.add_marker(pytest.mark.skip(reason="SITEWATCH_TEST_INFLUX_URL names no server"))


class _Skips:
    """Counts skipped tests by whether CI allows them."""

    def __init__(self) -> None:
        self.allowed = 0
        self.refused: list[str] = []


_SKIPS = pytest.StashKey[_Skips]()
_SAID = pytest.StashKey[list[str]]()
_MAY_SKIP, _SAYS = "may_skip", "says"
"""Properties of a report: with several processes, reports are all that the counting one sees."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin the count."""
    config.stash[_SKIPS] = _Skips()
    config.stash[_SAID] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with the report whether the test may be skipped."""
    report = yield
    if any(item.get_closest_marker(name) for name in MAY_SKIP):
        report.user_properties = [*report.user_properties, (_MAY_SKIP, True)]
    return report


class _Counting:
    """Counts skips and keeps what tests say; only in the process that sees every report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at one report."""
        properties = report.user_properties
        if report.when == "call":
            said = [str(value) for name, value in properties if name == _SAYS]
            self._config.stash[_SAID].extend(said)
        if report.skipped and not hasattr(report, "wasxfail"):
            skips = self._config.stash[_SKIPS]
            if (_MAY_SKIP, True) in map(tuple, properties):
                skips.allowed += 1
            else:
                skips.refused.append(f"{report.nodeid}: {report.longrepr}")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Count here, unless this process only runs tests for another."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Counting(session.config))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI a skip that is not allowed fails the run."""
    if os.environ.get("CI") == "true" and session.config.stash[_SKIPS].refused and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped and why that is allowed or not."""
    skips = terminalreporter.config.stash[_SKIPS]
    if os.environ.get("CI") == "true" and skips.refused:
        terminalreporter.section("skips that CI does not allow")
        for line in skips.refused:
            terminalreporter.line(line)
    for line in terminalreporter.config.stash[_SAID]:
        terminalreporter.line(line)
    terminalreporter.line(
        f"skipped for want of captures or an InfluxDB 2.x server: {skips.allowed}; "
        f"other skips: {len(skips.refused)}"
    )


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a line at the end of the run: seeds and counts of what was tried."""
    return lambda line: request.node.user_properties.append((_SAYS, line))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of registers and payloads read from real devices."""
    return CAPTURES


def pytest_unconfigure() -> None:
    """Free what tests left behind while the libraries behind it are still there."""
    gc.collect()
