"""The rates, from the inventory in a file to the last cell."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.registry import SCHEMAS
from device_configs.estate import load_estate
from device_configs.indicators import FIELDS, RateEntry, rate_entries
from reports import rates_report
from reports.asked import asked_for
from reports.document import Report
from reports.forms import Form, shown
from reports.rates import rate
from reports.report_texts import report_texts
from tests.reports.ledgers import REVISION, ledger, ms

DOC = Path(__file__).resolve().parents[2] / "docs/reports/rates.md"
ESTATE = """
estate: town
communities:
  - {id: c1, role: compound, name: {zh: 一, en: One}, inventory: {institutions: 4,
     institutions_with_nev: 3, parking_bays: 120, charging_bays: 6}}
  - {id: c2, role: compound, name: {zh: 二, en: Two}, inventory: {institutions: 2,
     institutions_with_nev: 1, parking_bays: 80, charging_bays: 0}}
  - {id: c3, role: compound, name: {zh: 三, en: Three}}
"""


def report(folder: Path, places: frozenset[str] | None = None) -> Report:
    (folder / "estate.yaml").write_text(ESTATE)
    asked = asked_for(
        load_estate(folder, SCHEMAS), folder, ledger(), None, "2026",
        now_ms=ms("2026-06-01 00:00"), revision=REVISION, places=places,
    )  # fmt: skip
    return rates_report.make(asked)


def test_the_worked_example_is_what_the_document_says(tmp_path: Path) -> None:
    found = report(tmp_path).sheet("rates")
    lines = []
    for name, row in zip(rate_entries(), found.rows, strict=True):
        _, above, below, share, _, _, known, every, _, _ = row.cells
        if isinstance(share, Fraction):
            percent = shown(share, Form.SHARE)
            lines.append(f"| {name} | {above} | {below} | {percent} | {known} of {every} |")
    documented = [one for one in DOC.read_text("utf-8").splitlines() if one.startswith("| ")]
    assert lines == documented[1:]


def test_what_is_only_proposed_says_so(tmp_path: Path) -> None:
    found = report(tmp_path)
    words = report_texts("rates").rows
    for entry, row in zip(rate_entries().values(), found.sheet("rates").rows, strict=True):
        assert (row.cells[8] == words["proposed"]) == (entry.confidence == "P")
    assert "proposed" in {note.key for note in found.notes}


def test_what_one_may_not_see_is_not_shown(tmp_path: Path) -> None:
    rows = report(tmp_path, frozenset({"c2"})).sheet("branches").rows
    assert [getattr(row.cells[0], "en", "") for row in rows] == ["Two", "Total"]


def test_every_field_has_a_name_in_words() -> None:
    assert {f"field_{name}" for name in FIELDS} <= set(report_texts("rates").rows)


@pytest.mark.parametrize(
    "term", [{}, {"sum": "vehicles", "count": ["vehicles"]}, {"sum": "cars"}, {"count": ["cars"]}]
)
def test_a_term_that_is_none(term: dict[str, object]) -> None:
    good = {"sum": "vehicles"}
    with pytest.raises(ValueError, match=r"either|there is no field"):
        RateEntry.model_validate(
            {"label": {"zh": "x", "en": "x"}, "numerator": term, "denominator": good,
             "source": "test", "confidence": "P"}
        )  # fmt: skip


counts = st.one_of(st.none(), st.decimals(0, 50, places=0))


@given(st.lists(st.fixed_dictionaries({"vehicles": counts, "new_energy_vehicles": counts})))
def test_a_rate_of_all_is_the_ratio_of_the_sums_of_those_known(
    every: list[dict[str, Decimal | None]],
) -> None:
    entry = rate_entries()["nev_share"]
    found = rate(entry, every)
    known = [(nev, of) for one in every if (nev := one["new_energy_vehicles"]) is not None
             and (of := one["vehicles"]) is not None]  # fmt: skip
    assert found.known == len(known)
    assert found.numerator == sum(nev for nev, _ in known)
    assert (found.share is None) == (not sum(of for _, of in known))
    parts = [rate(entry, [one]) for one in every]
    assert sum(one.denominator for one in parts) == found.denominator
