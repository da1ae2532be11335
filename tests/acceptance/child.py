"""The whole service in a child process, on a time that its parent moves.

Everything of `sitewatch run` is wired as there, but the collectors, whose samples the parent
appends at the intake, and the socket of the page, whose requests the parent makes in the process.
"""

import asyncio
import json
import os
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from collectors.sample import Lane, Sample
from device_configs.kinds import Kind, Speed
from sitewatch.data_folder import own
from sitewatch.estate_folder import load_folder
from sitewatch.service import open_halves, run_beside, stages
from sitewatch.settings import Settings
from sitewatch.watching import Watching
from tests.acceptance.told_time import Told, ToldLoop

NOT_RUN = ("collection",)
"""Stages that would reach for devices."""
_LONGEST = 2**24


@dataclass
class Orders:
    """Does what the parent says, one line of JSON after the other."""

    told: Told
    watching: Watching
    app: FastAPI
    control: socket.socket
    busy: int = 0

    async def run(self) -> None:
        """Until the parent says that it is to stop."""
        reader, writer = await asyncio.open_connection(sock=self.control, limit=_LONGEST)
        known: Mapping[str, Callable[[Any], Awaitable[object]]] = {
            "append": self._append, "request": self._request, "clock": self._clock,
        }  # fmt: skip
        self._say(writer, None)
        while line := await reader.readline():
            ((order, given),) = json.loads(line).items()
            if order == "stop":
                return
            if order == "until":
                await loop_of().rest_until(given)
                self._say(writer, None)
                continue
            self.busy += 1
            try:
                self._say(writer, await known[order](given))
            finally:
                self.busy -= 1

    def _say(self, writer: asyncio.StreamWriter, answer: object) -> None:
        writer.write(json.dumps(answer).encode() + b"\n")

    async def _append(self, given: list[dict[str, Any]]) -> int:
        """What devices said, at the intake; answered once it may be acknowledged to them."""
        now = self.told.clocks().wall_ms()
        samples = [sample for one in given for sample in self._samples(one, now)]
        return await self.watching.intake.append(samples)

    def _samples(self, said: Mapping[str, Any], now: int) -> list[Sample]:
        """One saying as its samples, one for each lane, as collectors make them."""
        root, slash, _ = str(said["device"]).partition("/")
        profile = self.watching.current.loaded.estate.devices[root].profile
        kind = profile.parts.kind if slash and profile.parts is not None else profile.kind
        found = []
        for lane in Lane:
            values = {
                point: value for point, value in said["values"].items()
                if (speed_of(kind, point) is Speed.SAFETY) == (lane is Lane.SAFETY)
            }  # fmt: skip
            reasons = {point: "no_answer" for point, value in values.items() if value is None}
            if values:
                found.append(Sample(said["device"], now, values, reasons, lane))
        return found

    async def _request(self, given: Mapping[str, Any]) -> object:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://page.example") as web:
            answer = await web.request(
                given["method"], given["path"], json=given.get("body"), headers=given["headers"]
            )
        return {
            "status": answer.status_code, "text": answer.text, "headers": dict(answer.headers),
        }  # fmt: skip

    async def _clock(self, by_ms: int) -> None:
        self.told.offset_ms += by_ms


def speed_of(kind: Kind, point: str) -> Speed:
    """The speed of a point of a kind."""
    spec = kind.point(point)
    assert spec is not None, f"a {kind.kind} has no point {point}"
    return spec.speed


def loop_of() -> ToldLoop:
    """The loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ToldLoop)
    return loop


async def _serve(
    told: Told, home: Path, settings: Settings, folder: Path, control: socket.socket
) -> None:
    with own(folder) as data:
        async with open_halves(
            load_folder(home), settings, data, say=lambda _: None, clocks=told.clocks()
        ) as (watching, serving):
            orders = Orders(told, watching, serving.app(), control)
            told.at_work = lambda: bool(orders.busy or watching.journal.appending)
            sender = watching.dispatcher
            told.outside = lambda: (
                (sender.sending, sender.health.sent, sender.health.failures)
                if sender.sending
                else None
            )
            running = {
                name: run for name, run in stages(watching, serving).items() if name not in NOT_RUN
            }
            await run_beside(orders.run, running)


def live(told: Told, home: Path, settings: Settings, folder: Path, control: socket.socket) -> None:
    """The life of a child process, until it is stopped or killed; does not return."""
    code = 1
    log = os.open(folder.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(log, number)
    try:
        loop = ToldLoop(told)
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_serve(told, home, settings, folder, control))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(code)
