"""A report as PDF: A4 pages that a director would sign, set by typst with an embedded font.

`pages_of` says in JSON what stands on the pages, `set_pages` makes the PDF of it, and
`set_pages_apart` does so in a process of its own, where a service must stay awake.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import typst

from reports import page_setter
from reports.chart_svg import FONT, chart_svg, has_figures
from reports.document import Report, Sheet
from reports.errors import RenderingError
from reports.forms import Form
from reports.frame import (
    SHARES,
    SOURCE_COLUMNS,
    facts,
    has_shares,
    heading,
    row_texts,
    share_texts,
    sheet_title,
    source_texts,
    title,
    word,
)
from reports.issue import Issue, issue_facts, status
from reports.render_json import canonical, digest
from reports.report_texts import note_sentence
from reports.texts import Language

TIMEOUT_S = 120.0
"""Longest time for the pages of one report. [s]"""
_LOOK_S = 0.2
_WIDE = 10
"""From so many columns on a sheet stands on pages across."""
_SHORT_DIGEST = 16
_SIZES = ((6, 8.5), (9, 7.5), (13, 7.0), (1000, 6.0))
"""Up to so many columns the text of a table has this size. [pt]"""


def report_pdf(report: Report, language: Language, issue: Issue | None = None) -> bytes:
    """The report as PDF, made in this process.

    Raises:
        RenderingError: the pages cannot be set.
    """
    return set_pages(pages_of(report, language, issue))


def set_pages(pages: str) -> bytes:
    """The PDF of what `pages_of` gave.

    Raises:
        RenderingError: the pages cannot be set.
    """
    try:
        return page_setter.pdf_of(pages)
    except (typst.TypstError, RuntimeError, OSError) as error:
        raise RenderingError(f"the pages of the report cannot be set: {error}") from error


def set_pages_apart(
    pages: str, ended: Callable[[], bool] = lambda: False, timeout_s: float = TIMEOUT_S
) -> bytes:
    """The same in a process of its own; blocks.

    Args:
        pages: what `pages_of` gave.
        ended: asked now and then; once it is true, the process is ended.
        timeout_s: after so long it is ended, too. [s]

    Raises:
        RenderingError: the pages cannot be set, in time, or any more.
    """
    deadline = time.monotonic() + timeout_s
    # -P: the folder of the script is not searched for modules.
    command = [sys.executable, "-P", page_setter.__file__]
    # From a file: input of more than a pipe holds is lost when `communicate` is asked twice.
    with tempfile.TemporaryFile() as given:
        given.write(pages.encode())
        given.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own interpreter and script
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            while True:
                try:
                    content, said = process.communicate(timeout=_LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    pass
                if ended() or time.monotonic() > deadline:
                    process.kill()
                    raise RenderingError("the pages of the report were not set in time")
    if process.returncode != 0:
        why = said.decode(errors="replace").strip()
        raise RenderingError(f"the pages of the report cannot be set: {why}")
    return content


def pages_of(report: Report, language: Language, issue: Issue | None = None) -> str:
    """What stands on the pages, as the JSON that `report.typ` reads."""
    content = issue.digest if issue else digest(canonical(report))
    numbers = {one.id: place for place, one in enumerate(report.sources, 1)}
    stated = [*facts(report, language), *issue_facts(report, issue, language)]
    revision = f"{word('revision', language)} {report.revision}"
    return json.dumps(
        {
            "title": title(report, language),
            "author": issue.issued_by if issue else "sitewatch",
            "font": FONT,
            "lang": language.value,
            "region": "cn" if language is Language.ZH else "gb",
            "foot": f"{revision} · SHA-256 {content[:_SHORT_DIGEST]}",
            "page": word("page", language),
            "status": status(report, issue, language),
            "empty": word("empty", language),
            "facts": stated,
            "notes": [note_sentence(report.kind, note, language) for note in report.notes],
            "sheets": [_sheet(report, sheet, numbers, language) for sheet in report.sheets],
            "sources": [
                [str(numbers[one.id]), *source_texts(one, language)] for one in report.sources
            ],
            "digest": content,
            "words": {
                "sources": word("sources", language),
                "source_headings": [
                    "#",
                    *(word(f"source_{key}", language) for key in SOURCE_COLUMNS),
                ],
                "signatures": [word(key, language) for key in ("prepared", "reviewed", "approved")],
                "date": word("date", language),
                "digest": word("digest", language),
            },
        },
        ensure_ascii=False,
    )


def _sheet(
    report: Report, sheet: Sheet, numbers: dict[str, int], language: Language
) -> dict[str, Any]:
    shares = _shares_shown(sheet)
    sources = any(row.sources for row in sheet.rows)
    headings = [heading(report, column, language) for column in sheet.columns]
    headings += [word(SHARES[place], language) for place in shares]
    headings += [word("sources", language)] if sources else []
    align = ["left" if column.form is Form.TEXT else "right" for column in sheet.columns]
    align += ["right"] * len(shares) + (["left"] if sources else [])
    notes = [note_sentence(report.kind, note, language) for note in sheet.notes]
    if has_shares(sheet) and not shares:
        notes.append(word("all_measured", language))
    return {
        "title": sheet_title(report, sheet, language),
        "headings": headings,
        "align": align,
        "wide": len(headings) >= _WIDE,
        "size": next(size for most, size in _SIZES if len(headings) <= most),
        "rows": [
            {
                "cells": [
                    *row_texts(row, sheet, language),
                    *(share_texts(row)[place] for place in shares),
                    *([_numbers([numbers[one] for one in row.sources])] if sources else []),
                ],
                "weight": row.weight.value,
                "depth": row.depth,
            }
            for row in sheet.rows
        ],
        "notes": notes,
        "charts": [
            chart_svg(report, chart, language)
            for chart in report.charts
            if chart.sheet == sheet.key and has_figures(report, chart)
        ],
    }


def _shares_shown(sheet: Sheet) -> Sequence[int]:
    """Places of the shares that are not 0 in every row; a column of zeros says nothing on paper."""
    return [
        place
        for place, key in enumerate(SHARES)
        if any(row.shares is not None and getattr(row.shares, key) > 0 for row in sheet.rows)
    ]


def _numbers(found: Sequence[int]) -> str:
    """Numbers of sources, with stretches as `3–7`."""
    parts: list[list[int]] = []
    for number in sorted(found):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in parts)
