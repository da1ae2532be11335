"""axe-core in the page that is open: what would keep somebody from using it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""WCAG 2.2, A and AA."""


def violations(page: Page) -> list[str]:
    """Every violation with the first elements it is of."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{one['id']}: {one['help']}: " + " | ".join(_named(node) for node in one["nodes"][:4])
        for one in found["violations"]
    ]


def _named(node: dict[str, Any]) -> str:
    why = [check["message"] for check in (*node["any"], *node["all"], *node["none"])]
    return f"{node['target']} {' '.join(why)[:160]} {node['html'][:120]}"
