from collections.abc import Iterator
from typing import Any

import pytest

from alerts.channels.email import Email, EmailSettings, Security
from alerts.channels.message import Message
from alerts.errors import SendError
from tests.brokers import free_port
from tests.smtp import MailBox, mail_server

PAYLOAD: dict[str, Any] = {
    "id": 7,
    "title": {"zh": "探测器火警", "en": "Detector reports fire"},
    "severity": "emergency",
    "device": "panel-1/p017",
    "device_name": {"zh": "五层走廊", "en": "Corridor 5"},
    "point": "smoke",
    "value": True,
    "place": "hall",
    "place_path": [{"zh": "行政中心", "en": "Centre"}, {"zh": "大厅", "en": "Hall"}],
    "test": False,
    "raised_at": "2026-11-23T04:05:06.000+00:00",
    "transition": "raised",
}
TO = {"to": ["duty@example.com", "chief@example.com"]}


@pytest.fixture
def box() -> Iterator[MailBox]:
    with mail_server() as found:
        yield found


def channel(port: int) -> Email:
    return Email(
        EmailSettings("127.0.0.1", port, "sitewatch@example.com", Security.NONE, timeout_s=5)
    )


async def test_it_says_everything_in_both_languages(box: MailBox) -> None:
    await channel(box.port).send(TO, Message(PAYLOAD))
    (mail,) = box.mails
    assert mail.sender == "sitewatch@example.com"
    assert mail.recipients == ["duty@example.com", "chief@example.com"]
    message = mail.message
    assert message["Subject"] == "[报警] 探测器火警 | [Alarm] Detector reports fire"
    assert message["Importance"] == "high"
    text = message.get_content()
    for expected in (
        "探测器火警", "位置: 行政中心 / 大厅", "级别: 紧急", "Place: Centre / Hall",
        "Device: Corridor 5 (panel-1/p017)", "Value: smoke = True",
        "Raised at: 2026-11-23 12:05:06 +0800", "不能代替火灾报警控制器",
    ):  # fmt: skip
        assert expected in text


async def test_an_alarm_without_a_point_says_what_it_is_about(box: MailBox) -> None:
    about = {"point": "", "value": "1 (+242): panel-1 @ hall"}
    await channel(box.port).send(TO, Message(PAYLOAD | about))
    assert "Value: 1 (+242): panel-1 @ hall" in box.mails[0].message.get_content()
    await channel(box.port).send(TO, Message(PAYLOAD | {"point": "", "value": None}))
    assert "Value" not in box.mails[1].message.get_content()


async def test_a_test_says_so_first(box: MailBox) -> None:
    await channel(box.port).send(TO, Message(PAYLOAD | {"test": True}))
    subject = box.mails[0].message["Subject"]
    assert subject.startswith("【测试】[报警]")
    assert "[TEST] [Alarm]" in subject
    assert box.mails[0].message["Importance"] is None


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("550 never", True)])
async def test_a_refusing_server(box: MailBox, answer: str, permanent: bool) -> None:
    box.refuse_mail = answer
    with pytest.raises(SendError) as error:
        await channel(box.port).send(TO, Message(PAYLOAD))
    assert error.value.permanent is permanent


async def test_one_refused_address_is_told_and_the_other_has_its_mail(box: MailBox) -> None:
    box.refuse = {"chief@example.com": "550 no such person"}
    with pytest.raises(SendError, match=r"chief@example\.com") as error:
        await channel(box.port).send(TO, Message(PAYLOAD))
    assert error.value.permanent
    assert box.mails[0].recipients == ["duty@example.com"]


@pytest.mark.parametrize(("code", "permanent"), [("450", False), ("550", True)])
async def test_all_addresses_refused(box: MailBox, code: str, permanent: bool) -> None:
    box.refuse = {address: f"{code} no" for address in TO["to"]}
    with pytest.raises(SendError) as error:
        await channel(box.port).send(TO, Message(PAYLOAD))
    assert error.value.permanent is permanent


async def test_a_server_without_tls_is_refused_where_tls_is_asked(box: MailBox) -> None:
    settings = EmailSettings("127.0.0.1", box.port, "sitewatch@example.com", timeout_s=5)
    with pytest.raises(SendError, match="STARTTLS"):
        await Email(settings).send(TO, Message(PAYLOAD))
    assert box.mails == []


async def test_nobody_listens() -> None:
    with pytest.raises(SendError) as error:
        await channel(free_port()).send(TO, Message(PAYLOAD))
    assert not error.value.permanent


async def test_a_closing_alarm_is_written_too(box: MailBox) -> None:
    for transition in ("raised", "reraised", "became_real", "returned", "latched", "cleared"):
        await channel(box.port).send(TO, Message(PAYLOAD | {"transition": transition}))
    assert len(box.mails) == 6
