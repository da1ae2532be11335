"""What stands on a report that was issued."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reports.document import Report
from reports.frame import word
from reports.texts import Language


@dataclass(frozen=True)
class Issue:
    """One issue of a report, which is never altered."""

    id: int
    version: int
    """1 for the first of its kind, site, period and options."""
    issued_at_ms: int
    issued_by: str
    digest: str
    """SHA-256 of the canonical text (`reports.render_json`)."""
    replaces: int | None = None
    """The issue that this one corrects."""


def status(report: Report, issue: Issue | None, language: Language) -> str:
    """Whether it is issued, in words."""
    if issue is not None:
        return word("issued", language).format(version=issue.version)
    running = report.made_at_ms < report.period.span.end
    return word("draft_running" if running else "draft", language)


def issue_facts(
    report: Report, issue: Issue | None, language: Language
) -> Sequence[tuple[str, str]]:
    """The status and who issued it, a word and its value each."""
    found = [(word("status", language), status(report, issue, language))]
    if issue is None:
        return found
    at = dt.datetime.fromtimestamp(issue.issued_at_ms // 1000, ZoneInfo(report.timezone))
    found.append((word("issued_by", language), issue.issued_by))
    found.append((word("issued_at", language), at.isoformat(sep=" ", timespec="seconds")))
    if issue.replaces is not None:
        found.append((word("replaces", language), f"#{issue.replaces}"))
    return found
