"""How soon a fire goes out in the middle of a flood, through robots that take 20 messages a minute.

Run as `python -m tests.bench.flood [ALARMS] [SECONDS]`: so many alarms are raised over so many
seconds, and a smoke detector reports in the middle. The robot blocks who sends more than 20 a
minute, as a provider does.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from alerts.outbox import Dispatcher, Outbox
from records.engine import make_engine, migrate, sqlite_url
from tests.alerts.desk import Desk
from tests.alerts.estates import make_estate
from tests.alerts.test_outbox import RULES, wall_ms
from tests.alerts.test_outbox_flood import ROBOT, Robot, flood, routes
from tests.alerts.waiting import until

WAVES = 20


async def run(engine: sa.Engine, alarms: int, seconds: float) -> tuple[float, Robot, int]:
    """Seconds from the fire's sample to the robot, the robot, and what was waiting then."""
    own = Desk(make_estate(), RULES, routes(ROBOT), engine)
    own.say("panel-1/p001", 1, {"fault": True})
    robot, step = Robot(), max(1, alarms // WAVES)
    dispatcher = Dispatcher(engine, {"wecom": robot}, now_ms=wall_ms, routes=lambda: own.routes)
    task = asyncio.ensure_future(dispatcher.run())
    began = raised = time.monotonic()
    for wave in range(WAVES):
        await asyncio.to_thread(flood, engine, step, (wave + 1) * 100_000)
        dispatcher.wake()
        if wave == WAVES // 2:
            raised = time.monotonic()
            await asyncio.to_thread(own.say, "smoke-1", 2, {"smoke": True})
            dispatcher.wake()
        await asyncio.sleep(max(0.0, began + (wave + 1) * seconds / WAVES - time.monotonic()))
    await until(lambda: "smoke_detector_fire" in robot.rules())
    task.cancel()
    await asyncio.wait([task])
    at = next(at for at, one in robot.sent if one["rule"] == "smoke_detector_fire")
    return at - raised, robot, Outbox(engine).waiting()


def main() -> None:
    """Print the times."""
    alarms = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(sqlite_url(Path(folder) / "records.db"))
        migrate(engine)
        took, robot, waiting = asyncio.run(run(engine, alarms, seconds))
        engine.dispose()
    merged = sum("further" in one for _, one in robot.sent)
    print(f"{alarms} alarms in {seconds:.0f} s: the fire was out {took * 1000:.0f} ms after it")
    print(f"messages sent: {len(robot.sent)}, of these merged: {merged}")
    print(f"waiting at the end: {waiting}")


if __name__ == "__main__":
    main()
