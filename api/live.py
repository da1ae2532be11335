"""The live stream: changes go out four times a second, alarms at once, each encoded once a scope.

Used in the event loop only.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio.to_thread
import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts.alarm import Alarm
from alerts.feed import AlarmChange
from api.alarm_items import encode_alarm
from api.errors import Refusal
from api.estate_index import EstateIndex, Indexes
from api.house import House
from api.items import encode_by_place, encode_items, moment, read_latest
from api.live_channel import Channel, encode_event
from device_configs.estate import Estate

BATCH_S = 0.25
"""Values of one point go out at most this often: every page has them within half a second. [s]"""
HEARTBEAT_S = 15.0
"""A stream that is silent for longer than this is lost. [s]"""
KEEP_MS = 120_000
"""How long the events of a scope are kept after its last reader left. [ms]"""
MAX_READERS = 1000
"""Most streams that are open at once."""
MAX_READERS_OF_CALLER = 30
"""Most streams of one session or token."""
_encode = msgspec.json.encode


@dataclass(frozen=True)
class LiveTimes:
    """How often things happen; tests have less time than people."""

    batch_s: float = BATCH_S
    heartbeat_s: float = HEARTBEAT_S


class LiveMetrics:
    """What is counted of the streams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.readers = Gauge("sitewatch_live_readers", "Open live streams.", registry=registry)
        self.skipped = Counter(
            "sitewatch_live_events_skipped",
            "Events that slow readers missed before a new snapshot.",
            registry=registry,
        )
        self.lost = Counter(
            "sitewatch_live_changes_lost",
            "Changes of values lost before the stream; every reader got a new snapshot.",
            registry=registry,
        )


class Reader:
    """One open stream: its channel, and its place in it."""

    def __init__(self, channel: Channel, caller: str, place: int | None) -> None:
        self.channel = channel
        self.caller = caller
        """Whose it is: the session's key, or the token's name."""
        self.place = place
        """Number of the last event it has; None until it has a snapshot."""
        self.ended = False

    def end(self) -> None:
        """End it; the browser comes back by itself, if it may."""
        self.ended = True
        self.channel.wake()


