"""Whether an emergency still reaches somebody when the internet is gone."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from alerts.alarm import Severity
from alerts.contacts import Addressee
from alerts.routes import Route, Routes

_LOCAL = frozenset({"smpp", "siren"})
"""Channels that need no internet: a modem or gateway in the house, a relay."""
_MAYBE_LOCAL = frozenset({"smpp", "webhook"})
"""Channels to a person that can be local; where they lead is in the duty list."""


def is_private(host: str | None) -> bool:
    """Whether an address is in the house: private, loopback, or a name without a dot."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal"))


def _works(route: Route, mail_host: str | None) -> bool:
    for one in route.notify:
        if isinstance(one, Addressee):
            by = set(one.by or _MAYBE_LOCAL)
            if by & _MAYBE_LOCAL or ("email" in by and is_private(mail_host)):
                return True
            continue
        for target in one.targets():
            for option in target.options:
                if option.channel in _LOCAL:
                    return True
                url = str(option.parameters.get("url", ""))
                if option.channel == "webhook" and is_private(urlsplit(url).hostname):
                    return True
                if option.channel == "email" and is_private(mail_host):
                    return True
    return False


def lines_without_internet(routes: Routes, mail_host: str | None) -> Iterator[str]:
    """A warning for each emergency route of which no channel works without internet."""
    for number, route in enumerate(routes.routes):
        severities = route.when.severity
        if severities and Severity.EMERGENCY not in severities:
            continue
        if not _works(route, mail_host):
            yield (
                f"route [{number}] tells emergencies by channels that need the internet only; "
                "add smpp, siren, a webhook in the house or a mail server in the house"
            )
