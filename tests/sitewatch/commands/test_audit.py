"""The evidence from the terminal, on the database that the service uses."""

import json
import sqlite3
from pathlib import Path

import pytest

from alerts.order_book import WorkOrderBook
from alerts.order_rows import Wanted
from alerts.work_orders import Origin
from device_configs.quantities import Label
from records.audit import SYSTEM, append
from records.engine import make_engine, migrate, sqlite_url, transaction
from tests.alerts.desk import Desk
from tests.sitewatch.commands.console import run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = make_engine(sqlite_url(tmp_path / "sitewatch.sqlite"))
    migrate(engine)
    desk = Desk(engine=engine)
    desk.say("smoke-1", 1, {"smoke": True})
    desk.ack("smoke_detector_fire", "smoke-1", 2)
    with transaction(engine) as connection:
        append(connection, SYSTEM, "alarm.acknowledged", "1", 3)
    desk.close()
    return tmp_path


def test_whole_chains_are_said_to_be_whole_and_their_heads_can_be_kept(data: Path) -> None:
    where = ["--data", str(data)]
    heads = run("audit", "head", *where).out.split()
    assert [one.partition("=")[0] for one in heads] == ["audit", "alarms", "orders"]
    kept = [word for head in heads for word in ("--kept", head)]
    found = run("audit", "verify", "--json", *kept, *where)
    assert found.code == 0
    said = json.loads(found.out)
    assert (said["audit"]["rows"], said["alarms"]["rows"]) == (1, 2)
    assert run("audit", "verify", *where).out.count("whole") == 3


def test_a_broken_chain_is_exit_code_1_and_a_wrong_head_2(data: Path) -> None:
    where = ["--data", str(data)]
    (_, alarms, _) = run("audit", "head", *where).out.split()
    with sqlite3.connect(data / "sitewatch.sqlite") as raw:
        raw.execute("DROP TRIGGER alarm_events_no_delete")
        raw.execute("DELETE FROM alarm_events WHERE id = 2")
    raw.close()
    assert run("audit", "verify", *where).code == 0
    against = run("audit", "verify", "--kept", alarms, *where)
    assert against.code == 1
    assert "row 2, whose hash was kept, is missing" in against.out
    wrong = run("audit", "verify", "--kept", "alarms=2:abc", *where)
    assert wrong.code == 2
    assert "is no head" in wrong.err


def test_an_export_is_one_event_a_line(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    found = run("audit", "export", "-o", str(file), "--data", str(data))
    assert found.code == 0
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(one["event"], one["device"]) for one in told] == [
        ("raised", "smoke-1"), ("acknowledged", "smoke-1"),
    ]  # fmt: skip
    assert told[0]["time"].startswith("2023-11-14T")
    nothing = run("audit", "export", "-o", str(file), "--from", "2024-01-01", "--data", str(data))
    assert nothing.out.startswith("0 events")


def test_the_chain_of_work_orders_is_exported_and_the_audit_chain_is_not(
    data: Path, tmp_path: Path
) -> None:
    engine = make_engine(sqlite_url(data / "sitewatch.sqlite"))
    wanted = Wanted(Origin.HAND, Label(zh="换灯", en="Lamp"), "hall", "person:li")
    WorkOrderBook(engine).make(wanted, 1)
    engine.dispose()
    file = tmp_path / "orders.jsonl"
    found = run("audit", "export", "--chain", "orders", "-o", str(file), "--data", str(data))
    assert found.code == 0
    (told,) = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (told["event"], told["actor"], told["site"]) == ("created", "person:li", "hall")
    assert "Lamp" in told["detail"]
    wrong = run("audit", "export", "--chain", "audit", "-o", str(file), "--data", str(data))
    assert wrong.code == 2
    assert "GET /api/v1/audit" in wrong.err
