"""The history of points as a table."""

import csv
import io
import zoneinfo

from api.series_items import series_csv, series_name, to_series
from collectors.sample import Quality
from ingest.stores.store import Reading

AT = 1_790_000_000_000


def test_one_line_a_value_with_the_estates_times() -> None:
    readings = {
        "active_power": [
            Reading(AT, -5.5, Quality.GOOD),
            Reading(AT + 1000, None, Quality.MISSING),
        ],
        "=evil": [Reading(AT, True, Quality.GOOD)],
    }
    zone = zoneinfo.ZoneInfo("Asia/Shanghai")
    text = series_csv("m1", readings, lambda _: "W", zone)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[1] == [
        "m1", "active_power", "2026-09-21T22:13:20.000+08:00", "-5.5", "W", "good",
    ]  # fmt: skip
    assert rows[2][3] == ""
    assert (rows[3][1], rows[3][3]) == ("'=evil", "true")
    assert to_series(readings, lambda _: "W").points["active_power"].data[1][1] is None


def test_a_parts_slash_does_not_stand_in_the_name_of_its_file() -> None:
    assert series_name("panel/p017") == "panel_p017.csv"
