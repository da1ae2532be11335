"""A serial line: RTU frames on a pseudo terminal, which a meter and a panel share.

covers: collectors/modbus_link.py on a serial port
"""

import asyncio
from dataclasses import replace

import pytest

from collectors import modbus
from collectors.modbus_link import ModbusLink
from collectors.modbus_links import ModbusRtuLink, SerialTransport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import LinkLostError, ReadError
from collectors.sample import Reason
from device_configs.estate import Device
from tests.collectors.lines import Collecting, device, library, running, wiring
from tests.collectors.test_modbus import serving
from tests.replay_server import Fault, Unit
from tests.serial_line import SerialLine

SETTINGS = ModbusSettings(timeout_ms=200)
WORDS = [11, 22, 33, 44]


def unit() -> Unit:
    made = Unit()
    made.load(3, 100, WORDS)
    made.load(2, 0, [1, 0, 1])
    return made


def link(line: SerialLine, timeout_s: float = 0.2) -> ModbusLink:
    return ModbusLink(SerialTransport(line.device, baud=115_200), timeout_s=timeout_s)


async def test_registers_and_bits_are_read() -> None:
    async with SerialLine({1: unit(), 9: unit()}) as line:
        one = link(line, 5.0)
        await one.open()
        patient = ModbusSettings(timeout_ms=5000)
        for number in (1, 9):
            assert list(await one.read(number, Table.HOLDING, 100, 4, patient)) == WORDS
        assert list(await one.read(1, Table.DISCRETE, 0, 3, patient)) == [1, 0, 1]
        one.close()
    assert [(r.unit, r.function) for r in line.requests] == [(1, 3), (9, 3), (1, 2)]


async def test_an_answer_in_pieces_and_noise_is_found() -> None:
    async with SerialLine({1: unit()}) as line:
        line.spoil = lambda answer: [(0.0, b"\x00\xff" + answer[:3]), (0.005, answer[3:] + b"\x80")]
        one = link(line, 5.0)
        await one.open()
        for _ in range(3):
            got = await one.read(1, Table.HOLDING, 100, 4, ModbusSettings(timeout_ms=5000))
            assert list(got) == WORDS
        one.close()


@pytest.mark.parametrize("damage", ["crc", "short", "unit", "function"])
async def test_a_damaged_answer_is_no_value(damage: str) -> None:
    def spoil(answer: bytes) -> list[tuple[float, bytes]]:
        spoiled = {
            "crc": answer[:-1] + bytes([answer[-1] ^ 1]),
            "short": answer[:-4],
            "unit": bytes([answer[0] + 1]) + answer[1:],
            "function": bytes([answer[0], 4]) + answer[2:],
        }[damage]
        return [(0.0, spoiled)]

    async with SerialLine({1: unit()}) as line:
        line.spoil = spoil
        one = link(line)
        await one.open()
        with pytest.raises(ReadError) as caught:
            await one.read(1, Table.HOLDING, 100, 4, SETTINGS)
        assert caught.value.reason is Reason.GARBLED
        line.spoil = None
        assert one.connected, "the port stays open"
        assert list(await one.read(1, Table.HOLDING, 100, 4, SETTINGS)) == WORDS
        one.close()


async def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    """The unit answers after the time-out, when other registers have been asked for."""
    made = unit()
    made.load(3, 200, [7, 7, 7, 7])
    async with SerialLine({1: made}) as line:
        line.spoil = lambda answer: [(0.3, answer)]
        one = link(line)
        await one.open()
        with pytest.raises(ReadError) as caught:
            await one.read(1, Table.HOLDING, 100, 4, SETTINGS)
        assert caught.value.reason is Reason.NO_ANSWER
        line.spoil = None
        assert list(await one.read(1, Table.HOLDING, 200, 4, SETTINGS)) == [7, 7, 7, 7]
        one.close()


async def test_a_port_that_is_not_there_is_one_sentence(tmp_path: object) -> None:
    one = ModbusLink(SerialTransport("/dev/ttyNOWHERE"))
    with pytest.raises(LinkLostError, match="no serial port of this machine"):
        await one.open()


def on(line: SerialLine, made: Device, number: int) -> Device:
    at = ModbusRtuLink(port=line.device, baud=115_200, unit=number)
    return replace(made, link_name="modbus_rtu", link=at)


async def test_devices_share_a_line_and_a_silent_one_does_not_stop_it() -> None:
    weather, pile = library("generic_weather_modbus"), library("generic_pile_modbus", timeout_ms=60)
    units = {1: serving(weather, dict.fromkeys(weather.points, 5)), 2: Unit(fault=Fault.SILENT)}
    async with SerialLine(units) as line:
        devices = [
            on(line, device(weather, 1, name="w"), 1), on(line, device(pile, 1, name="p"), 2)
        ]  # fmt: skip
        sink = Collecting()
        (one,) = modbus.DRIVER.open(devices, wiring(sink))
        assert one.name == f"modbus_rtu[{line.device}]"
        async with running(one):
            await sink.heard("w", 3)
            await sink.until(lambda: sink.latest("p").get("state") == (None, "no_answer"))
            await sink.heard("w", 3)
            line.unplug()
            await sink.until(lambda: sink.latest("w")["irradiance"] == (None, "no_answer"))
            assert not one.health().connected
            await asyncio.sleep(0)
