import datetime as dt

import pytest
from pydantic import TypeAdapter, ValidationError

from device_configs.dated import Dated, DatedNumber

ADAPTER: TypeAdapter[Dated[float]] = TypeAdapter(DatedNumber)


def test_a_plain_value_holds_always() -> None:
    area = ADAPTER.validate_python(1200)
    assert area.on(dt.date(1990, 1, 1)) == 1200
    assert area.latest == 1200


def test_a_list_holds_from_each_day_on() -> None:
    area = ADAPTER.validate_python(
        [{"from": "2025-01-01", "value": 10}, {"from": "2026-07-01", "value": 12.5}]
    )
    assert area.on(dt.date(2024, 12, 31)) is None
    assert area.on(dt.date(2025, 1, 1)) == 10
    assert area.on(dt.date(2026, 6, 30)) == 10
    assert area.on(dt.date(2026, 7, 1)) == 12.5


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{"from": "2026-01-01", "value": 1}, {"from": "2025-01-01", "value": 2}],
        [{"from": "2026-01-01", "value": 1}, {"from": "2026-01-01", "value": 2}],
        [{"since": "2026-01-01", "value": 1}],
        "much",
    ],
)
def test_wrong_dates_are_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(wrong)
