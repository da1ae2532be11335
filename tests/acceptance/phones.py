"""Everyone who can be told, as servers on loopback that note who was told what, and when."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests import providers, webhook

CONTACTS = {"13800000001": "wang", "13800000002": "li", "13800000003": "zhao"}
GROUP = "group"
"""Who reads what the robot writes."""


@dataclass(frozen=True)
class Telling:
    """One message as somebody got it."""

    at_ms: float
    """By the clock that the phones were given."""
    who: str
    by: str
    text: str
    payload: Mapping[str, object] = field(default_factory=dict)


class _Provider(providers.Provider):
    def __init__(self, name: str, now_ms: Callable[[], float], got: list[Telling]) -> None:
        super().__init__(name)
        self._name, self._now_ms, self._got = name, now_ms, got

    def _take(self, call: providers.Call) -> providers.Behaviour | None:
        told = _telling(self._name, call, self._now_ms())
        if told is not None:
            self._got.append(told)
        return super()._take(call)


def _telling(by: str, call: providers.Call, at: float) -> Telling | None:
    if by == "wecom":
        return Telling(at, GROUP, by, call.body.decode())
    query = call.query
    number, text = {
        "aliyun_voice": ("CalledNumber", "TtsParam"),
        "aliyun_sms": ("PhoneNumbers", "TemplateParam"),
    }[by]
    if number not in query:
        return None  # a question about a receipt
    return Telling(at, CONTACTS[query[number]], by, query.get(text, ""))


class _Hook(webhook.Receiver):
    def __init__(self, now_ms: Callable[[], float], got: list[Telling]) -> None:
        super().__init__()
        self._now_ms, self._got = now_ms, got

    def _take(self, request: webhook.Received) -> webhook.Behaviour:
        text = request.body.decode()
        who = request.path.rpartition("/")[2]
        self._got.append(Telling(self._now_ms(), who, "webhook", text, json.loads(text)))
        return super()._take(request)


@dataclass
class Phones:
    """The running servers and what they got."""

    got: list[Telling]
    providers: Mapping[str, providers.Provider]
    hook: webhook.Receiver

    def settings(self) -> Mapping[str, object]:
        """The settings of the service that make it use them."""
        return {
            "aliyun": {
                "access_key_id": providers.ACCOUNT, "access_key_secret": providers.SECRET,
                "sms_sign": "sitewatch", "sms_template": "SMS_1",
                "sms_variables": {"what": "title", "where": "device"},
                "voice_template": "TTS_1", "voice_variables": {"what": "title", "where": "device"},
                "sms_endpoint": self.providers["aliyun_sms"].url,
                "voice_endpoint": self.providers["aliyun_voice"].url,
            },
            "wecom": {
                "robots": {"duty": providers.KEY}, "endpoint": self.providers["wecom"].url,
            },
        }  # fmt: skip

    def behave(self, name: str, given: Mapping[str, object]) -> None:
        """How a provider answers from now on; nothing given is as it should."""
        if name == "webhook":
            self.hook.behave(webhook.Behaviour(**given))  # type: ignore[arg-type]
            return
        self.providers[name].behave(
            providers.Behaviour(**given) if given else None  # type: ignore[arg-type]
        )


@contextmanager
def phones(now_ms: Callable[[], float]) -> Iterator[Phones]:
    """Start them all, on a clock [ms]."""
    got: list[Telling] = []
    servers: dict[str, providers.Provider] = {
        name: _Provider(name, now_ms, got) for name in ("aliyun_voice", "aliyun_sms", "wecom")
    }
    hook = _Hook(now_ms, got)
    with ExitStack() as stack:
        for server in servers.values():
            server.start()
            stack.callback(server.stop)
        hook.start()
        stack.callback(hook.stop)
        yield Phones(got, servers, hook)
