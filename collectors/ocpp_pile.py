"""One pile: facts in, samples out, and what must be remembered of its connectors.

What a fact leads to counts only once its samples are on disk: `take` changes nothing, `keep` does.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import msgspec

from collectors.ocpp_connector import (
    ConnectorStanding,
    Said,
    begun,
    charging,
    ended,
    rebooted,
    socket_stated,
    stated,
)
from collectors.ocpp_facts import (
    Begun,
    Booted,
    Charging,
    Ended,
    Event,
    Fact,
    Measured,
    Message,
    Stated,
)
from collectors.ocpp_points import Points, Values, converted, mark_of, points_of
from collectors.ocpp_profile import Boot
from collectors.ocpp_standings import Standings
from collectors.ocpp_values import Sampling, Stamp
from collectors.sample import Sample
from device_configs.estate import Device
from records.charge_points import ChargePoints, ChargeTransaction
from records.engine import RecordsError

_LOG = logging.getLogger(__name__)
_AHEAD_MS = 60_000
_OLDEST_MS = 400 * 86_400_000
"""A pile's clock that is further off says nothing about the order of things. [ms]"""
_BOOK_S = 20.0
"""How long the database may take. [s]"""
_AGAIN = 0.4
"""A state is said again after this part of the pile's interval: its heartbeat comes each half."""
_LATE_MS = 60_000
"""A pile that tells of what is older has been away, and may have more of it. [P] [ms]"""
_NOWHERE = "its transaction is not known, nor on which connector it was"
_T = TypeVar("_T")


@dataclass
class Taken:
    """What a message came to; nothing of it counts before it is kept."""

    samples: list[Sample] = field(default_factory=list)
    standings: dict[int, ConnectorStanding] = field(default_factory=dict)
    number: int | None = None
    """Of the transaction that began."""
    remarks: list[str] = field(default_factory=list)
    said: set[int] = field(default_factory=set)
    """Connectors whose state is among the samples, as of now."""


