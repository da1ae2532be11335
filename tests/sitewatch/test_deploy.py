"""The examples of deploy/ say what is true. covers: deploy/influx*, deploy/grafana."""

import importlib.util
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.lines import counter_table
from collectors.sample import Sample
from device_configs.kinds import kinds
from ingest.bus import Cursor
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from sitewatch.settings import StoreKind, load_settings
from tests.conftest import ROOT
from tests.influx import influxd, influxd_of
from tests.ingest.samples import NOW

DEPLOY = ROOT / "deploy"
GRAFANA = sorted((DEPLOY / "grafana").glob("*.json"))
OWN = ("sitewatch.json", "sitewatch_metrics.json")
SERIES = [file for file in GRAFANA if file.name not in OWN]
_QUERY = re.compile(r'SELECT mean\("(\w+)"\) FROM "(\w+)" WHERE ')


def targets(file: Path) -> Iterator[dict[str, Any]]:
    """Every target of a dashboard."""
    for panel in json.loads(file.read_text("utf-8"))["panels"]:
        yield from panel["targets"]


def test_the_dashboards_are_what_their_program_writes() -> None:
    spec = importlib.util.spec_from_file_location("make", DEPLOY / "grafana" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    written = {name: make.text(dashboard) for name, dashboard in make.dashboards().items()}
    assert {file.name: file.read_text("utf-8") for file in GRAFANA} == written


def test_every_query_names_a_kind_and_a_point_that_there_are() -> None:
    asked = [one["query"] for file in GRAFANA for one in targets(file) if "query" in one]
    assert len(asked) > 30
    for query in asked:
        found = _QUERY.match(query)
        assert found is not None, query
        point, kind = found.groups()
        assert kinds()[kind].point(point) is not None, query
        assert set(re.findall(r'"(\w+)" =~|, "(\w+)"', query)) <= {
            ("site", ""), ("device", ""), ("", "device"),
        }  # fmt: skip


def test_every_metric_is_one_that_is_served() -> None:
    table = counter_table()
    known = {f"sitewatch_line_{name}_total" for name in (*table.polled, *table.listening)}
    known |= {f"sitewatch_line_{name}" for name in table.moments}
    for page in ("http.md", "metrics.md"):
        known |= set(re.findall(r"`(sitewatch_\w+)", (ROOT / "docs" / page).read_text("utf-8")))
    asked = {
        name.removesuffix("_bucket")
        for file in OWN
        for one in targets(DEPLOY / "grafana" / file)
        for name in re.findall(r"sitewatch_\w+", one.get("expr", ""))
    }
    assert len(asked) > 20
    assert asked <= known


def test_every_query_is_answered_by_influxdb(tmp_path: Path) -> None:
    points: dict[str, set[str]] = {}
    for file in GRAFANA:
        for one in targets(file):
            for point, kind in _QUERY.findall(one.get("query", "")):
                points.setdefault(kind, set()).add(point)
    samples = [
        Sample(kind, NOW + number, dict.fromkeys(names, 1.5), seq=number)
        for number, (kind, names) in enumerate(points.items(), 1)
    ]
    with influxd(tmp_path) as url:
        settings = InfluxSettings(url)
        with closing(InfluxStore(settings, lambda kind: (kind, "hall"), lambda *_: None)) as store:
            store.write(samples, Cursor())
        for file in GRAFANA:
            for one in targets(file):
                if "query" in one:
                    assert answered(url, one["query"]) == [1.5], one["query"]
        for file in SERIES:
            for variable in json.loads(file.read_text("utf-8"))["templating"]["list"][1:]:
                assert answered(url, variable["query"]) in (["hall"], [file.stem])


def answered(url: str, query: str) -> list[object]:
    """The values that a query of a dashboard gives, with Grafana's variables filled in."""
    for variable, value in {
        "$timeFilter": f"time >= {NOW - 60_000}ms AND time < {NOW + 60_000}ms",
        "$__interval": "1m", "fill(null)": "fill(none)", "/^$site$/": "/^hall$/",
        "/^$device$/": "/^.*$/",
    }.items():  # fmt: skip
        query = query.replace(variable, value)
    answer = httpx.get(f"{url}/query", params={"db": "sitewatch", "q": query})
    [result] = answer.json()["results"]
    assert "error" not in result, result
    return [row[1] for series in result.get("series", ()) for row in series["values"]]


@pytest.mark.parametrize(
    ("folder", "secret", "version"),
    [("influx1", "PASSWORD", 1), ("influx2", "TOKEN", 2), ("influx3", "TOKEN", 3)],
)
def test_the_settings_are_good_and_hold_no_secret(
    folder: str, secret: str, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DEPLOY / folder / "sitewatch.toml"
    monkeypatch.setenv(f"SITEWATCH_STORE__{secret}", "hidden")
    store = load_settings(file).store
    assert (store.kind, store.influx_version) == (StoreKind.INFLUX, version)
    assert not {"password", "token"} & set(tomllib.loads(file.read_text("utf-8"))["store"])
    [service] = yaml.safe_load((DEPLOY / folder / "compose.yaml").read_text("utf-8"))[
        "services"
    ].values()
    [port] = service["ports"]
    assert store.url == "http://" + port.rpartition(":")[0]


def test_the_configuration_and_accounts_of_version_1_work(tmp_path: Path) -> None:
    text = (DEPLOY / "influx1" / "influxdb.conf").read_text("utf-8")
    accounts = (DEPLOY / "influx1" / "accounts.iql").read_text("utf-8").splitlines()
    with influxd_of(tmp_path, text) as url:
        ask: Callable[..., httpx.Response] = httpx.post
        first, *others = accounts
        assert ask(f"{url}/query", data={"q": first}).json() == {"results": [{"statement_id": 0}]}
        for statement in others:
            answer = ask(f"{url}/query", data={"q": statement}, auth=("admin", "choose one"))
            assert answer.json() == {"results": [{"statement_id": 0}]}
        settings = InfluxSettings(url, username="sitewatch", password="choose another")
        letters: list[object] = []
        with closing(
            InfluxStore(settings, lambda _: ("gas_meter", "hall"), lambda *one: letters.append(one))
        ) as store:
            assert store.cursor() == Cursor()
            store.write([Sample("g1", NOW, {"flow": 2.0}, seq=1)], Cursor(0, 1))
            assert store.cursor() == Cursor(0, 1)
            assert [one.value for one in store.series("g1", ["flow"], NOW, NOW + 1)["flow"]] == [2]
        assert letters == []


def test_the_unit_is_notified_watched_and_hardened() -> None:
    """Each line that a safety service must not lose; systemd-analyze is not on every machine."""
    lines = (DEPLOY / "sitewatch.service").read_text("utf-8").splitlines()
    for line in (
        "Type=notify", "Restart=always", "StartLimitIntervalSec=0", "NoNewPrivileges=yes",
        "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077",
    ):  # fmt: skip
        assert line in lines
    watchdog = next(line for line in lines if line.startswith("WatchdogSec="))
    # The watchdog must outlast the slowest stage that feeds it, twice over the three signs of life.
    assert int(watchdog.partition("=")[2]) >= 60
