"""The recorded run of the demo has every incident; `python -m tests.demo_run` writes it anew."""

import re

from collectors.simulator.incidents import INCIDENTS
from tests.demo_run import CASES, REPORT


def test_every_incident_has_a_case() -> None:
    assert {case.incident for case in CASES} == set(INCIDENTS)


def test_every_incident_is_in_the_report_with_the_alarms_it_must_raise() -> None:
    sections = re.split(r"^## ", REPORT.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {section.partition("\n")[0]: section for section in sections}
    assert list(found) == [case.incident for case in CASES]
    for case in CASES:
        for raised in case.raises:
            rule, device = raised.split()
            assert f"| `{rule}` | {device} |" in found[case.incident]
        for told in case.tells:
            who, by = told.split()
            assert f"| {who} | `{by}` |" in found[case.incident]