class Live:
    """All open streams, and the task that feeds them."""

    def __init__(self, house: House, indexes: Indexes, times: LiveTimes | None = None) -> None:
        self._house = house
        self._indexes = indexes
        self._times = times or LiveTimes()
        self._epoch = secrets.token_hex(4)
        self._made = 0
        self._channels: dict[frozenset[str], Channel] = {}
        self._readers: set[Reader] = set()
        self._snapshots: dict[str, tuple[int, bytes]] = {}
        self._estate: Estate | None = None
        self._metrics = LiveMetrics(house.registry)

    @property
    def times(self) -> LiveTimes:
        """How often things happen."""
        return self._times

    def open(self, sites: frozenset[str], caller: str, last_event_id: str | None) -> Reader:
        """Open a stream on some sites.

        Raises:
            Refusal: `too_many` streams are open.
        """
        own = sum(reader.caller == caller for reader in self._readers)
        if len(self._readers) >= MAX_READERS or own >= MAX_READERS_OF_CALLER:
            raise Refusal("too_many", headers={"Retry-After": "30"})
        channel = self._channels.get(sites)
        if channel is None:
            self._made += 1
            channel = self._channels[sites] = Channel(f"{self._epoch}-{self._made}", sites)
        reader = Reader(channel, caller, channel.place_of(last_event_id or ""))
        channel.readers += 1
        self._readers.add(reader)
        self._metrics.readers.set(len(self._readers))
        return reader

    def close(self, reader: Reader) -> None:
        """Forget a stream that has ended."""
        if reader in self._readers:
            self._readers.discard(reader)
            reader.channel.readers -= 1
            reader.channel.empty_since = self._house.now_ms()
            self._metrics.readers.set(len(self._readers))

    def end_caller(self, caller: str) -> None:
        """End the streams of a session or token that has ended."""
        for reader in self._readers:
            if reader.caller == caller:
                reader.end()

    def end_all(self) -> None:
        """End every stream: the service stops, or the estate was replaced."""
        for reader in self._readers:
            reader.end()

    async def events(self, reader: Reader) -> AsyncIterator[bytes]:
        """What one reader gets, until it is ended or nothing comes for two heartbeats."""
        while not reader.ended:
            channel = reader.channel
            waiting = None if reader.place is None else channel.after(reader.place)
            if waiting is None:
                if reader.place is not None:
                    self._metrics.skipped.inc(channel.last - reader.place)
                # The place before the reading: what changes meanwhile is then sent once more.
                reader.place = channel.last
                yield await self._snapshot(channel)
            for number, encoded in waiting or ():
                yield encoded
                reader.place = number
            if not await channel.wait(reader.place or 0, 2 * self._times.heartbeat_s):
                return

    async def _snapshot(self, channel: Channel) -> bytes:
        """All values and open alarms of a channel; shared until the channel has a new event."""
        number = channel.last
        kept = self._snapshots.get(channel.name)
        if kept is not None and kept[0] == number:
            return kept[1]
        house, index = self._house, self._indexes.of(self._house.estate())
        values = await read_latest(house.latest, index, channel.sites, house.now_ms())
        items = await anyio.to_thread.run_sync(encode_items, values, index)
        alarms = await anyio.to_thread.run_sync(self._open_alarms, channel.sites)
        data = b'{"items":%b,"alarms":%b}' % (items, alarms)
        snapshot = encode_event("snapshot", channel.event_id(number), data)
        if channel.last == number:
            self._snapshots[channel.name] = (number, snapshot)
        return snapshot

    def _open_alarms(self, sites: frozenset[str]) -> bytes:
        alarms = self._house.alarms.open_alarms()
        shown = (encode_alarm(alarm) for alarm in alarms if self._is_at(alarm, sites))
        return b"[%b]" % b",".join(shown)

    def _is_at(self, alarm: Alarm, sites: frozenset[str]) -> bool:
        # The alarm of a place that is gone from the estate is still one for those who see all.
        estate = self._house.estate()
        return (alarm.place if alarm.place in estate.sites else estate.id) in sites

    async def run(self) -> None:
        """Feed the streams until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed_values(), name="live[values]")
            tasks.create_task(self._feed_alarms(), name="live[alarms]")
            tasks.create_task(self._beat(), name="live[heartbeat]")

    async def _feed_values(self) -> None:
        lost = 0
        with self._house.latest.subscribe() as changes:
            while True:
                values = await changes.next(timeout=self._times.heartbeat_s)
                index = self._current()
                if changes.dropped > lost:
                    lost = self._interrupt(changes.dropped, lost)
                elif values and self._channels:
                    self._publish_values(encode_by_place(values, index))
                await asyncio.sleep(self._times.batch_s)

    def _current(self) -> EstateIndex:
        """The index of now; a new estate may show others other sites, so all begin anew."""
        estate = self._house.estate()
        if self._estate is not None and estate is not self._estate:
            self._channels.clear()
            self._snapshots.clear()
            self.end_all()
        self._estate = estate
        return self._indexes.of(estate)

    def _publish_values(self, by_place: dict[str, list[bytes]]) -> None:
        for channel in self._channels.values():
            items = [item for site in by_place.keys() & channel.sites for item in by_place[site]]
            if items:
                channel.publish("values", b'{"items":[%b]}' % b",".join(items))

    async def _feed_alarms(self) -> None:
        lost = 0
        with self._house.alarm_feed.subscribe() as changes:
            while True:
                change = await changes.get(self._times.heartbeat_s)
                if changes.dropped > lost:
                    lost = self._interrupt(changes.dropped, lost)
                if change is not None:
                    self._publish_alarm(change)

    def _interrupt(self, dropped: int, lost: int) -> int:
        self._metrics.lost.inc(dropped - lost)
        for channel in self._channels.values():
            channel.interrupt()
        return dropped

    def _publish_alarm(self, change: AlarmChange) -> None:
        alarm = encode_alarm(change.alarm)
        data = b'{"transition":%b,%b' % (_encode(change.transition.value), alarm[1:])
        for channel in self._channels.values():
            if self._is_at(change.alarm, channel.sites):
                channel.publish("alarm", data)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._times.heartbeat_s)
            now = self._house.now_ms()
            data = _encode({"at": moment(now)})
            for sites, channel in list(self._channels.items()):
                if channel.readers == 0 and now - channel.empty_since > KEEP_MS:
                    del self._channels[sites]
                    self._snapshots.pop(channel.name, None)
                    continue
                channel.publish("heartbeat", data)
