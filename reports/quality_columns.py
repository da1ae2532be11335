"""The columns of the quality report, the same in every rendering."""

import math
from collections.abc import Mapping, Sequence

from reports.quality import By, QualityReportData, QualityRow
from reports.texts import Language, in_language, texts

_FIGURES = ("completeness", "online", "fresh", "good", "due", "down", "suspect", "missing_values")


def columns(by: By) -> Sequence[str]:
    """Keys of `columns` in `text.yaml`, in the order of `cells`."""
    named = () if by in (By.DAY, By.LINE) else ("name",)
    return (by.value, *named, "devices", *_FIGURES)


def headings(by: By, language: Language) -> list[str]:
    """The columns in words."""
    catalogue = texts().columns
    return [in_language(catalogue[key], language) for key in columns(by)]


def cells(row: QualityRow, by: By, language: Language, unknown: str) -> list[str]:
    """A row of the report; what is not known is `unknown`."""
    names = [] if by in (By.DAY, By.LINE) else [row.name[language]]
    found = row.figures
    if found is None:
        return [row.key, *names, "0", *[unknown] * len(_FIGURES)]
    return [
        row.key,
        *names,
        str(found.devices),
        unknown if found.completeness is None else share(found.completeness),
        unknown if found.online is None else share(found.online),
        str(found.fresh),
        str(found.good),
        str(found.due),
        str(found.down_minutes),
        _counts(found.suspect),
        _counts(found.missing),
    ]


def total(report: QualityReportData, language: Language) -> QualityRow:
    """All rows together, as one more row."""
    word = in_language(texts().words["total"], language)
    return QualityRow(word, {"zh": "", "en": ""}, report.total, {})


def share(value: float) -> str:
    """A share in per cent with two digits, rounded down: 100.00 says that nothing is missing."""
    return f"{math.floor(value * 10_000 + 1e-9) / 100:.2f}"


def _counts(found: Mapping[str, int]) -> str:
    return "; ".join(f"{reason} {count}" for reason, count in found.items())
