"""The page of the metrics is what the sources say; alert rules ask for nothing else."""

import re
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector
from pydantic import TypeAdapter

from device_configs.yaml_file import read_yaml
from sitewatch.metrics import family, metric_table
from sitewatch.metrics_page import known_names, metrics_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "metrics.md"
RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
_SERIES = re.compile(r"\bsitewatch_[a-z0-9_]+")
_LABEL = re.compile(r"(sitewatch_[a-z0-9_]+)\{([^}]*)\}")


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == metrics_page(), "python -m sitewatch.metrics_page > docs/metrics.md"


def test_names_follow_the_rules_of_prometheus() -> None:
    for metrics in metric_table().values():
        for name, entry in metrics.items():
            assert re.fullmatch(r"sitewatch_[a-z]+(_[a-z]+)+", name)
            # The library adds it, and a text does not end twice.
            assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
            assert not entry.help.endswith(".")
            assert (entry.type == "histogram") <= name.endswith("_seconds")


def rules() -> list[dict[str, object]]:
    groups = TypeAdapter(dict[str, list[dict[str, object]]]).validate_python(read_yaml(RULES).data)
    found = [rule for group in groups["groups"] for rule in cast(list[object], group["rules"])]
    return TypeAdapter(list[dict[str, object]]).validate_python(found)


def test_the_rules_are_complete() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) > 5
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
        assert re.fullmatch(r"[0-9]+[smh]", str(rule["for"]))
        notes = rule["annotations"]
        assert isinstance(notes, dict)
        assert set(notes) == {"summary", "description"}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_asks_for_series_that_there_are(rule: dict[str, object]) -> None:
    expression = str(rule["expr"])
    asked = set(_SERIES.findall(expression))
    assert asked
    assert asked <= known_names()
    assert expression.count("(") == expression.count(")")
    labels = {
        (name if entry.type != "counter" else f"{name}_total"): set(entry.labels)
        for metrics in metric_table().values()
        for name, entry in metrics.items()
    }
    for series, inside in _LABEL.findall(expression):
        names = {re.split("[=!~]", part)[0].strip() for part in inside.split(",")}
        assert names <= labels.get(series, names)


def test_a_family_has_its_labels_and_its_ending() -> None:
    class One(Collector):
        def collect(self) -> list[Metric]:
            entry = metric_table()["outbox"]["sitewatch_outbox_sent"]
            return [family("sitewatch_outbox_sent", entry, [(("mail",), 3)])]

    registry = CollectorRegistry()
    registry.register(One())
    assert b'sitewatch_outbox_sent_total{channel="mail"} 3.0' in generate_latest(registry)
