"""The columns of the safety report, the same in every rendering."""

from collections.abc import Iterable, Sequence
from statistics import median

from alerts.alarm import Severity
from alerts.kpi import ClassTimes, Figures
from reports.quality_columns import share
from reports.safety import SafetyReportData, SafetyRow
from reports.texts import Language, in_language, texts

COLUMNS = (
    "site", "name", "alarms", "emergencies", "alarm_rate", "alarm_peak", "floods", "flooded",
    "chattering", "fleeting", "stale", "to_acknowledge", "unacknowledged", "false_alarms", "tests",
)  # fmt: skip
"""Keys of `columns` in `text.yaml`, in the order of `cells`."""


def headings(language: Language) -> list[str]:
    """The columns in words."""
    return [in_language(texts().columns[key], language) for key in COLUMNS]


def total(report: SafetyReportData, language: Language) -> SafetyRow:
    """All rows together, as one more row."""
    word = in_language(texts().words["total"], language)
    return SafetyRow(word, {"zh": "", "en": ""}, report.total)


def cells(row: SafetyRow, language: Language, unknown: str) -> list[str]:
    """A row of the report; what is not known is `unknown`."""
    found = row.figures
    return [
        row.site,
        row.name[language],
        str(found.alarms),
        str(_count(found, Severity.EMERGENCY)),
        f"{found.per_operator_10min:.3f}",
        str(found.peak_10min),
        str(len(found.floods)),
        share(found.flooded_share),
        str(len(found.chattering)),
        str(found.fleeting),
        str(found.stale),
        _slowest(found.classes.values(), unknown),
        str(sum(one.unacknowledged for one in found.classes.values())),
        _false(found.classes.values(), unknown),
        str(found.tests),
    ]


def _count(found: Figures, severity: Severity) -> int:
    return round(found.mix[severity] * found.alarms)


def _slowest(classes: Iterable[ClassTimes], unknown: str) -> str:
    """The median of the medians, so that a class with many alarms does not hide the others."""
    known = [one.to_acknowledge.median for one in classes]
    medians: Sequence[float] = [one for one in known if one is not None]
    return f"{median(medians):.0f}" if medians else unknown


def _false(classes: Iterable[ClassTimes], unknown: str) -> str:
    """The share of false alarms among those of which a finding was noted."""
    every = list(classes)
    judged = sum(one.judged for one in every)
    return share(sum(one.false_alarms for one in every) / judged) if judged else unknown
