"""Who is told: whether each channel that a route needs has what it needs, and can be reached.

Nothing is sent. A host is reached by opening a connection to it and closing it again.
"""

import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from alerts.contacts import Addressee
from alerts.offline import lines_without_internet
from alerts.routes import Routes
from sitewatch.channels import ACCOUNTS, given
from sitewatch.doctor.finding import Finding, good, note, wrong
from sitewatch.settings import Settings

_CONNECT_S = 3.0
_WHAT = "channels"
_MORE: Mapping[str, tuple[str, ...]] = {
    "wecom": ("wecom.robots",),
    "dingtalk": ("dingtalk.robots",),
    "feishu": ("feishu.robots",),
    "siren": ("siren.outputs",),
    "aliyun_sms": ("aliyun.access_key_secret",),
    "aliyun_voice": ("aliyun.access_key_secret",),
    "tencent_sms": ("tencent.secret_key",),
    "tencent_voice": ("tencent.secret_key",),
}
"""What a channel needs beside an account."""


def needed(routes: Routes) -> tuple[str, ...]:
    """The channels that the routes name."""
    found: set[str] = set()
    for route in routes.routes:
        for one in route.notify:
            if isinstance(one, Addressee):
                found |= set(one.by)
            else:
                found |= {option.channel for each in one.targets() for option in each.options}
    return tuple(sorted(found))


def lacking(settings: Settings) -> Mapping[str, str]:
    """Channels that cannot send, and the first setting that each lacks."""
    found = {}
    for channel in ACCOUNTS.keys() | _MORE.keys():
        for name in (*ACCOUNTS.get(channel, ()), *_MORE.get(channel, ())):
            if not given(settings, name):
                found[channel] = name
                break
    return found


def _address(channel: str, settings: Settings) -> tuple[str, int] | None:
    """Where a channel sends to."""
    if channel == "email":
        return (settings.mail.host, settings.mail.port) if settings.mail.host else None
    if channel == "smpp":
        return (settings.smpp.host, settings.smpp.port) if settings.smpp.host else None
    url = {
        "wecom": settings.wecom.endpoint, "wecom_app": settings.wecom.endpoint,
        "dingtalk": settings.dingtalk.endpoint, "feishu": settings.feishu.endpoint,
        "aliyun_sms": settings.aliyun.sms_endpoint, "aliyun_voice": settings.aliyun.voice_endpoint,
        "tencent_sms": settings.tencent.sms_endpoint,
        "tencent_voice": settings.tencent.voice_endpoint,
    }.get(channel)  # fmt: skip
    if url is None:
        return None
    parts = urlsplit(str(url))
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _reached(host: str, port: int) -> str | None:
    """Why a host cannot be reached; None if it can."""
    try:
        socket.create_connection((host, port), timeout=_CONNECT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def examine(settings: Settings, routes: Routes) -> Iterator[Finding]:
    """Look at every channel that a route names."""
    lacks = lacking(settings)
    names = needed(routes)
    if not routes.routes:
        yield wrong(_WHAT, "there is no route: nobody is told of any alarm",
                    "write routes.yaml in the estate folder")  # fmt: skip
    for channel in names:
        if channel in lacks:
            yield wrong(_WHAT, f"{channel} is named by a route and cannot send",
                        f"set {lacks[channel]}")  # fmt: skip
            continue
        address = _address(channel, settings)
        if address is None:
            yield good(_WHAT, f"{channel} has what it needs")
            continue
        failure = _reached(*address)
        host = f"{address[0]}:{address[1]}"
        if failure is None:
            yield good(_WHAT, f"{channel}: {host} can be reached")
        else:
            yield wrong(_WHAT, f"{channel}: {host} cannot be reached: {failure}",
                        "open the way in the firewall, or use another channel")  # fmt: skip
    for warning in lines_without_internet(routes, settings.mail.host):
        yield note(_WHAT, warning)
