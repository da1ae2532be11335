import pytest

from collectors.dial import dial
from collectors.examined_unit import MOST_REQUESTS, ExaminedUnit
from collectors.modbus_links import TcpTransport
from collectors.modbus_schema import ModbusSettings, Table
from collectors.reading import ReadError
from collectors.sample import Reason
from tests.replay_server import Fault, ReplayServer, Unit

SETTINGS = ModbusSettings(timeout_ms=40)


def examined(server: ReplayServer) -> ExaminedUnit:
    return ExaminedUnit(dial(TcpTransport("127.0.0.1", server.port), [SETTINGS]), 1)


def memory() -> Unit:
    unit = Unit()
    unit.load(3, 0, range(100))
    return unit


async def test_what_is_known_is_not_asked_for_again() -> None:
    async with ReplayServer({1: memory()}) as server:
        unit = examined(server)
        await unit.view(SETTINGS).read(Table.HOLDING, 0, 20)
        assert await unit.view(SETTINGS).read(Table.HOLDING, 5, 3) == [5, 6, 7]
        for _ in range(2):
            with pytest.raises(ReadError, match="illegal data address"):
                await unit.view(SETTINGS).read(Table.HOLDING, 200, 2)
    assert len(server.requests) == unit.requests == 2


async def test_a_function_that_is_refused_is_not_tried_again() -> None:
    unit = memory()
    unit.exception = 1
    async with ReplayServer({1: unit}) as server:
        view = examined(server)
        for address in (0, 10):
            with pytest.raises(ReadError, match="illegal function"):
                await view.view(SETTINGS).read(Table.INPUT, address, 1)
    assert len(server.requests) == 1


async def test_a_silent_table_costs_three_time_outs() -> None:
    unit = memory()
    unit.silent_functions = {4}
    async with ReplayServer({1: unit}) as server:
        seen = examined(server)
        for address in range(10):
            with pytest.raises(ReadError) as caught:
                await seen.view(SETTINGS).read(Table.INPUT, address, 1)
            assert caught.value.reason is Reason.NO_ANSWER
        assert list(await seen.view(SETTINGS).read(Table.HOLDING, 4, 1)) == [4]
    assert (seen.requests, seen.unanswered) == (4, 3)


async def test_a_profile_that_gets_nothing_stops_asking() -> None:
    async with ReplayServer({1: memory()}) as server:
        view = examined(server).view(SETTINGS)
        for address in range(200, 220):
            with pytest.raises(ReadError):
                await view.read(Table.HOLDING, address, 1)
    assert len(server.requests) == 4


async def test_no_unit_is_asked_without_end() -> None:
    async with ReplayServer({1: memory()}) as server:
        seen = examined(server)
        for address in range(MOST_REQUESTS + 50):
            with pytest.raises(ReadError):
                await seen.view(SETTINGS).read(Table.HOLDING, 1000 + address, 1)
    assert seen.requests == len(server.requests) == MOST_REQUESTS


async def test_a_closed_connection_is_opened_again() -> None:
    unit = memory()
    unit.fault = Fault.CLOSE
    async with ReplayServer({1: unit}) as server:
        seen = examined(server)
        with pytest.raises(ReadError):
            await seen.view(SETTINGS).read(Table.HOLDING, 0, 1)
        unit.fault = None
        assert list(await seen.view(SETTINGS).read(Table.HOLDING, 1, 1)) == [1]
    assert server.connections == 2
