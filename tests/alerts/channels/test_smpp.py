"""covers: alerts/channels: smpp, smpp_session, smpp_pdu."""

import logging
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from alerts.channels import smpp_pdu as pdu
from alerts.channels.message import Message, ReportState
from alerts.channels.smpp import Smpp
from alerts.channels.smpp_session import SmppSettings
from alerts.channels.wording import Wording
from alerts.errors import SendError
from tests.alerts.channels.contract import PAYLOAD
from tests.alerts.waiting import until
from tests.brokers import free_port
from tests.smsc import Centre, short_message_centre

GOOD = "pw"
TO = {"phone": "+8613800000000"}


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    async with short_message_centre() as running:
        yield running


def channel(port: int, secret: str = GOOD, idle_s: float = 30.0, url: str | None = None) -> Smpp:
    given_settings = SmppSettings(
        "127.0.0.1", port, "sitewatch", SecretStr(secret), sender="10690000",
        timeout_s=0.4, idle_s=idle_s,
    )  # fmt: skip
    return Smpp(given_settings, Wording(public_url=url))


async def refused(found: Smpp) -> SendError:
    with pytest.raises(SendError) as error:
        async with found:
            await found.send(TO, Message(PAYLOAD))
    return error.value


async def test_chinese_arrives_intact_in_parts_that_belong_together(centre: Centre) -> None:
    async with channel(centre.port, url="https://watch.example") as found:
        receipt = await found.send(TO, Message(PAYLOAD | {"test": True}))
    assert receipt is not None
    assert receipt.id == ",".join(f"m{n + 1}" for n in range(len(centre.submitted)))
    text = "".join(one.text for one in centre.submitted)
    assert text.startswith("【测试】[报警] 紧急 探测器火警\n位置: 行政中心 / 大厅")
    assert text.endswith("https://watch.example/alarms?alarm=7")
    assert len(centre.submitted) == 2
    assert [one.data[:6] for one in centre.submitted] == [
        bytes((5, 0, 3, 1, 2, 1)), bytes((5, 0, 3, 1, 2, 2)),
    ]  # fmt: skip
    first = centre.submitted[0]
    assert (first.destination, first.ton, first.sender) == ("8613800000000", 1, "10690000")
    assert (first.coding, first.registered, first.esm_class) == (8, 1, 0x40)


async def test_one_connection_is_kept(centre: Centre) -> None:
    async with channel(centre.port) as found:
        for _ in range(3):
            await found.send(TO, Message(PAYLOAD))
    assert centre.binds == 1


@pytest.mark.parametrize(
    ("state", "report"),
    [("DELIVRD", ReportState.DELIVERED), ("UNDELIV", ReportState.UNDELIVERED)],
)
async def test_a_delivery_receipt_is_reported(
    centre: Centre, state: str, report: ReportState
) -> None:
    centre.receipts = state
    async with channel(centre.port) as found:
        receipt = await found.send(TO, Message(PAYLOAD))
        assert receipt is not None
        reports = []

        async def asked() -> bool:
            reports.append(await found.report(TO, receipt, 0))
            return reports[-1] is not None

        for _ in range(100):
            if await asked():
                break
    assert reports[-1] is not None
    assert reports[-1].state is report


async def test_without_a_receipt_there_is_no_report(centre: Centre) -> None:
    centre.receipts = None
    async with channel(centre.port) as found:
        receipt = await found.send(TO, Message(PAYLOAD))
        assert receipt is not None
        assert await found.report(TO, receipt, 0) is None


@pytest.mark.parametrize(
    ("status", "permanent", "blocked"),
    [(0x0B, True, False), (0x58, False, True), (0x14, False, True), (0x08, False, False)],
)
async def test_a_command_status_is_no_success(
    centre: Centre, status: int, permanent: bool, blocked: bool
) -> None:
    centre.refuse = status
    error = await refused(channel(centre.port))
    assert (error.permanent, error.blocked_s is not None) == (permanent, blocked)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 16, b"\xff" * 32])
async def test_garbage_is_no_success(centre: Centre, raw: bytes) -> None:
    centre.raw = raw
    error = await refused(channel(centre.port))
    assert not error.permanent


async def test_silence_ends_in_time(centre: Centre) -> None:
    centre.silent = True
    error = await refused(channel(centre.port))
    assert "no answer in time" in str(error)
    assert not error.permanent


async def test_after_a_lost_connection_it_binds_again(centre: Centre) -> None:
    centre.hang_up = True
    async with channel(centre.port) as found:
        with pytest.raises(SendError, match="connection"):
            await found.send(TO, Message(PAYLOAD))
        centre.hang_up = False
        await found.send(TO, Message(PAYLOAD))
    assert centre.binds == 2


async def test_a_wrong_password_can_be_put_right_and_is_told_nowhere(
    centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = await refused(channel(centre.port, "s3cret-pw"))
    assert not error.permanent
    assert "s3cret-pw" not in f"{error}{caplog.text}"


async def test_nobody_listens() -> None:
    error = await refused(channel(free_port()))
    assert not error.permanent


async def test_a_quiet_connection_is_probed(centre: Centre) -> None:
    async with channel(centre.port, idle_s=0.02) as found:
        await found.send(TO, Message(PAYLOAD))
        await until(lambda: centre.probes >= 3)
        await found.send(TO, Message(PAYLOAD))
    assert centre.binds == 1


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.integers(0, 300))
def test_parts_put_together_are_the_text(text: str, reference: int) -> None:
    parts = pdu.split(text, reference)
    assert all(len(part) <= pdu.SINGLE_BYTES for part in parts)
    if len(parts) == 1:
        assert parts[0].decode("utf-16-be") == text
    else:
        assert [part[5] for part in parts] == list(range(1, len(parts) + 1))
        assert "".join(part[6:].decode("utf-16-be") for part in parts) == text


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader_of_receipts(body: bytes) -> None:
    found = pdu.read_receipt(body)
    assert found is None or found.state
