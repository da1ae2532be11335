"""The one place where the tools of the integrator make a Modbus connection."""

from collections.abc import Iterable
from dataclasses import dataclass

from collectors.modbus_link import ModbusLink
from collectors.modbus_schema import ModbusSettings


@dataclass(frozen=True)
class TcpTransport:
    """Modbus TCP."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class RtuTcpTransport(TcpTransport):
    """RTU frames in TCP, as a serial server passes them on."""


Transport = TcpTransport | RtuTcpTransport


def dial(transport: Transport, sections: Iterable[ModbusSettings]) -> ModbusLink:
    """A connection, not opened yet, that is as patient as the slowest of the profiles needs."""
    patience = list(sections)
    return ModbusLink(
        transport.host,
        transport.port,
        rtu=isinstance(transport, RtuTcpTransport),
        timeout_s=max(section.timeout_ms for section in patience) / 1000,
        connect_delay_s=max(section.connect_delay_ms for section in patience) / 1000,
    )
