import shlex

import pytest

from collectors.modbus_links import (
    Parity,
    RtuTcpTransport,
    SerialTransport,
    TcpTransport,
    Transport,
)
from sitewatch.endpoint import Framer, options_of, transport_to
from sitewatch.errors import InvalidInputError


@pytest.mark.parametrize(
    ("transport", "options"),
    [
        (TcpTransport("10.0.0.5", 502), "--host 10.0.0.5 --unit 3"),
        (TcpTransport("10.0.0.5", 5020), "--host 10.0.0.5 --port 5020 --unit 3"),
        (RtuTcpTransport("h", 502), "--host h --framer rtu --unit 3"),
        (SerialTransport("/dev/ttyUSB0"), "--serial /dev/ttyUSB0 --baud 9600 --unit 3"),
        (
            SerialTransport("/dev/a b", 19200, "E", 2),
            "--serial '/dev/a b' --baud 19200 --parity E --stop 2 --unit 3",
        ),
    ],
)
def test_the_options_that_are_printed_mean_the_same(transport: Transport, options: str) -> None:
    assert options_of(transport, 3) == options
    words = shlex.split(options)
    given = dict(zip(words[::2], words[1::2], strict=True))
    assert transport == transport_to(
        given.get("--host"),
        int(given.get("--port", 502)),
        Framer(given.get("--framer", "socket")),
        given.get("--serial"),
        int(given.get("--baud", 9600)),
        Parity(given.get("--parity", "N")),
        int(given.get("--stop", 1)),
    )


@pytest.mark.parametrize(("host", "serial"), [(None, None), ("h", "/dev/ttyUSB0")])
def test_one_place_is_named(host: str | None, serial: str | None) -> None:
    with pytest.raises(InvalidInputError, match="--host ADDRESS, or --serial PORT"):
        transport_to(host, 502, Framer.SOCKET, serial, 9600, Parity.NONE, 1)
