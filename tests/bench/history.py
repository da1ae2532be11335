"""How long the demo's past takes to make, and how much the simulator costs: run as a module.

`python -m tests.bench.history [DAYS]` prints the processor time [s] of making the past of the demo
estate, of the first reading of every device, of Modbus requests to it and of MQTT ticks.
"""

import struct
import sys
import time

from collectors.payload_encode import Message
from collectors.registry import SCHEMAS
from collectors.simulator.history import history
from collectors.simulator.make_estate import FOLDER
from collectors.simulator.modbus_server import Units, endpoints
from collectors.simulator.model import Model
from collectors.simulator.publisher import Publisher
from collectors.simulator.register_image import RegisterImage
from device_configs.estate import Estate, load_estate

_DAY_MS = 86_400_000
_ROUNDS = 5


def _past(estate: Estate, now_ms: int, days: int) -> None:
    begun = time.process_time()
    samples = values = 0
    for batch in history(Model(estate), now_ms - days * _DAY_MS, now_ms):
        samples += len(batch)
        values += sum(len(sample.values) for sample in batch)
    spent = time.process_time() - begun
    print(f"history: {days} days, {samples} samples, {values} values: {spent:.1f} s")


def _requests(model: Model, now_ms: int) -> None:
    """Ask each device for what it has first, each time at another moment: nothing is cached."""
    clock = [now_ms]
    servers = [
        (Units(model, {unit: RegisterImage(model, device)}, lambda: clock[0]), unit)
        for units in endpoints(model.estate).values()
        for unit, device in units.items()
    ]
    asked = answered = 0
    begun = time.process_time()
    for _ in range(_ROUNDS):
        clock[0] += 1000
        for server, unit in servers:
            for function in (3, 4):
                answer = server.answer(unit, struct.pack(">BHH", function, _first(server), 1))
                asked += 1
                answered += answer is not None and answer[0] == function
    spent = time.process_time() - begun
    print(
        f"modbus: {asked} requests to {len(servers)} devices, {answered} answered with values: "
        f"{1000 * spent / asked:.2f} ms a request"
    )


def _first(server: Units) -> int:
    (image,) = server.images.values()
    memory = image.memory(server.now_ms())
    return min(min(cells) for cells in memory.values() if cells)


def _ticks(model: Model, now_ms: int) -> None:
    messages: list[Message] = []
    publisher = Publisher(model, messages.append)
    publisher.tick(now_ms)
    messages.clear()
    begun = time.process_time()
    for second in range(1, 61):
        publisher.tick(now_ms + second * 1000)
    spent = time.process_time() - begun
    print(f"mqtt: {len(messages)} messages in 60 ticks: {1000 * spent / 60:.2f} ms a tick")


def main() -> None:
    """Run all of it."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 35
    begun = time.process_time()
    estate = load_estate(FOLDER, SCHEMAS)
    print(f"estate: {len(estate.devices)} devices: {time.process_time() - begun:.1f} s")
    now_ms = time.time_ns() // 1_000_000
    model = Model(estate)
    begun = time.process_time()
    for _ in model.plant.warm(now_ms):
        pass
    print(f"counters up to now: {time.process_time() - begun:.1f} s")
    _requests(model, now_ms)
    _ticks(model, now_ms)
    _past(estate, now_ms, days)


if __name__ == "__main__":
    main()
