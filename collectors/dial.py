"""The one place where the tools of the integrator make a Modbus connection."""

from collections.abc import Iterable

from collectors.modbus_link import ModbusLink
from collectors.modbus_links import SerialTransport, Transport
from collectors.modbus_schema import ModbusSettings


def dial(transport: Transport, sections: Iterable[ModbusSettings]) -> ModbusLink:
    """A connection, not opened yet, that is as patient as the slowest of the profiles needs."""
    patience = list(sections)
    return ModbusLink(
        transport,
        timeout_s=max(section.timeout_ms for section in patience) / 1000,
        connect_delay_s=max(section.connect_delay_ms for section in patience) / 1000,
    )


def place(transport: Transport) -> str:
    """What a person calls the other end: `10.0.0.5:502`, `/dev/ttyUSB0`."""
    if isinstance(transport, SerialTransport):
        return transport.port
    return f"{transport.host}:{transport.port}"
