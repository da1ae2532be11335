"""Spoiled answers over real loopback sockets, through the whole link. covers: modbus_link

Fewer cases than `test_fuzz_frames`, which has the same judge and no sockets: each time-out here is
a real one, so several lines run side by side.
"""

import asyncio
import gc
from collections.abc import Callable

import pytest

from tests.collectors.modbus_frames import Framing, Rtu, Tcp
from tests.collectors.modbus_fuzz import Tally, ask, link_to, some_request
from tests.collectors.modbus_mutations import MUST_BE_READ, MUTATIONS, captured_frames
from tests.collectors.spoiling_server import SpoilingDevice, serving
from tests.footprint import FULL, open_files, resident_mb

COUNT = 6_000 if FULL else 60
"""Cases of one line."""
LINES = 8
SEED = 20261125
IMPATIENT_MS, PATIENT_MS = 10, {False: 20_000, True: 1_000}
"""RTU frames have no numbers: after a time-out the link waits as long again for a late answer."""


async def fuzz_line(framing: Framing, seed: int, count: int, tally: Tally) -> None:
    """One line: every spoiled answer is followed by a clean one, which must be read."""
    async with serving(SpoilingDevice(framing, seed, captured_frames())) as device:
        link = link_to(framing, "127.0.0.1", device.port, PATIENT_MS[framing.rtu] / 1000)
        for number in range(count):
            spoiled = number % 2 == 0
            device.expect(device.chance.choice(tuple(MUTATIONS)) if spoiled else "clean")
            patient = device.mutation in MUST_BE_READ[framing.rtu]
            if patient:
                # What is left of the last answer arrives now, and not in the middle of this one.
                await asyncio.sleep(0.003)
            request = (number % 247 + 1, *some_request(device.chance, rtu=framing.rtu)[1:])
            outcome = await ask(link, request, PATIENT_MS[framing.rtu] if patient else IMPATIENT_MS)
            assert device.asked is not None, "the request did not arrive"
            tally.judge(device.mutation, framing, device.asked, device.sent, outcome)
        link.close()
        assert device.strangers == []


async def fuzz_lines(framing: Framing, count: int) -> Tally:
    tally = Tally()
    async with asyncio.TaskGroup() as group:
        for number in range(LINES):
            group.create_task(fuzz_line(framing, SEED + number, count, tally))
    return tally


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("framing", [Tcp(), Rtu()], ids=["tcp", "rtu"])
async def test_spoiled_answers_over_sockets(framing: Framing, say: Callable[[str], None]) -> None:
    escaped: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: escaped.append(str(context["message"])))
    await fuzz_lines(framing, 20)
    gc.collect()
    files, tasks, memory = open_files(), len(asyncio.all_tasks()), resident_mb()
    tally = await fuzz_lines(framing, COUNT)
    await asyncio.sleep(0)
    gc.collect()
    grown = resident_mb() - memory
    say(
        f"{'rtu' if framing.rtu else 'tcp'} frames over sockets, seed {SEED}: {tally.cases} cases, "
        f"{dict(tally.outcomes)}, {len(tally.wrong)} wrong, {len(escaped)} escaped, "
        f"memory {grown:+.1f} MB"
    )
    assert tally.wrong == []
    assert escaped == []
    assert not tally.outcomes["lost"]
    assert (open_files(), len(asyncio.all_tasks())) == (files, tasks)
    assert grown < 20
