"""A million spoiled answers through the whole link, in memory. covers: modbus_link

The connection is in memory and time leaps, so that a million time-outs are affordable; pymodbus,
the gate and the link are those that run in the service. `test_fuzz_sockets` does the same, with
fewer cases, over real sockets.
"""

import asyncio
import gc
from collections.abc import Callable

import pytest

from collectors.sample import Reason
from tests.collectors.memory_loop import run
from tests.collectors.modbus_frames import Asked, Framing, Rtu, Tcp
from tests.collectors.modbus_fuzz import FuzzedDevice, Outcome, Tally, fuzz, link_to
from tests.collectors.modbus_mutations import captured_frames
from tests.footprint import FULL, open_files, resident_mb

COUNT = 100_000 if FULL else 3_000
"""Cases of one shard."""
SEED = 20261125


async def one_shard(device: FuzzedDevice, count: int) -> tuple[Tally, list[str]]:
    """Fuzz; the errors that escaped to the event loop come too."""
    escaped: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: escaped.append(f"{context['message']}: {context.get('exception')!r}")
    )
    tasks = len(asyncio.all_tasks())
    link = link_to(device.framing, "fuzzed", 502)
    tally = await fuzz(link, device, count)
    await asyncio.sleep(1)
    assert len(asyncio.all_tasks()) == tasks
    return tally, escaped


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("shard", range(5))
@pytest.mark.parametrize("framing", [Tcp(), Rtu()], ids=["tcp", "rtu"])
def test_a_spoiled_answer_is_its_own_value_or_a_reason(
    framing: Framing, shard: int, say: Callable[[str], None]
) -> None:
    seed = SEED + 10 * shard + framing.rtu
    device = FuzzedDevice(framing, seed, captured_frames())
    warm = FuzzedDevice(framing, seed)
    run(one_shard(warm, 500), lambda host, port: warm)
    gc.collect()
    files, memory = open_files(), resident_mb()
    tally, escaped = run(one_shard(device, COUNT), lambda host, port: device)
    gc.collect()
    grown = resident_mb() - memory
    say(
        f"{'rtu' if framing.rtu else 'tcp'} frames in memory, seed {seed}: {tally.cases} cases, "
        f"{dict(tally.outcomes)}, {len(tally.wrong)} wrong, {len(escaped)} escaped, "
        f"memory {grown:+.1f} MB"
    )
    assert tally.wrong == []
    assert escaped == []
    assert not tally.outcomes["lost"], "the device never closed a connection"
    assert open_files() == files
    assert grown < 20


@pytest.mark.parametrize("framing", [Tcp(), Rtu()], ids=["tcp", "rtu"])
def test_the_judge_sees_what_is_wrong(framing: Framing) -> None:
    asked = Asked(9, 1, 3, 0, 2)
    right = framing.frame(asked, bytes([3, 4, 0, 1, 0, 2]))
    foreign = framing.frame(Asked(9, 2, 3, 0, 2), bytes([3, 4, 0, 1, 0, 2]))
    refusal = framing.frame(asked, bytes([0x83, 2]))
    cases = [
        (right, Outcome(cells=(1, 2)), 0),
        (right, Outcome(cells=(1, 3)), 1),
        (right[:-1], Outcome(cells=(1, 2)), 1),
        (foreign, Outcome(cells=(1, 2)), 1),
        (b"", Outcome(cells=(1, 2)), 1),
        (right, Outcome(reason=Reason.NO_ANSWER), 1),
        (refusal, Outcome(reason=Reason.REFUSED, code=2), 1),
        (refusal, Outcome(reason=Reason.REFUSED, code=3), 1),
    ]
    for delivered, outcome, faults in cases:
        tally = Tally()
        tally.judge("clean", framing, asked, delivered, outcome)
        assert len(tally.wrong) == faults, (delivered, outcome)
    tally = Tally()
    tally.judge("exception", framing, asked, refusal, Outcome(reason=Reason.REFUSED, code=2))
    tally.judge("exception", framing, asked, refusal, Outcome(reason=Reason.REFUSED, code=3))
    assert [w.split(":")[1] for w in tally.wrong] == [
        " a refusal that no conforming exception holds"
    ]
