"""What the doctor says of the page."""

import socket

import pytest

from sitewatch.doctor.finding import Verdict
from sitewatch.doctor.page import health, not_running, port, reach
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
    assert reach(ServiceSettings(host=host), tls=tls).verdict is verdict


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
