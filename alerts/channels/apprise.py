"""Other services through apprise, an optional extra: `pip install sitewatch[apprise]`.

apprise ignores the error codes in many providers' answers, so what it calls success is no proof of
delivery: there is never a receipt, and an emergency should have another channel beside it.
"""

import asyncio
import logging
from collections.abc import Mapping
from types import ModuleType

from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.provider import named
from alerts.channels.wording import Wording
from alerts.errors import SendError

LONGEST = 2048
"""Bytes of a text. [B] [P]"""


def load_apprise() -> ModuleType:
    """The library.

    Raises:
        SendError: it is not installed.
    """
    try:
        import apprise
    except ImportError as error:
        raise SendError("apprise is not installed: pip install sitewatch[apprise]") from error
    module: ModuleType = apprise
    return module


class Apprise:
    """Sends alarms to whatever apprise can reach."""

    def __init__(self, wording: Wording, urls: Mapping[str, SecretStr]) -> None:
        """`urls` are apprise's addresses by the name that a route gives; keys stand in them."""
        self._wording = wording
        self._urls = urls

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Send one text.

        Raises:
            SendError: apprise says that it failed, or does not understand the address.
        """
        url = named(self._urls, parameters["service"], "apprise address")
        language = str(parameters.get("language", "zh"))
        text = self._wording.short(message, language, LONGEST)
        title, _, body = text.partition("\n")
        await asyncio.to_thread(_notify, load_apprise(), url, title, body or title)


def _notify(apprise: ModuleType, url: str, title: str, body: str) -> None:
    # They log addresses, and keys stand in them.
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sender = apprise.Apprise()
    if not sender.add(url):
        raise SendError("apprise does not understand the address in the settings")
    if not sender.notify(title=title, body=body):
        raise SendError("apprise says that it could not send")
