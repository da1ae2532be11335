"""The default rules and classes as Markdown tables, for `docs/alarms.md`.

Run as `python -m alerts.rule_table` to write the tables between their marks in that file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from alerts.condition_text import condition_text, seconds_text
from alerts.rule import AlarmClass, Rule
from alerts.rules import load_rules
from device_configs.kinds import kinds

_FILE = Path(__file__).resolve().parent.parent / "docs" / "alarms.md"
BEGIN, END = "<!-- generated: python -m alerts.rule_table -->", "<!-- end -->"


def _unit(rule: Rule) -> str:
    for kind in sorted(rule.kinds):
        spec = kinds()[kind].point(rule.point)
        if spec is not None:
            return spec.unit
    return ""


def _kinds(rule: Rule) -> str:
    left = set(kinds()) - rule.kinds
    if not left:
        return "all"
    if len(left) < len(rule.kinds):
        return "all but " + ", ".join(sorted(left))
    return ", ".join(sorted(rule.kinds))


def _where(rule: Rule) -> str:
    found = [*sorted(rule.devices), *sorted(rule.sites), *sorted(rule.points)]
    return f" ({', '.join(found)})" if found else ""


def rule_rows(rules: Iterable[Rule]) -> str:
    """One row a rule."""
    lines = [
        "| rule | kinds | when | delay on / off | class | severity | latch | source | confidence |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for rule in rules:
        when = condition_text(rule.condition, rule.point, _unit(rule))
        delays = f"{seconds_text(rule.on_delay_ms)} / {seconds_text(rule.off_delay_ms)}"
        cells = [
            f"`{rule.id}`{_where(rule)}<br>{rule.title.zh}<br>{rule.title.en}", _kinds(rule), when,
            delays,
            rule.alarm_class, rule.severity.value, "yes" if rule.latch else "", rule.source,
            rule.confidence.value if rule.confidence else "",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def class_rows(classes: Mapping[str, AlarmClass]) -> str:
    """One row a class."""
    lines = ["| class | latch | on / off delay | may be shelved for | a drill? | source |"]
    lines.append("|---|---|---|---|---|---|")
    for name, one in classes.items():
        shelve = "never" if one.shelve_max is None else seconds_text(one.shelve_max * 1000)
        delays = f"{seconds_text(one.on_delay * 1000)} / {seconds_text(one.off_delay * 1000)}"
        cells = [
            f"`{name}` {one.title.zh} {one.title.en}", "yes" if one.latch else "", delays, shelve,
            "yes" if one.drillable else "never", one.source,
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tables() -> str:
    """Both tables, with their headings."""
    rules = load_rules()
    return (
        f"## Classes\n\n{class_rows(rules.classes)}\n\n"
        f"## Default rules\n\n{rule_rows(rules.every())}\n"
    )


def with_tables(text: str) -> str:
    """A document with the tables between their marks brought up to date."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    _FILE.write_text(with_tables(_FILE.read_text(encoding="utf-8")), encoding="utf-8")
