"""What the doctor says of the page."""

import socket
from pathlib import Path

import pytest

from sitewatch.doctor.finding import Verdict
from sitewatch.doctor.page import certificate, health, not_running, port, reach
from sitewatch.settings import ServiceSettings
from tests.ports import free_ports


@pytest.mark.parametrize(
    ("host", "tls", "verdict"),
    [
        ("127.0.0.1", False, Verdict.GOOD), ("::1", False, Verdict.GOOD),
        ("localhost", False, Verdict.GOOD), ("0.0.0.0", False, Verdict.WRONG),
        ("0.0.0.0", True, Verdict.GOOD), ("10.1.2.3", False, Verdict.WRONG),
    ],
)  # fmt: skip
def test_passwords_do_not_pass_a_network_readable(host: str, tls: bool, verdict: Verdict) -> None:
    certificate = Path("page.pem") if tls else None
    assert reach(ServiceSettings(host=host, cert_file=certificate)).verdict is verdict


def test_a_certificate_that_cannot_be_used_is_wrong(tmp_path: Path) -> None:
    assert list(certificate(ServiceSettings())) == []
    (found,) = certificate(ServiceSettings(cert_file=tmp_path / "away.pem"))
    assert found.verdict is Verdict.WRONG
    assert "away.pem" in found.said


def test_a_port_that_somebody_has_is_wrong() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = ServiceSettings(port=taken.getsockname()[1])
        assert port(settings, is_running=False).verdict is Verdict.WRONG
        assert port(settings, is_running=True).verdict is Verdict.GOOD
    assert port(ServiceSettings(port=free_ports(1)[0]), is_running=False).verdict is Verdict.GOOD


def test_who_does_not_answer_is_not_called_good() -> None:
    found = list(health(f"http://127.0.0.1:{free_ports(1)[0]}"))
    assert [one.verdict for one in found] == [Verdict.UNKNOWN]
    assert not_running().verdict is Verdict.NOTE
