"""Contract years; what savings are worth is tested with their report."""

import datetime as dt
from decimal import Decimal

from device_configs.projects import Project
from reports.savings_money import contract_years


def test_contract_years_begin_on_their_day_and_lack_none() -> None:
    project = Project.model_validate({
        "name": {"zh": "a", "en": "a"}, "site": "c1", "weather": "sky", "shares": ["0.2", "0.5"],
        "baseline": {"from": "2022-01-01", "to": "2022-12-31"}, "contract": "shared",
        "installed": {"from": "2023-01-01", "to": "2023-12-31"}, "reporting_from": "2024-02-29",
    })  # fmt: skip
    days = dt.date(2024, 6, 1), dt.date(2026, 6, 1)
    assert list(contract_years(project, *days)) == [
        (1, (dt.date(2024, 6, 1), dt.date(2025, 3, 1))),
        (2, (dt.date(2025, 3, 1), dt.date(2026, 3, 1))),
        (3, (dt.date(2026, 3, 1), dt.date(2026, 6, 1))),
    ]
    assert [project.share_in(year) for year in (1, 2, 3)] == [Decimal("0.2"), Decimal("0.5"), None]
