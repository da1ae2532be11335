import pytest

from collectors.dial import dial, place
from collectors.modbus_links import RtuTcpTransport, SerialTransport, TcpTransport, Transport
from collectors.modbus_schema import ModbusSettings
from collectors.reading import LinkLostError


@pytest.mark.parametrize(
    ("transport", "name"),
    [
        (TcpTransport("10.0.0.5", 5020), "10.0.0.5:5020"),
        (RtuTcpTransport("gateway", 4001), "gateway:4001"),
        (SerialTransport("/dev/no-such-port"), "/dev/no-such-port"),
    ],
)
def test_the_name_of_the_other_end(transport: Transport, name: str) -> None:
    assert place(transport) == dial(transport, [ModbusSettings()]).name == name


async def test_a_port_that_is_not_there() -> None:
    link = dial(SerialTransport("/dev/no-such-port"), [ModbusSettings()])
    with pytest.raises(LinkLostError, match="is no serial port of this machine"):
        await link.open()
