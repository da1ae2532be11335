import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from alerts.channels.message import Message
from alerts.channels.webhook import SIGNATURE_HEADER, Webhook, WebhookSettings, signature
from alerts.errors import SendError
from tests.brokers import free_port
from tests.conftest import ROOT
from tests.webhook import Behaviour, Receiver, receiving

NOW_MS = 1_700_000_000_123
PAYLOAD = {"id": 7, "rule": "smoke", "title": {"zh": "火警", "en": "Fire"}, "transition": "raised"}
SETTINGS = WebhookSettings(secrets={"duty": SecretStr("s3cret")}, timeout_s=0.5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


async def send(url: str, secret: str | None = None) -> None:
    async with Webhook(SETTINGS, lambda: NOW_MS) as webhook:
        await webhook.send({"url": url, "secret_setting": secret}, Message(PAYLOAD))


async def test_the_body_is_the_alarm_and_the_signature_proves_it(receiver: Receiver) -> None:
    await send(receiver.url, "duty")
    (request,) = receiver.wait(1)
    assert request.json == PAYLOAD
    assert "火警".encode() in request.body
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    # Verified as docs/webhook.md tells a receiver to, not with our own function.
    fields = dict(
        part.split("=", 1) for part in request.headers[SIGNATURE_HEADER.lower()].split(",")
    )
    assert fields["t"] == "1700000000"
    signed = fields["t"].encode() + b"." + request.body
    expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(fields["v1"], expected)
    forged = hmac.new(b"other", signed, hashlib.sha256).hexdigest()
    assert fields["v1"] != forged


def test_what_the_documentation_tells_a_receiver_takes_ours_and_nothing_else() -> None:
    told: dict[str, Any] = {}
    block = (ROOT / "docs" / "webhook.md").read_text("utf-8").split("```python")[1].split("```")[0]
    exec(block, told)  # noqa: S102 - our own documentation
    genuine, now = told["genuine"], int(time.time())
    body = '{"id": 7, "title": "火警"}'
    header = signature("s3cret", now, body)
    assert genuine(b"s3cret", header, body.encode())
    assert not genuine(b"other", header, body.encode())
    assert not genuine(b"s3cret", header, b"{}")
    assert not genuine(b"s3cret", signature("s3cret", now - 301, body), body.encode())
    for forged in ("", "t=1", "v1=", "t=x,v1=y", f"t={now},v1=é", "t=-1,v1="):
        assert not genuine(b"s3cret", forged, body.encode())


def test_the_signature_is_that_of_another_implementation() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac s3cret
    known = "97926816e98fbb41ccb1673225ff29a2f35369099990e1b1561651e7bd097ebf"
    assert signature("s3cret", 1700000000, "{}") == f"t=1700000000,v1={known}"


async def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    await send(receiver.url)
    (request,) = receiver.wait(1)
    assert SIGNATURE_HEADER.lower() not in request.headers


async def test_a_secret_that_is_not_set_is_sent_later(receiver: Receiver) -> None:
    with pytest.raises(SendError, match="no secret 'nobody'") as error:
        await send(receiver.url, "nobody")
    assert not error.value.permanent
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(500, False), (503, False), (429, False), (408, False), (404, True), (410, True), (302, True)],
)
async def test_an_error_answer(receiver: Receiver, status: int, permanent: bool) -> None:
    receiver.behave(Behaviour(status=status))
    with pytest.raises(SendError, match=f"answered {status}") as error:
        await send(receiver.url)
    assert error.value.permanent is permanent


async def test_a_reset_connection_can_be_tried_again(receiver: Receiver) -> None:
    receiver.behave(Behaviour(reset=True), Behaviour())
    with pytest.raises(SendError) as error:
        await send(receiver.url)
    assert not error.value.permanent
    await send(receiver.url)
    assert len(receiver.requests) == 2


async def test_a_slow_answer_ends_in_time(receiver: Receiver) -> None:
    receiver.behave(Behaviour(delay_s=3))
    with pytest.raises(SendError, match="Timeout") as error:
        await send(receiver.url)
    assert not error.value.permanent


async def test_nobody_listens() -> None:
    with pytest.raises(SendError, match="Connect") as error:
        await send(f"http://127.0.0.1:{free_port()}/hook")
    assert not error.value.permanent
