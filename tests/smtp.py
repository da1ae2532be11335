"""A real little SMTP server on loopback: it keeps what it takes and can refuse.

It speaks the plain part of RFC 5321 that smtplib uses (EHLO, MAIL, RCPT, DATA, RSET, QUIT).
"""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Mail:
    """One message the server took."""

    sender: str
    recipients: list[str]
    data: bytes = b""

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.data, policy=email.policy.default)


@dataclass
class MailBox:
    """What came, and what is refused."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    refuse_mail: str | None = None
    """Answer to MAIL instead of 250: `451 later` or `550 never`."""
    refuse: dict[str, str] = field(default_factory=dict)
    """Recipient to answer instead of 250."""


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        box: MailBox = self.server.box  # type: ignore[attr-defined]
        mail = Mail("", [])
        self._say("220 test ready")
        while line := self.rfile.readline():
            text = line.decode().strip()
            verb = text[:4].upper()
            if verb in {"EHLO", "HELO"}:
                self._say("250-test\r\n250 8BITMIME")
            elif verb == "MAIL":
                mail = Mail(text.split("<")[1].split(">")[0], [])
                self._say(box.refuse_mail or "250 ok")
            elif verb == "RCPT":
                recipient = text.split("<")[1].split(">")[0]
                answer = box.refuse.get(recipient, "250 ok")
                if answer.startswith("2"):
                    mail.recipients.append(recipient)
                self._say(answer)
            elif verb == "DATA":
                self._say("354 go on")
                mail.data = self._data()
                box.mails.append(mail)
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok" if verb in {"RSET", "NOOP"} else "502 no such command")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = True


@contextmanager
def mail_server() -> Iterator[MailBox]:
    """A server on a free port."""
    box = MailBox()
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(timeout=10)
