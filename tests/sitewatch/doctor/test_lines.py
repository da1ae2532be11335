"""What the doctor says of serial ports."""

import os
import pty
from pathlib import Path

from device_configs.estate import Device
from sitewatch.doctor.finding import Verdict
from sitewatch.doctor.lines import examine, serial_ports
from sitewatch.estate_folder import load_folder
from tests.e2e.folders import estate, smoke


def devices(folder: Path, *ports: str) -> list[Device]:
    meters = "".join(
        f"- {{id: meter-{n}, profile: eastron_sdm630, place: centre, interval: 10s, "
        f"link: {{modbus_rtu: {{port: {port}, unit: {n}}}}}}}\n"
        for n, port in enumerate(ports, 1)
    )
    home = estate(folder, smoke(["smoke-1"]) + meters)
    return list(load_folder(home).estate.devices.values())


def test_each_port_is_looked_at_once(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        there, gone = os.ttyname(theirs), str(tmp_path / "ttyUSB0")
        found = devices(tmp_path, there, gone, there)
        assert serial_ports(found) == tuple(sorted((there, gone)))
        assert {one.said: one.verdict for one in examine(found)} == {
            there: Verdict.GOOD, f"{gone} is not there": Verdict.WRONG,
        }  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
