"""How many requests read 100 scattered float points: `python -m tests.bench.modbus_plan`.

Points 2 to 20 registers apart on average, over TCP and at 9,600 Bd, where each register read along
costs time; the time is that of the bytes on the wire and the pause between frames, computed.
"""

from collectors import modbus
from collectors.modbus_reading import DeviceReader
from collectors.read_plan import NETWORK, LineCost, serial_cost
from tests.bench.rig.figures import show
from tests.bench.rig.meters import hundred_points, meter

STEPS = (2.0, 2.5, 3.0, 4.0, 8.0, 20.0)
"""Registers from one point to the next on average; a float takes two, a request 125 at most."""
BAUD = 9600
_BITS = 11
"""Bits of a byte on a serial line, with start, parity and stop (Modbus over serial line, 2.5.1)."""
_FRAMES = 8 + 5
"""Bytes of a request, and of an answer besides its registers."""


def planned(step: float, cost: LineCost) -> tuple[int, int]:
    """Requests, and registers they read."""
    profile = hundred_points(step)
    settings = modbus.settings_of(meter(profile, 1, 1, 10.0))
    blocks = DeviceReader(profile, settings, cost=cost).blocks
    return len(blocks), sum(block.count for block in blocks)


def serial_ms(requests: int, registers: int) -> float:
    """Time on the line at 9,600 Bd, with 3.5 characters of silence before each frame. [ms]"""
    characters = requests * (_FRAMES + 2 * 3.5) + 2 * registers
    return characters * _BITS / BAUD * 1000


def main() -> None:
    """Print the requests of every case."""
    rows, figures = [], {}
    for step in STEPS:
        tcp, registers = planned(step, NETWORK)
        target = "<= 2" if 100 * step <= 250 else ""
        rows.append((f"every {step:g} registers, TCP", f"{tcp} requests, {registers} reg.", target))
        serial, along = planned(step, serial_cost(BAUD, 0.0))
        text = f"{serial} requests, {along} reg., {serial_ms(serial, along):,.0f} ms on the line"
        other = f"as over TCP: {serial_ms(tcp, registers):,.0f} ms"
        rows.append((f"every {step:g} registers, {BAUD} Bd", text, other))
        figures[f"{step:g}"] = {"tcp": tcp, "serial": serial, "serial_registers": along,
                              "serial_ms": round(serial_ms(serial, along))}  # fmt: skip
    show("Requests for 100 scattered float points", rows, figures)


if __name__ == "__main__":
    main()
