from pathlib import Path

from alerts.rule_table import tables, with_tables
from alerts.rules import load_rules

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "alarms.md"


def test_the_document_holds_the_rules_as_they_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run: python -m alerts.rule_table"


def test_every_rule_has_its_row() -> None:
    found = tables()
    for rule in load_rules().every():
        assert f"`{rule.id}`" in found
    assert "residual_current_{n} > 300 mA, deadband 30" in found
    assert "unless service_mode is inspection or fire_return or firefighter" in found
