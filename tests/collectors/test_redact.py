import datetime as dt
from dataclasses import replace

from collectors.capture import Block
from collectors.modbus_links import TcpTransport
from collectors.modbus_schema import Table
from collectors.record import Recording, record_profile
from collectors.redact import is_private, redact
from tests.collectors.lines import library
from tests.replay_server import ReplayServer, Unit

NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
INVERTER = library("huawei_sun2000")


def text(value: str, words: int) -> list[int]:
    data = value.encode().ljust(words * 2, b"\0")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, words * 2, 2)]


async def recorded() -> Recording:
    unit = Unit()
    unit.load(3, 30000, text("SUN2000-100KTL", 15) + text("HV2140123456", 10))
    unit.load(3, 32000, [0] * 120)
    async with ReplayServer({1: unit}) as server:
        return await record_profile(INVERTER, TcpTransport("127.0.0.1", server.port), 1)


def words(recording: Recording) -> list[int]:
    return [word for block in recording.capture.blocks for word in block.words]


async def test_the_serial_number_goes_and_the_model_stays() -> None:
    plain = await recorded()
    serial = text("HV2140123456", 6)
    assert serial[0] in words(plain)
    clean = redact(plain)
    assert not set(serial) & set(words(clean))
    assert text("SUN2000", 4)[0] in words(clean)
    assert clean.redacted == {"serial"}
    document = str(clean.document(at=NOON, note="", source=""))
    assert "HV2140" not in document
    assert "SUN2000-100KTL" in document
    assert len(words(clean)) == len(words(plain)), "blanked, not cut out"


async def test_a_copy_of_it_elsewhere_goes_too() -> None:
    plain = await recorded()
    copy = Block(Table.HOLDING, 50_000, (1, *text("HV2140123456", 6), 2))
    capture = replace(plain.capture, blocks=[*plain.capture.blocks, copy])
    clean = redact(replace(plain, capture=capture))
    assert clean.capture.blocks[-1].words == (1, 0, 0, 0, 0, 0, 0, 2)


def test_what_is_private() -> None:
    points = INVERTER.points
    assert is_private(points["serial"])
    assert not is_private(points["model"])
    assert not is_private(points["state"])
    assert not is_private(points["alarm_1"])
    assert not is_private(points["active_power"])
