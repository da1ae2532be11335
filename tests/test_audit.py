"""What is taken for a find, and what for a service that was not asked. covers: tests/audit.py."""

import json
from collections.abc import Mapping

from tests.audit import CLEAN, FOUND, NOT_ASKED, exit_code, of_page, of_python


def _packages(*packages: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_find_is_named() -> None:
    bad = {"name": "a", "version": "1", "vulns": [{"id": "GHSA-1", "fix_versions": ["2"]}]}
    verdict = of_python(1, _packages({"name": "b", "version": "3", "vulns": []}, bad), "")
    assert str(verdict) == "Python: a 1: GHSA-1"
    assert exit_code([verdict]) == FOUND


def test_packages_that_were_not_looked_up_are_not_clean() -> None:
    skipped = {"name": "a", "skip_reason": "Dependency not found"}
    verdict = of_python(0, _packages(skipped, {"name": "b", "version": "3", "vulns": []}), "")
    assert str(verdict).startswith("Python: not audited: 1 of 2 packages")
    assert exit_code([verdict]) == NOT_ASKED


def test_no_answer_is_not_clean() -> None:
    gone = of_python(1, "", "trace\nConnection refused\n")
    assert str(gone) == "Python: not audited: Connection refused"
    refused = of_page(1, '{"message": "405 Method Not Allowed", "error": {}}', "")
    assert str(refused) == "page: not audited: 405 Method Not Allowed"
    assert exit_code([gone, refused]) == NOT_ASKED


def test_nothing_known_is_clean_and_a_find_outweighs_a_refusal() -> None:
    clean = of_page(0, '{"vulnerabilities": {}}', "")
    assert (str(clean), exit_code([clean])) == ("page: no known vulnerability", CLEAN)
    found = of_page(1, '{"vulnerabilities": {"x": {"severity": "high"}}}', "")
    assert exit_code([found, of_python(-1, "", "away")]) == FOUND
