"""How soon the demo shows a live value, and what it takes: `python -m tests.bench.demo`.

Starts `sitewatch demo` as a user does (without history), waits for the first good value of the
interface and for all devices, then watches memory and processor time of the service process.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from tests.e2e.service import PROGRAM, command, started

WATCH_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid: int) -> float:
    """Resident memory of a process. [MB]"""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * _PAGE / 1e6


def busy(pid: int) -> float:
    """Processor time a process has taken. [s]"""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    """Measure and print."""
    began = time.monotonic()
    subprocess.run(command("profiles", "--json"), check=True, stdout=subprocess.DEVNULL)
    print(f"`sitewatch profiles`                 {time.monotonic() - began:8.2f} s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        arguments = ("demo", "--port", "0", "--data", str(folder / "data"), "--history", "0d")
        with started(*arguments, folder=folder, program=PROGRAM) as service:
            print(f"page answers a login after           {time.monotonic() - began:8.2f} s")
            while not any(i["quality"] == "good" for i in service.get("latest")["items"]):
                time.sleep(0.05)
            print(f"first good value after               {time.monotonic() - began:8.2f} s")
            state = service.get("sites")[0]["state"]
            while state["devices_connected"] < state["devices"]:
                if time.monotonic() - began > 120:
                    break
                time.sleep(0.5)
                state = service.get("sites")[0]["state"]
            heard, known = state["devices_connected"], state["devices"]
            print(f"{heard} of {known} devices heard after       {time.monotonic() - began:8.2f} s")
            pid = service.process.pid
            before, memory = busy(pid), resident(pid)
            time.sleep(WATCH_S)
            print(f"service, resident                    {memory:8.1f} MB")
            print(f"  after {WATCH_S:.0f} s more                   {resident(pid):8.1f} MB")
            share = (busy(pid) - before) / WATCH_S
            print(f"service, processor                   {share:8.2f} of one core")
            health = httpx.get(f"{service.url}/api/v1/health").json()
            print(f"health                               {health['status']:>8}")
            print(f"Ctrl-C to the end                    {service.stop():8.2f} s")


if __name__ == "__main__":
    main()
