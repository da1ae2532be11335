"""The page: its port, who can reach it, and how the running service says it is."""

import ipaddress
import socket
from collections.abc import Iterator

import httpx

from sitewatch.doctor.finding import Finding, good, note, unknown, wrong
from sitewatch.settings import ServiceSettings

_ANSWER_S = 5.0


def reach(settings: ServiceSettings, *, tls: bool) -> Finding:
    """Whether passwords could be read on the way to the page."""
    try:
        is_local = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_local = settings.host == "localhost"
    if is_local:
        return good("page", f"listens on {settings.host} only")
    if tls:
        return good("page", f"listens on {settings.host} with TLS")
    return wrong(
        "page",
        f"listens on {settings.host} without TLS: passwords pass the network readable",
        "set service.host to 127.0.0.1 and put a reverse proxy with TLS before it",
    )


def port(settings: ServiceSettings, *, is_running: bool) -> Finding:
    """Whether the port is ours to take."""
    where = f"{settings.host}:{settings.port}"
    if is_running:
        return good("port", f"{where} is the running service's")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((settings.host, settings.port))
    except OSError as error:
        return wrong("port", f"{where} cannot be had: {error.strerror}",
                     "end what has it, or set service.port")  # fmt: skip
    return good("port", f"{where} is free")


def health(base: str) -> Iterator[Finding]:
    """What the running service says of itself, a finding for each stage that does not work."""
    try:
        # A certificate of the house is not for the doctor to judge, and no proxy is on the way.
        with httpx.Client(verify=False, trust_env=False, timeout=_ANSWER_S) as client:  # noqa: S501
            found = client.get(f"{base}/api/v1/health").json()
        stages = dict(found["stages"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        yield unknown("service", f"{base} does not say how it is: {error}")
        return
    broken = {name: said for name, said in stages.items() if said != "ok"}
    for name, said in broken.items():
        yield wrong("service", f"stage {name}: {said}", "see the log: journalctl -u sitewatch")
    if not broken:
        yield good("service", f"version {found.get('version', 'unknown')}, every stage works")


def not_running() -> Finding:
    """Nobody answers in the data folder."""
    return note("service", "it does not run", "systemctl start sitewatch")
