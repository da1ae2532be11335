"""`sitewatch report energy`, from an estate folder and a database on disk."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner, Result

from api.schemas import EnergyReport
from api.schemas_unaccounted import UnaccountedReport
from ingest.interval_tables import Series
from records.engine import make_engine, migrate, sqlite_url, transaction
from reports.errors import ReportsError
from sitewatch.commands.report import report
from sitewatch.errors import SitewatchError
from tests.device_configs.estates import smallest
from tests.reports.days import daily as daily
from tests.reports.ledgers import book

METER = Series("m1", "active_energy_import")


app = typer.Typer()
app.command()(report)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path, sa.Engine]]:
    data = tmp_path / "data"
    data.mkdir()
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    migrate(engine)
    book(engine, METER, "2026-11-03 12:00", 1500)
    yield smallest(tmp_path / "estate"), data, engine
    engine.dispose()


def run(folders: tuple[Path, Path, sa.Engine], *more: str) -> str:
    result = invoke(folders, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


def invoke(folders: tuple[Path, Path, sa.Engine], *more: str) -> Result:
    places = ["--estate", str(folders[0]), "--data", str(folders[1])]
    return CliRunner().invoke(app, ["energy", *places, *more], catch_exceptions=True)


def test_json_has_the_shape_of_the_interface(folders: tuple[Path, Path, sa.Engine]) -> None:
    text = run(folders, "--period", "2026-11", "--format", "json", "--site", "centre")
    made = EnergyReport.model_validate_json(text)
    assert len(made.rows) >= 3
    assert made.total.grid_import_wh == 1500
    assert made.meters == ["m1"]
    assert made.notes[0] == "meter_role_assumed"
    assert json.loads(text)["rows"][0]["start"] == "2026-11-01T00:00:00+08:00"


def test_csv_to_a_file_has_its_mark_once(folders: tuple[Path, Path, sa.Engine]) -> None:
    file = folders[1] / "november.csv"
    said = run(folders, "--period", "2026-11", "--format", "csv", "-o", str(file))
    content = file.read_bytes()
    assert said == ""
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\r" not in content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert ["2026-11-03", "1.5", "1.5", "", "", "", "99.48", "0.00"] in rows


def test_a_year_is_by_month_and_the_table_is_in_the_asked_language(
    folders: tuple[Path, Path, sa.Engine],
) -> None:
    file = folders[1] / "2026.txt"
    run(folders, "--period", "2026", "--language", "en", "-o", str(file))
    text = file.read_text(encoding="utf-8")
    assert "2026-11 " in text
    assert "2026-11-03" not in text
    assert "Total" in text
    assert "合计" in run(folders, "--period", "2026")


def test_the_balances_in_every_form(folders: tuple[Path, Path, sa.Engine]) -> None:
    def said(*more: str) -> str:
        places = ["--estate", str(folders[0]), "--data", str(folders[1])]
        result = CliRunner().invoke(app, ["unaccounted", *places, "--period", "2026-11", *more])
        assert result.exit_code == 0, result.output
        return result.stdout

    made = UnaccountedReport.model_validate_json(said("--format", "json", "--limit", "0.2"))
    assert (made.limit, made.rows) == (0.2, [])
    assert "no_submeters" in made.notes
    assert "没有带下级电表的关口或电表" in said()
    assert said("--format", "csv", "--language", "en").startswith("\ufeffGrid point or meter,")


def test_it_reads_while_another_writes(folders: tuple[Path, Path, sa.Engine]) -> None:
    with transaction(folders[2]) as connection:
        connection.execute(sa.text("UPDATE counter_intervals SET amount = amount + 1"))
        text = run(folders, "--period", "2026-11", "--format", "json")
    assert EnergyReport.model_validate_json(text).total.grid_import_wh == 1500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--period", "November"), "is not a year"),
        (("--period", "2026-11-03", "--step", "month"), "use step day"),
        (("--period", "2026-11", "--site", "nowhere"), "no site 'nowhere'"),
    ],
)
def test_wrong_arguments_are_named(
    folders: tuple[Path, Path, sa.Engine], arguments: tuple[str, ...], said: str
) -> None:
    result = invoke(folders, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_a_data_folder_without_a_database_is_named(
    folders: tuple[Path, Path, sa.Engine], tmp_path: Path
) -> None:
    result = invoke((folders[0], tmp_path, folders[2]), "--period", "2026-11")
    assert isinstance(result.exception, ReportsError)
    assert "no database" in str(result.exception)
    assert not (tmp_path / "sitewatch.sqlite").exists()


def test_a_file_that_cannot_be_written_is_named(folders: tuple[Path, Path, sa.Engine]) -> None:
    target = str(folders[1] / "missing" / "a.csv")
    result = invoke(folders, "--period", "2026-11", "--format", "csv", "-o", target)
    assert isinstance(result.exception, SitewatchError)
    assert "cannot be written" in str(result.exception)


def test_the_safety_report_of_a_quiet_month_is_of_nothing_and_says_so(
    folders: tuple[Path, Path, sa.Engine],
) -> None:
    places = ["--estate", str(folders[0]), "--data", str(folders[1])]
    more = ["--period", "2025-11", "--operators", "3", "--format", "json"]
    result = CliRunner().invoke(app, ["safety", *places, *more])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["operators"], made["total"]["alarms"], made["rows"]) == (3, 0, [])


@pytest.mark.usefixtures("daily")
def test_a_report_of_a_maker_in_every_form(folders: tuple[Path, Path, sa.Engine]) -> None:
    def said(*more: str) -> Result:
        places = ["--estate", str(folders[0]), "--data", str(folders[1])]
        return CliRunner().invoke(app, ["daily", *places, "--period", "2026-11-03", *more])

    made = json.loads(said("--format", "json", "--language", "en").stdout)
    assert made["sheets"][0]["rows"][0]["cells"] == ["2026-11-03", 1500.0, {"fraction": "50"}, None]
    assert made["sheets"][0]["rows"][0]["shown"] == ["2026-11-03", "1.5", "0.50", "—"]
    assert "\n2026-11-03,1.5,0.5,," in said("--format", "csv").stdout
    assert "按日用电：" in said("--option", "tax=without").stdout
    assert "tax 'half' is not one of" in said("--option", "tax=half").output
    assert "is not name=value" in said("--option", "tax").output


def test_a_kind_that_is_not_is_named(folders: tuple[Path, Path, sa.Engine]) -> None:
    result = CliRunner().invoke(
        app, ["weather", "--period", "2026", "--estate", ".", "--data", "."]
    )
    assert result.exit_code == 2
    assert "there is no report 'weather'" in " ".join(result.output.replace("│", " ").split())


@pytest.mark.usefixtures("daily")
def test_a_workbook_and_pages_are_files(folders: tuple[Path, Path, sa.Engine]) -> None:
    def asked(kind: str, form: str, *more: str) -> Result:
        places = ["--estate", str(folders[0]), "--data", str(folders[1])]
        form = f"--format={form}"
        return CliRunner().invoke(app, [kind, *places, "--period", "2026-11", form, *more])

    for form, mark in (("xlsx", b"PK"), ("pdf", b"%PDF-")):
        file = folders[1] / f"november.{form}"
        assert asked("daily", form, "-o", str(file)).exit_code == 0
        assert file.read_bytes().startswith(mark)
        assert "give --output" in asked("daily", form).output
        refused = asked("energy", form, "-o", str(file))
        assert refused.exit_code == 2
        assert f"no {form}" in refused.output
