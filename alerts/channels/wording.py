"""The short text of an alarm: a test says so first, then what, where, since when, and the link."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from alerts.channels.message import Message
from alerts.texts import text

_MORE = "…"


@dataclass(frozen=True)
class Wording:
    """How this installation writes."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    public_url: str | None = None
    """Address of the page; without it there is no link."""

    def short(self, message: Message, language: str, limit: int, encoding: str = "utf-8") -> str:
        """The text of at most `limit` bytes; what is cut is never the mark, the title or the link.

        Raises:
            ValueError: the limit does not even hold the link.
        """
        link = self.link(message)
        ending = f"\n{link}" if link else ""
        room = limit - len(ending.encode(encoding))
        if room < 0:
            raise ValueError(f"a message of {limit} bytes cannot hold the link to the page")
        return cut("\n".join(self._lines(message, language)), room, encoding) + ending

    def _lines(self, message: Message, language: str) -> list[str]:
        found = self.fields(message, language)
        lines = [found["headline"]]
        lines += [
            f"{word(f'mail.{name}', language)}: {found[name]}"
            for name in ("place", "raised_at", "device", "value", "vendor")
            if found[name]
        ]
        return lines + further_lines(message, language)

    def fields(self, message: Message, language: str) -> Mapping[str, str]:
        """The parts of a message by name, as the variables of a template take them."""
        test = word("mail.test", language) if message.test else ""
        step = word(f"transition.{message.string('transition')}", language)
        severity = word(f"severity.{message.string('severity')}", language)
        title = message.label("title").get(language, "")
        more = further_count(message)
        counted = f"{title} {word('further.short', language).format(count=more)}" if more else title
        return {
            "headline": f"{test}[{step}] {severity} {title}",
            "state": f"{test}{step}",
            "severity": severity,
            "title": f"{test}{counted}",
            "place": place(message, language),
            "device": message.label("device_name").get(language, "") or message.string("device"),
            "value": value(message),
            "vendor": vendor(message, language),
            "raised_at": self.local(message.string("raised_at")),
        }

    def local(self, moment: str) -> str:
        """A moment (ISO 8601) in the zone of the estate; empty where there is none."""
        if not moment:
            return ""
        found = dt.datetime.fromisoformat(moment).astimezone(self.timezone)
        return found.strftime("%Y-%m-%d %H:%M:%S")

    def day(self, moment_ms: int) -> str:
        """The day of a moment [ms, UTC] in the zone of the estate, as YYYYMMDD."""
        return dt.datetime.fromtimestamp(moment_ms / 1000, self.timezone).strftime("%Y%m%d")

    @staticmethod
    def test_mark(language: str) -> str:
        """What stands before all else in a test or drill."""
        return word("mail.test", language)

    def link(self, message: Message) -> str:
        """Where the alarm is acknowledged or on the page; empty without `service.public_url`."""
        if self.public_url is None:
            return ""
        own = message.string("ack_link")
        if own:
            return own
        return f"{self.public_url.rstrip('/')}/alarms?alarm={message.string('id')}"


def word(key: str, language: str) -> str:
    """A word of the catalogue in a language."""
    return str(getattr(text(key), language))


def place(message: Message, language: str) -> str:
    """The path to the place, from the community down."""
    path = message.payload.get("place_path")
    names = [str(step.get(language, "")) for step in path] if isinstance(path, list) else []
    return " / ".join(names) or message.string("place")


def value(message: Message) -> str:
    """What was measured or found: an alarm without a point names what it is about in its value."""
    found = (message.string("point"), message.string("value"))
    return " = ".join(one for one in found if one)


def vendor(message: Message, language: str) -> str:
    """What the maker says of a fault code, `31 Door lock circuit open (level A)`."""
    found = message.payload.get("vendor")
    if not isinstance(found, dict):
        return ""
    said = str(found["text"][language])
    if found["fault_class"] is None:
        return said  # It names the code itself: the table does not have it.
    kind = f" ({found['vendor_class']})" if found.get("vendor_class") else ""
    return f"{found['code']} {said}{kind}"


def further_count(message: Message) -> int:
    """How many other alarms a digest tells of."""
    count = message.further.get("count", 0)
    return count if isinstance(count, int) else 0


def further_lines(message: Message, language: str) -> list[str]:
    """What a digest says of the other alarms; no line where it is none."""
    count = further_count(message)
    if not count:
        return []
    lines = [word("further.count", language).format(count=count)]
    tests = message.further.get("tests")
    if tests:
        lines[0] += word("further.tests", language).format(count=tests)
    titles = message.further.get("titles")
    for one in titles if isinstance(titles, list) else ():
        lines.append(f"{one[language]} × {one['count']}")
    return lines


def cut(whole: str, limit: int, encoding: str = "utf-8") -> str:
    """A text of at most `limit` bytes; no character is cut in half, and what is cut shows."""
    if len(whole.encode(encoding)) <= limit:
        return whole
    room = limit - len(_MORE.encode(encoding))
    if room < 0:
        return ""
    kept = whole.encode(encoding)[:room].decode(encoding, errors="ignore")
    return kept.rstrip() + _MORE
