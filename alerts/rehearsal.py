"""Rules against history: what would have been raised, by the evaluator that judges live.

Everything is in memory; nothing of the service is touched and nobody is told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from types import TracebackType

import sqlalchemy as sa

from alerts.activity import Activity, activities
from alerts.condition import ByService, Together
from alerts.deviation import Deviation, Expected
from alerts.deviations import Finding
from alerts.evaluator import Evaluator
from alerts.ledger import Ledger, Stretch
from alerts.routes import Routes
from alerts.rules import RuleSet
from collectors.sample import Sample
from device_configs.estate import Estate
from ingest.bus import Cursor
from records.engine import make_engine, metadata, reading

_TICK_MS = 1000
_MANY_FACTS = 5000
_FOREVER = 1 << 62
_LOOK_MS = 1_800_000
"""Spans end on the hour and are settled half an hour later. [ms]"""
Span = tuple[int, int]
"""[ms, UTC]"""
Look = Callable[[int], Sequence[Finding]]
"""What is found of expectations at a moment [ms, UTC]."""


@dataclass(frozen=True)
class Stage:
    """What is rehearsed."""

    estate: Estate
    rules: RuleSet
    names: frozenset[str]
    """The rules whose alarms are looked at."""
    kinds: frozenset[str]
    """The kinds that they judge."""
    whole: bool = True
    """Whether all sites are looked at, and sitewatch itself and strangers with them."""

    def has(self, device: str) -> bool:
        """Whether a device or part is looked at."""
        return self.whole or device.partition("/")[0] in self.estate.devices


def make_stage(estate: Estate, rules: RuleSet, rule: str | None, site: str | None) -> Stage:
    """Choose what is rehearsed: one rule, or all; a site with all below it, or everywhere."""
    names = frozenset(rules.rules) if rule is None else frozenset({rule})
    needed = set(names)
    for name in names:
        found = rules.find(name)
        if found is not None and isinstance(found.condition, Together):
            needed |= set(found.condition.rules)
    tried = names - untold(rules)
    layers = {name: rules.rules[name] for name in rules.rules if name in needed}
    chosen = RuleSet(rules.classes, layers, {name: rules.kinds[name] for name in layers})
    if site is not None:
        devices = {one.id: one for one in estate.devices_in(site)}
        estate = replace(estate, devices=devices)
    kinds = frozenset(kind for one in chosen.every() for kind in one.kinds)
    return Stage(estate, chosen, tried, kinds, site is None)


def untold(rules: RuleSet) -> frozenset[str]:
    """The rules that history does not judge: the light is not in it, nor what sitewatch raises."""
    return frozenset(
        one.id
        for one in rules.every()
        if isinstance(one.condition, ByService)
        or (isinstance(one.condition, Deviation) and one.condition.of is Expected.IRRADIANCE)
    )


def gaps(runs: Iterable[Span]) -> list[Span]:
    """The times beside runs of the service: what was imported is there, silence says nothing."""
    found: list[Span] = []
    end = 0
    for started, alive in sorted(runs):
        if started > end:
            found.append((end, started))
        end = max(end, alive)
    return [*found, (end, _FOREVER)] if end else []


class Rehearsal:
    """Judges samples in the order they arrived, on their clock."""

    def __init__(
        self, stage: Stage, start: int, blind: Sequence[Span] = (), look: Look | None = None
    ) -> None:
        """`blind` are times in which the service did not run; silence then is no silence."""
        self._look = look
        self._look_at = start
        self._stage = stage
        self._start = self._clock = start
        self._blind = [span for span in sorted(blind) if span[1] > start]
        self._engine = make_engine("sqlite://")
        metadata.create_all(self._engine)
        self._ledger = Ledger(self._engine)
        self._evaluator = Evaluator(stage.estate, stage.rules, start)
        self.samples = 0

    def __enter__(self) -> "Rehearsal":
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget everything."""
        self._engine.dispose()

    def feed(self, samples: Iterable[Sample]) -> None:
        """Judge samples; what arrived before the start is passed over."""
        for sample in samples:
            if sample.received_at < self._start:
                continue
            self.until(sample.received_at)
            self._evaluator.samples((sample,))
            self.samples += 1
            if self._evaluator.loud() or len(self._evaluator.facts) > _MANY_FACTS:
                self._commit()

    def until(self, moment: int) -> None:
        """Let time pass up to a moment [ms, UTC]."""
        while self._clock + _TICK_MS <= moment:
            self._clock += _TICK_MS
            while self._blind and self._blind[0][1] <= self._clock:
                self._blind.pop(0)
                self._restart()
            self._pass(silence=not self._blind or self._clock < self._blind[0][0])

    def _pass(self, *, silence: bool) -> None:
        if self._look is not None and self._clock >= self._look_at:
            self._evaluator.findings(self._look(self._clock), self._clock)
            self._look_at = self._clock - self._clock % _LOOK_MS + _LOOK_MS
        self._evaluator.tick(self._clock, self._clock, silence=silence)
        if self._evaluator.loud():
            self._commit()

    def _restart(self) -> None:
        """Begin again, as the service did then."""
        self._commit()
        self._evaluator = Evaluator(self._stage.estate, self._stage.rules, self._clock)
        self._evaluator.restore(self._ledger.restore())

    def _commit(self) -> None:
        changes, facts = self._evaluator.pending()
        stretch = Stretch(changes, facts, Cursor())
        committed = self._ledger.commit(stretch, Routes(), self._clock)
        self._evaluator.settle(committed.states)

    def found(self, start: int, until: int) -> list[Activity]:
        """What would have been active in `start <= t < until` [ms, UTC]."""
        self.until(until)
        self._commit()
        with reading(self._engine) as connection:
            found = activities(connection, start, until)
        return [one for one in found if one.key.rule in self._stage.names]


def rehearse(
    stage: Stage,
    samples: Iterator[Sequence[Sample]],
    span: Span,
    warm_up: int,
    blind: Sequence[Span],
    report: Callable[[int], None],
    look: Look | None = None,
) -> tuple[list[Activity], int]:
    """What would have been active in a span, and how many samples were judged.

    Args:
        stage: what is rehearsed.
        samples: history in the order of arrival, from before the span on.
        span: start and end. [ms, UTC]
        warm_up: how long before the span judging begins, so that what was then is known. [ms]
        blind: times in which the service did not run.
        report: is told how many samples are judged.
        look: tells what was counted against what was expected, at a moment.
    """
    with Rehearsal(stage, span[0] - warm_up, blind, look) as rehearsal:
        for portion in samples:
            rehearsal.feed(portion)
            report(rehearsal.samples)
        return rehearsal.found(*span), rehearsal.samples


def real(engine: sa.Engine, stage: Stage, span: Span) -> list[Activity]:
    """What really was active in a span, of the rules and devices that are rehearsed."""
    with closing(engine.connect()) as connection:
        found = activities(connection, *span)
    return [one for one in found if one.key.rule in stage.names and stage.has(one.key.device)]
