"""E-mail by SMTP, in Chinese and English in one message; smtplib in a worker thread."""

import asyncio
import datetime as dt
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.wording import Wording, further_lines, place, value, vendor, word
from alerts.errors import SendError
from ingest.clock import wall_clock_ms

_LANGUAGES = ("zh", "en")


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True)
class EmailSettings:
    """The mail server."""

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    username: str | None = None
    password: SecretStr | None = None
    timeout_s: float = 10.0
    """For each step of the conversation. [s]"""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """In which times are written."""
    public_url: str | None = None
    """Address of the page; without it there is no link."""


def _local(message: Message, field: str, zone: ZoneInfo) -> str:
    moment = dt.datetime.fromisoformat(message.string(field)).astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")


def subject(message: Message) -> str:
    """The subject line; a test says so first."""
    parts = []
    for language in _LANGUAGES:
        test = word("mail.test", language) if message.payload.get("test") else ""
        step = word(f"transition.{message.string('transition')}", language)
        title = message.label("title").get(language, "")
        parts.append(f"{test}[{step}] {title}")
    return " | ".join(parts)


def body(message: Message, zone: ZoneInfo, public_url: str | None = None) -> str:
    """The text: first Chinese, then English."""
    blocks = []
    link = [Wording(zone, public_url).link(message)] if public_url else []
    for language in _LANGUAGES:
        severity = word(f"severity.{message.string('severity')}", language)
        device = message.label("device_name").get(language, "")
        lines = [
            message.label("title").get(language, ""),
            f"{word('mail.severity', language)}: {severity}",
            f"{word('mail.place', language)}: {place(message, language)}",
            f"{word('mail.device', language)}: {device} ({message.string('device')})",
            *([f"{word('mail.value', language)}: {value(message)}"] if value(message) else []),
            *_vendor(message, language),
            f"{word('mail.raised_at', language)}: {_local(message, 'raised_at', zone)}",
            *_digest(message, language),
            *further_lines(message, language),
            *link,
            "",
            word("mail.footer", language),
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _vendor(message: Message, language: str) -> list[str]:
    said = vendor(message, language)
    return [f"{word('mail.vendor', language)}: {said}"] if said else []


def _digest(message: Message, language: str) -> list[str]:
    """How many messages this one stands for."""
    digest = message.payload.get("digest")
    if not isinstance(digest, dict):
        return []
    return [f"{word('mail.digest', language)}: {digest['messages']}"]


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    media_type: str
    """`application/pdf`."""
    content: bytes


class Email:
    """Sends alarms by e-mail."""

    def __init__(self, settings: EmailSettings, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        self._settings = settings
        self._now_ms = now_ms

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Send one message to all addresses of the route.

        Raises:
            SendError: the server did not take it for everyone; permanent where it said never.
        """
        to = parameters["to"]
        addresses = [str(address) for address in to] if isinstance(to, list | tuple) else [str(to)]
        mail = self._compose(addresses, message)
        await asyncio.to_thread(self._deliver, mail, addresses)

    def send_letter(self, address: str, title: str, text: str, files: Sequence[Attachment]) -> None:
        """Send a letter with files to one address; blocks.

        Raises:
            SendError: the server did not take it; permanent where it said never.
        """
        mail = self._envelope([address], title)
        mail.set_content(text)
        for file in files:
            kind, _, form = file.media_type.partition(";")[0].partition("/")
            mail.add_attachment(file.content, maintype=kind, subtype=form, filename=file.name)
        self._deliver(mail, [address])

    def _envelope(self, addresses: list[str], title: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(addresses)
        mail["Subject"] = title
        mail["Date"] = format_datetime(dt.datetime.fromtimestamp(self._now_ms() / 1000, dt.UTC))
        mail["Message-ID"] = make_msgid(domain=self._settings.sender.partition("@")[2] or None)
        mail["Auto-Submitted"] = "auto-generated"
        return mail

    def _compose(self, addresses: list[str], message: Message) -> EmailMessage:
        mail = self._envelope(addresses, subject(message))
        if message.payload.get("severity") == "emergency" and not message.payload.get("test"):
            mail["Importance"] = "high"
        settings = self._settings
        mail.set_content(body(message, settings.timezone, settings.public_url))
        return mail

    def _deliver(self, mail: EmailMessage, addresses: list[str]) -> None:
        settings = self._settings
        try:
            with self._connect() as server:
                if settings.username is not None and settings.password is not None:
                    server.login(settings.username, settings.password.get_secret_value())
                refused = server.send_message(mail, to_addrs=addresses)
        except smtplib.SMTPRecipientsRefused as error:
            never = all(code >= 500 for code, _ in error.recipients.values())
            raise SendError(f"every address was refused: {error}", permanent=never) from error
        except smtplib.SMTPAuthenticationError as error:
            # Not permanent: it is sent as soon as someone has corrected the password.
            raise SendError(f"the mail server refused the login: {error}") from error
        except smtplib.SMTPResponseException as error:
            raise SendError(f"mail: {error}", permanent=error.smtp_code >= 500) from error
        except (smtplib.SMTPException, OSError) as error:
            raise SendError(f"mail to {settings.host}:{settings.port}: {error}") from error
        if refused:
            # Trying again would send it twice to those who have it.
            names = ", ".join(sorted(refused))
            raise SendError(f"these addresses were refused: {names}", permanent=True)

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.security is Security.TLS:
            return smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=context
            )
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        if settings.security is Security.STARTTLS:
            try:
                server.starttls(context=context)
            except (smtplib.SMTPException, OSError):
                server.close()
                raise
        return server
