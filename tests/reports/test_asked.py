"""What a report is asked for."""

import pytest

from reports.asked import Asked, asked_for
from reports.errors import (
    InvalidOptionError,
    InvalidPeriodError,
    UnknownReportError,
    UnknownSiteError,
)
from reports.makers import make_report
from tests.reports.estates import estate
from tests.reports.ledgers import REVISION, ledger


def asked(site: str | None, period: str, **options: str) -> Asked:
    return asked_for(
        estate({}, []), None, ledger(), site, period, now_ms=0, revision=REVISION, options=options
    )


def test_without_a_site_it_is_the_whole_estate() -> None:
    assert asked(None, "2026-Q4").site == estate({}, []).id


def test_what_is_asked_wrongly_is_said() -> None:
    with pytest.raises(UnknownSiteError, match="'nowhere'"):
        asked("nowhere", "2026")
    with pytest.raises(InvalidPeriodError, match="2026-Q5"):
        asked(None, "2026-Q5")
    with pytest.raises(InvalidOptionError, match="step 'hour' is not one of day, month"):
        asked(None, "2026", step="hour").option("step", "day", ("day", "month"))
    with pytest.raises(UnknownReportError, match="'weather'"):
        make_report("weather", asked(None, "2026"))


def test_an_option_has_its_default() -> None:
    assert asked(None, "2026").option("step", "day", ("day", "month")) == "day"