class Pile:
    """What is known of one pile, over its connections."""

    def __init__(self, device: Device, book: ChargePoints, written: Standings) -> None:
        self.device = device
        self.lock = asyncio.Lock()
        """Held while a message is handled, by whichever connection it came."""
        self._book, self._written = book, written
        self._own, self._part = points_of(device, of_parts=False), points_of(device, of_parts=True)
        self._standings: dict[int, ConnectorStanding] = {}
        self._said: dict[int, int] = {}
        self._transactions: dict[int | str, ChargeTransaction] = {}
        self._loaded = False
        self._behind_ms: int | None = None
        """When the pile told last of what was long ago; None before its first message."""

    @cached_property
    def only_connector(self) -> int | None:
        """The connector of a pile that has no more than one."""
        return 1 if len(self.device.parts) <= 1 else None

    async def load(self) -> None:
        """Read what was written down, once.

        Raises:
            RecordsError: the database does not answer.
        """
        if self._loaded:
            return
        rows = await self._ask(lambda: self._book.standings(self.device.id))
        for connector, text in rows.items():
            try:
                self._standings[connector] = msgspec.json.decode(text, type=ConnectorStanding)
            except msgspec.MsgspecError:
                _LOG.warning("%s: connector %d is begun anew", self.device.id, connector)
        self._loaded = True

    async def take(self, message: Message, now_ms: int) -> Taken:
        """What a message leads to, with what the pile's silence would make old.

        Raises:
            RecordsError: the database does not answer.
        """
        taken = Taken(remarks=list(message.remarks))
        for fact in message.facts:
            await self._fact(fact, taken, now_ms)
        if any(_is_late(fact, now_ms) for fact in message.facts):
            self._behind_ms = now_ms
        self._say_again(taken, now_ms)
        taken.standings = {
            n: one for n, one in taken.standings.items() if one != self._standings.get(n)
        }
        return taken

    async def keep(self, taken: Taken, now_ms: int) -> None:
        """Let it count, for its samples are on disk.

        Raises:
            RecordsError: how its connectors stand is not, and the pile must say it again: without
                that two transactions of an offline time could be taken for one.
        """
        if taken.standings:
            rows = {n: msgspec.json.encode(one).decode() for n, one in taken.standings.items()}
            await self._written.keep(self.device.id, rows)
        self._standings |= taken.standings
        self._said |= dict.fromkeys(taken.said, now_ms)

    def gone(self, now_ms: int) -> list[Sample]:
        """That the connection is lost."""
        values, reasons = converted((point, False) for point in self._own.connection)
        return self._own.samples(self.device.id, now_ms, None, values, reasons)

    async def _fact(self, fact: Fact, taken: Taken, now_ms: int) -> None:
        if isinstance(fact, Booted):
            self._booted(fact, taken, now_ms)
        elif isinstance(fact, Stated):
            self._stated(fact, taken, now_ms)
        elif isinstance(fact, Event):
            values = self._points(fact.connector).of_event(fact)
            mark = fact.at.ms and f"{fact.at.text[:40]}:{fact.variable[:80]}:{fact.active}"
            self._add(taken, fact.connector, fact.at, now_ms, values, {}, mark or None)
        elif isinstance(fact, Begun):
            await self._begun(fact, taken, now_ms)
        elif isinstance(fact, Charging):
            await self._charging(fact, taken, now_ms)
        elif isinstance(fact, Measured):
            await self._measured(fact, taken, now_ms)
        else:
            await self._ended(fact, taken, now_ms)

    def _booted(self, fact: Booted, taken: Taken, now_ms: int) -> None:
        told = ((Boot.MODEL, fact.model), (Boot.FIRMWARE, fact.firmware))
        values, reasons = converted(
            (point, text)
            for boot, text in told
            if text is not None
            for point in self._own.boot[boot]
        )
        taken.samples += self._own.samples(self.device.id, now_ms, None, values, reasons)
        for connector in self._standings:
            standing = self._standing(taken, connector)
            taken.standings[connector] = rebooted(standing, now_ms)

    def _stated(self, fact: Stated, taken: Taken, now_ms: int) -> None:
        at, word = _moment(fact.at, now_ms), fact.word
        standing = self._standing(taken, fact.connector)
        if fact.socket is None:
            standing = stated(standing, at, word, fact.error, fact.vendor_error)
        else:
            standing, word = socket_stated(standing, at, fact.socket, word)
        taken.standings[fact.connector] = standing
        points = self._points(fact.connector)
        values, reasons = points.of_status(word)
        values |= points.of_errors(fact)
        mark = mark_of(at, values) if fact.at.ms is not None else None
        self._add(taken, fact.connector, fact.at, now_ms, values, reasons, mark)
        if standing.words[-1].at == at:
            taken.said.add(fact.connector)

    async def _begun(self, fact: Begun, taken: Taken, now_ms: int) -> None:
        at = _moment(fact.at, now_ms)
        found = self._transactions.get(fact.name)
        if found is None or (found.begin_wh is None and fact.begin_wh is not None):
            found = await self._ask(lambda: self._begin(fact, at))
        self._remember(found, fact.name)
        taken.number = found.number
        said: Sequence[Said] = ()
        if fact.word is not None:
            standing, said = begun(self._standing(taken, fact.connector), at, fact.word)
            taken.standings[fact.connector] = standing
        self._add_said(taken, fact.connector, said[:-1], fact.at, now_ms)
        values: Values = {}
        reasons: dict[str, str] = {}
        if fact.counts and fact.begin_wh is not None:
            values, reasons = self._part.of_counter(fact.begin_wh)
        if fact.word is not None and fact.begin_wh is not None:
            values |= self._part.of_session(0.0)[0]
        mark = f"begin:{found.number}"
        # The counter first: what was counted until now was not in this transaction.
        self._add(taken, fact.connector, fact.at, now_ms, values, reasons, mark)
        self._add_said(taken, fact.connector, said[-1:], fact.at, now_ms)

    def _begin(self, fact: Begun, at: int) -> ChargeTransaction:
        return self._book.begin(self.device.id, fact.name, fact.connector, fact.begin_wh, at)

    async def _charging(self, fact: Charging, taken: Taken, now_ms: int) -> None:
        connector = await self._where(fact.connector, None, fact.name)
        if connector is None:
            taken.remarks.append(_NOWHERE)
            return
        standing, said = charging(
            self._standing(taken, connector), _moment(fact.at, now_ms), fact.word
        )
        taken.standings[connector] = standing
        self._add_said(taken, connector, said, fact.at, now_ms)

    async def _where(self, told: int | None, number: int | None, name: str | None) -> int | None:
        """On which connector a thing was: as told, as its transaction was, or on the only one."""
        if told is not None:
            return told
        found = await self._transaction(number, name)
        return self.only_connector if found is None else found.connector

    async def _measured(self, fact: Measured, taken: Taken, now_ms: int) -> None:
        found = await self._transaction(fact.number, fact.name)
        connector = await self._where(fact.connector, fact.number, fact.name)
        if connector is None:
            if fact.samplings:
                taken.remarks.append(_NOWHERE)
            return
        begin = None if found is None or connector != found.connector else found.begin_wh
        for sampling in fact.samplings:
            self._sampling(sampling, connector, begin, taken, now_ms)

    def _sampling(
        self, sampling: Sampling, connector: int, begin: float | None, taken: Taken, now_ms: int
    ) -> None:
        points = self._points(connector)
        values, reasons = points.of_sampling(sampling)
        mark = None
        if sampling.at.ms is not None:
            mark = mark_of(sampling.at.ms, values)
        counter = sampling.counter() if begin is not None else None
        if counter is not None and begin is not None and counter >= begin:
            session, _ = points.of_session(counter - begin)
            values |= session
        self._add(taken, connector, sampling.at, now_ms, values, reasons, mark)

    async def _ended(self, fact: Ended, taken: Taken, now_ms: int) -> None:
        found = await self._transaction(fact.number, fact.name)
        connector = fact.connector if found is None else found.connector
        if connector is None:
            connector = self.only_connector
        if connector is None:
            taken.remarks.append(_NOWHERE)
            return
        at = _moment(fact.at, now_ms)
        standing, said = ended(self._standing(taken, connector), at, fact.word)
        taken.standings[connector] = standing
        if fact.end_wh is not None:
            values, reasons = self._part.of_counter(fact.end_wh)
            if found is not None and found.begin_wh is not None and fact.end_wh >= found.begin_wh:
                values |= self._part.of_session(fact.end_wh - found.begin_wh)[0]
            self._add(taken, connector, fact.at, now_ms, values, reasons, mark_of(at, values))
        self._add_said(taken, connector, said, fact.at, now_ms)

    def _say_again(self, taken: Taken, now_ms: int) -> None:
        """A pile tells a state once; it holds while the pile is heard, and must not grow old.

        Not so while the pile may still have to tell what happened while it was away.
        """
        again_ms = round(self.device.interval_s * 1000 * _AGAIN)
        due = now_ms - again_ms
        if self._said.get(-1, 0) <= due:
            values, reasons = converted((point, True) for point in self._own.connection)
            taken.samples += self._own.samples(self.device.id, now_ms, None, values, reasons)
            taken.said.add(-1)
        if self._behind_ms is None:
            self._behind_ms = now_ms
        if now_ms - self._behind_ms < min(again_ms, _LATE_MS):
            return
        for connector in {*self._standings, *taken.standings}:
            if connector in taken.said or self._said.get(connector, 0) > due:
                continue
            standing = self._standing(taken, connector)
            if standing.word is None:
                continue
            points = self._points(connector)
            values, reasons = points.of_status(standing.word)
            seen = Stated(
                connector, standing.word, Stamp(None, ""), standing.error, standing.vendor_error
            )
            values |= points.of_errors(seen)
            self._add(taken, connector, Stamp(None, ""), now_ms, values, reasons, None)
            taken.said.add(connector)

    def connected(self) -> None:
        """A new connection: it is said with the first message, and may bring what is late."""
        self._said.pop(-1, None)
        self._behind_ms = None

    def _add_said(
        self, taken: Taken, connector: int, said: Sequence[Said], stamp: Stamp, now_ms: int
    ) -> None:
        for at, word in said:
            values, reasons = self._points(connector).of_status(word)
            mark = mark_of(at, values) if stamp.ms is not None else None
            moment = Stamp(None if stamp.ms is None else at, stamp.text)
            self._add(taken, connector, moment, now_ms, values, reasons, mark)
            if self._standing(taken, connector).words[-1].at == at:
                taken.said.add(connector)

    def _add(
        self, taken: Taken, connector: int, stamp: Stamp, now_ms: int, values: Values,
        reasons: dict[str, str], mark: str | None,
    ) -> None:  # fmt: skip
        taken.samples += self._points(connector).samples(
            self.name_of(connector), now_ms, stamp.ms, values, reasons, mark
        )

    def name_of(self, connector: int) -> str:
        """The pile, or `pile/part` of a connector."""
        parts = self.device.profile.parts
        if connector == 0 or parts is None:
            return self.device.id
        return f"{self.device.id}/{parts.id_format.format(n=connector)}"

    def _points(self, connector: int) -> Points:
        return self._part if connector else self._own

    def _standing(self, taken: Taken, connector: int) -> ConnectorStanding:
        known = taken.standings.get(connector) or self._standings.get(connector)
        return known or ConnectorStanding()

    async def _transaction(self, number: int | None, name: str | None) -> ChargeTransaction | None:
        key = number if name is None else name
        if key is None:
            return None
        found = self._transactions.get(key)
        if found is None:
            device = self.device.id
            if isinstance(key, str):
                found = await self._ask(lambda: self._book.named(device, key))
            else:
                found = await self._ask(lambda: self._book.numbered(device, key))
            if found is not None:
                self._remember(found, name)
        return found

    def _remember(self, found: ChargeTransaction, name: str | None) -> None:
        if len(self._transactions) > 64:
            self._transactions.clear()
        self._transactions[found.number] = found
        if name is not None:
            self._transactions[name] = found

    async def _ask(self, work: Callable[[], _T]) -> _T:
        try:
            async with asyncio.timeout(_BOOK_S):
                return await asyncio.to_thread(work)
        except TimeoutError as error:
            raise RecordsError("the database does not answer in time") from error


def _is_late(fact: Fact, now_ms: int) -> bool:
    """Whether a fact is of a while ago."""
    if isinstance(fact, Booted):
        return False
    stamps = [one.at for one in fact.samplings] if isinstance(fact, Measured) else [fact.at]
    return any(stamp.ms is not None and stamp.ms < now_ms - _LATE_MS for stamp in stamps)


def _moment(stamp: Stamp, now_ms: int) -> int:
    """When a thing was [ms, UTC], as far as the pile's clock can be believed; else now."""
    if stamp.ms is not None and now_ms - _OLDEST_MS <= stamp.ms <= now_ms + _AHEAD_MS:
        return stamp.ms
    return now_ms
