"""`python -m collectors.simulator`: the simulated estate as a process of its own.

Prints one JSON line when everything answers, or one with `"ready": false` and the reason; ends on
SIGTERM, on SIGINT, and when the pipe at its standard input closes.
"""

import argparse
import asyncio
import datetime as dt
import signal
import sys
from pathlib import Path

from collectors.driver import CollectorsError
from collectors.simulator.process import Bell, Options, say, simulate, watch_parent
from device_configs.faults import DeviceConfigsError


def _moment(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("give the time with its zone: 2026-07-15T12:00:00+08:00")
    return round(moment.timestamp() * 1000)


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m collectors.simulator", description=__doc__)
    parser.add_argument("--estate", type=Path, required=True, help="the estate folder")
    parser.add_argument("--data", type=Path, required=True, help="folder of broker and control")
    parser.add_argument(
        "--start-at", type=_moment, default=None, help="the model's clock, ISO 8601"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mqtt-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--broker", choices=("auto", "mosquitto", "iotcore"), default="auto")
    given = parser.parse_args()
    return Options(
        given.estate, given.data, given.start_at, given.seed, given.mqtt_port, given.broker
    )


async def _run(options: Options) -> None:
    bell = Bell()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, bell.stop)
    async with asyncio.TaskGroup() as group:
        parent = group.create_task(watch_parent(bell), name="simulator[parent]")
        await simulate(options, say, bell)
        parent.cancel()


def main() -> int:
    """Run; 0 good, 1 the work failed, 2 the estate folder is wrong."""
    options = _options()
    try:
        asyncio.run(_run(options))
    except ExceptionGroup as group:
        error = group.exceptions[0]
        if not isinstance(error, DeviceConfigsError | CollectorsError):
            raise
        say({"ready": False, "error": str(error)})
        return 2 if isinstance(error, DeviceConfigsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
