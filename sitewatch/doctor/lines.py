"""The lines to devices that are plugged in here: serial ports that must be there and ours."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from collectors.modbus_links import ModbusRtuLink
from device_configs.estate import Device
from sitewatch.doctor.finding import Finding, good, wrong

_WHAT = "serial ports"


def serial_ports(devices: Iterable[Device]) -> tuple[str, ...]:
    """The serial ports that the devices are read by."""
    links = (device.link for device in devices)
    found = {link.port for link in links if isinstance(link, ModbusRtuLink)}
    return tuple(sorted(found))


def examine(devices: Iterable[Device]) -> Iterator[Finding]:
    """Look whether each port is there and may be used."""
    ports = serial_ports(devices)
    for port in ports:
        if not Path(port).exists():
            yield wrong(_WHAT, f"{port} is not there", "plug the adapter in, or mend the estate")
        elif not os.access(port, os.R_OK | os.W_OK):
            yield wrong(_WHAT, f"{port} may not be used by this user",
                        "add the service's user to the group dialout")  # fmt: skip
        else:
            yield good(_WHAT, port)
