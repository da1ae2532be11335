"""Tells systemd that the service is up, and that it goes on; it is killed and started when not.

The protocol is sd_notify(3): datagrams of `KEY=VALUE` lines to the socket that the environment
names. Without the variables, as on a terminal, nothing is sent.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from sitewatch.heartbeats import Heartbeats

_LOG = structlog.get_logger(__name__)
_SHARE = 3
"""Signs of life within the time after which systemd acts; sd_watchdog_enabled(3) asks for two."""
_IDLE_S = 30.0


@dataclass(frozen=True)
class Watchdog:
    """Feeds systemd's watchdog only while every stage that alarms need goes on."""

    heartbeats: Heartbeats
    environment: Mapping[str, str]

    @classmethod
    def of_process(cls, heartbeats: Heartbeats) -> "Watchdog":
        """The watchdog of this process."""
        return cls(heartbeats, os.environ)

    @property
    def every_s(self) -> float:
        """Between two signs of life [s]."""
        given = self.environment.get("WATCHDOG_USEC", "")
        mine = self.environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return int(given) / 1e6 / _SHARE if given.isdecimal() and int(given) and mine else _IDLE_S

    async def run(self) -> None:
        """Say that the service is up, and feed the watchdog until cancelled."""
        self._say("READY=1")
        stalled: Mapping[str, float] = {}
        while True:
            before, stalled = stalled, self.heartbeats.stalled(safety_only=True)
            if not stalled:
                self._say("WATCHDOG=1\nSTATUS=all stages go on")
            elif stalled.keys() != before.keys():
                names = ", ".join(stalled)
                _LOG.critical("a stage has stopped; the watchdog is not fed", stages=names)
                self._say(f"STATUS=stopped: {names}")
            await asyncio.sleep(self.every_s)

    def _say(self, text: str) -> None:
        address = self.environment.get("NOTIFY_SOCKET")
        if not address:
            return
        # An abstract address begins with a zero byte, which an environment cannot hold.
        name = "\0" + address[1:] if address.startswith("@") else address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(text.encode(), name)
        except OSError as error:
            _LOG.warning("systemd cannot be told", error=str(error))
