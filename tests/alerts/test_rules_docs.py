"""covers: the examples of docs/alarms.md and docs/rules.md are rules that load."""

import re
from pathlib import Path

import pytest
import yaml

from alerts.conditions import NAMES
from alerts.rules import load_rules

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _examples() -> list[tuple[str, str]]:
    found = []
    for name in ("alarms.md", "rules.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
        found += [(name, one) for one in blocks if "rule:" in one]
    return found


@pytest.mark.parametrize(("name", "text"), _examples())
def test_every_example_loads(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "example.yaml").write_text(text, encoding="utf-8")
    rules = load_rules(tmp_path)
    for entry in yaml.safe_load(text):
        assert entry["rule"] in rules.rules, name


def test_every_condition_is_in_the_table() -> None:
    text = (DOCS / "alarms.md").read_text(encoding="utf-8")
    table = text[text.index("| condition | true when |") : text.index("Further keys")]
    for name in set(NAMES) - {"unlisted", "by_service"}:
        assert f"`{name}: " in table, name
