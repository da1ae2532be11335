"""What the doctor says of the channels."""

from collections.abc import Mapping
from pathlib import Path

from alerts.routes import Routes
from sitewatch.doctor.channels import examine, needed
from sitewatch.doctor.finding import Verdict
from sitewatch.estate_folder import load_folder
from sitewatch.settings import Settings
from tests.e2e.folders import estate, smoke, webhook
from tests.ports import free_ports
from tests.smtp import mail_server

MAIL = "- {when: {severity: [emergency]}, notify: [{email: {to: [duty@example.org]}}]}\n"


def routes(folder: Path, text: str) -> Routes:
    return load_folder(estate(folder, smoke(["smoke-1"]), text)).routes


def verdicts(settings: Mapping[str, object], given: Routes) -> list[tuple[Verdict, str]]:
    found = examine(Settings.model_validate(settings), given)
    return [(one.verdict, one.said) for one in found if one.verdict is not Verdict.NOTE]


def test_nobody_told_is_wrong(tmp_path: Path) -> None:
    ((verdict, said),) = verdicts({}, routes(tmp_path, "[]\n"))
    assert verdict is Verdict.WRONG
    assert "nobody is told" in said


def test_a_channel_without_its_setting_is_wrong(tmp_path: Path) -> None:
    given = routes(tmp_path, MAIL + webhook("http://127.0.0.1:9/hook"))
    assert needed(given) == ("email", "webhook")
    assert [verdict for verdict, _ in verdicts({}, given)] == [Verdict.WRONG, Verdict.GOOD]


def test_a_mail_server_is_reached_or_not(tmp_path: Path) -> None:
    given = routes(tmp_path, MAIL)
    (nobody,) = free_ports(1)
    away = verdicts({"mail": {"host": "127.0.0.1", "port": nobody}}, given)
    assert [verdict for verdict, _ in away] == [Verdict.WRONG]
    with mail_server() as server:
        there = verdicts({"mail": {"host": "127.0.0.1", "port": server.port}}, given)
    assert [verdict for verdict, _ in there] == [Verdict.GOOD]
    assert server.mails == []
