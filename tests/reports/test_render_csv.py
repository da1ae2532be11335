"""CSV: exact, safe, and readable by what people open it with."""

import csv
import dataclasses
import io
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_configs.quantities import Label
from ingest.interval_tables import Series, intervals
from reports.energy import EnergyReportData, energy_report
from reports.energy_columns import exact_kwh, percent
from reports.render_csv import BYTE_ORDER_MARK, energy_csv, safe_text
from reports.texts import Language
from tests.reports.estates import device, estate
from tests.reports.ledgers import REVISION, book, ledger, ms

G1 = Series("g1", "active_energy_import")
TOWN = estate({"c1": None}, [device("g1", "electricity_meter", "c1", role="grid")])


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = ledger()
    yield made
    made.dispose()


def november(engine: sa.Engine) -> EnergyReportData:
    return energy_report(
        engine, TOWN, "c1", "2026-11", "day", now_ms=ms("2026-12-01 00:00"), revision=REVISION
    )


def parsed(text: str) -> list[list[str]]:
    assert text.startswith(BYTE_ORDER_MARK)
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))


def test_a_line_a_day_then_the_total_then_what_a_reader_must_know(engine: sa.Engine) -> None:
    book(engine, G1, "2026-11-23 12:00", 1234.567)
    lines = parsed(energy_csv(november(engine), Language.EN))
    assert lines[0] == [
        "Period", "Consumption [kWh]", "Grid import [kWh]", "Grid export [kWh]", "PV [kWh]",
        "Charging [kWh]", "Data missing [%]", "Bridged [%]",
    ]  # fmt: skip
    assert lines[23] == ["2026-11-23", "1.234567", "1.234567", "", "", "", "99.48", "0.00"]
    assert lines[24] == ["2026-11-24", "", "", "", "", "", "100.00", "0.00"]
    assert lines[31][:3] == ["Total", "1.234567", "1.234567"]
    assert lines[32] == []
    assert dict(line for line in lines[33:] if line[0] != "Note") == {
        "Site": "c1", "Time zone": "Asia/Shanghai", "Estate revision": REVISION, "Meters": "g1",
    }  # fmt: skip


def test_it_reads_in_chinese_too(engine: sa.Engine) -> None:
    lines = parsed(energy_csv(november(engine), Language.ZH))
    assert lines[0][:2] == ["时段", "用电量（kWh）"]
    assert lines[31][0] == "合计"
    assert ["单位", "c1（中）"] in lines


def test_notes_are_sentences(engine: sa.Engine) -> None:
    made = dataclasses.replace(november(engine), notes=("no_meter", "not_in_the_catalogue"))
    notes = [line[1] for line in parsed(energy_csv(made, Language.EN)) if line[:1] == ["Note"]]
    assert notes[0].startswith("No electricity meter")
    assert notes[1] == "not_in_the_catalogue"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_a_name_is_never_a_formula(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_a_site_name_in_the_file_is_made_safe(engine: sa.Engine) -> None:
    name = Label(zh='=HYPERLINK("http://x")', en="@x")
    made = dataclasses.replace(november(engine), site_name=name.model_dump())
    assert ["单位", '\'=HYPERLINK("http://x")'] in parsed(energy_csv(made, Language.ZH))


def test_plain_names_stay_as_they_are() -> None:
    assert safe_text("武进行政中心") == "武进行政中心"
    assert safe_text("2026-11-23") == "2026-11-23"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10**12)), max_size=40))
def test_a_column_adds_up_to_its_total(engine: sa.Engine, heard: list[tuple[int, int]]) -> None:
    with engine.begin() as connection:
        connection.execute(sa.delete(intervals))
    for day, count in heard:
        book(engine, G1, f"2026-11-{day:02} 12:00", count / 1000)
    lines = parsed(energy_csv(november(engine), Language.EN))
    cells = [Decimal(line[2]) for line in lines[1:31] if line[2]]
    assert lines[31][2] == (f"{sum(cells, Decimal(0)).normalize():f}" if cells else "")


@given(st.integers(-(10**15), 10**15))
def test_kwh_keep_every_digit(count: int) -> None:
    assert Decimal(exact_kwh(count / 1000)) == Decimal(count) / 1_000_000


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.00"), (1e-7, "0.01"), (0.1, "10.00"), (0.12341, "12.35"), (1.0, "100.00")],
)
def test_a_share_is_zero_only_when_nothing_is_missing(share: float, text: str) -> None:
    assert percent(share) == text
