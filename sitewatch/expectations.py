"""Holds what was counted against what was to be expected, and tells the judge.

A stage of its own beside the samples: it looks at intervals, which are there some time after the
fact. What it finds is kept with its figures (`deviation_spans`), so that anyone can look it up.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from alerts.deviation import Deviation, Expected
from alerts.deviations import Book, Finding, Judged, SqlBook, beyond, finding
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.spans import DaySpan, before, newest_span, span_on
from alerts.watch import Key, Watches
from analysis.baseline import baseline
from analysis.expectation import Expectation
from analysis.peers import expected_of_peers
from analysis.pv import expected_of_light
from device_configs.estate import Device, Estate
from device_configs.holidays import Holidays
from ingest.interval_tables import Series
from ingest.stores.store import StoreError, TimeSeriesStore
from records.engine import reading
from sitewatch.counted import amounts, light

_LOG = structlog.get_logger(__name__)
_LOOK_S = 60.0
_LOOK_BACK_DAYS = 60
"""How far back a baseline learns: a season is not the one before. [P] [d]"""
_AGAIN_MS = 1_800_000
"""Between two attempts at a span of which something was not known. [ms]"""
_DARK = 0.1
"""Share of its rating below which an inverter is not compared with others. [P]"""


@dataclass(frozen=True)
class Scene:
    """The estate and its rules, as the expectations need them."""

    estate: Estate
    rules: RuleSet
    holidays: Holidays


@dataclass(frozen=True)
class _Case:
    """One version of a rule, with the counters that it judges."""

    rule: Rule
    condition: Deviation
    series: tuple[Series, ...]

    def key(self, series: Series) -> Key:
        return Key(self.rule.id, series.device, series.point)


def _cases(scene: Scene, day: dt.date) -> Iterator[_Case]:
    watches = Watches(scene.estate, scene.rules, day)
    found: dict[int, tuple[Rule, Deviation, list[Series]]] = {}
    for device in scene.estate.devices.values():
        for name in (device.id, *(f"{device.id}/{part}" for part in device.parts)):
            for rule, condition in watches.of(name).plan.deviations:
                case = found.setdefault(id(rule), (rule, condition, []))
                case[2].append(Series(name, rule.point))
    for rule, condition, series in found.values():
        yield _Case(rule, condition, tuple(series))


class Expectations:
    """Judges each span of each counter once, when it is settled."""

    def __init__(
        self,
        engine: sa.Engine,
        store: TimeSeriesStore | None,
        scene: Callable[[], Scene],
        tell: Callable[[Sequence[Finding]], None],
        now_ms: Callable[[], int],
        book: Book | None = None,
    ) -> None:
        """Without a store nothing is said of the light; `book` is the database's if not given."""
        self._engine = engine
        self._book: Book = SqlBook(engine) if book is None else book
        self._store = store
        self._scene = scene
        self._tell = tell
        self._now_ms = now_ms
        self._told: set[Key] = set()
        self._again_at: dict[Rule, int] = {}
        self._incomplete: set[Key] = set()
        """Counters of whose newest span something was not known."""
        self._made_for: tuple[Estate, RuleSet, dt.date] | None = None
        self._cases: Sequence[_Case] = ()
        self.reason: str | None = None
        """Why nothing is judged; None while all is well."""

    async def run(self) -> None:
        """Look once a minute until cancelled; what fails is tried again."""
        while True:
            try:
                found = await asyncio.to_thread(self.look, self._now_ms())
            except (sa.exc.SQLAlchemyError, StoreError) as error:
                self.reason = f"expectations cannot be judged: {error}"
                _LOG.warning("expectations cannot be judged", error=str(error))
            else:
                self.reason = None
                if found:
                    self._tell(found)
            await asyncio.sleep(_LOOK_S)

    def look(self, now_ms: int) -> list[Finding]:
        """Judge what is settled and not judged yet; after a start, tell again what was found.

        Raises:
            StoreError: the store cannot be read; nothing was written of the rule in question.
        """
        scene = self._scene()
        day = dt.datetime.fromtimestamp(now_ms / 1000, scene.estate.timezone).date()
        found: list[Finding] = []
        for case in self._cases_of(scene, day):
            found += self._look_at(scene, case, now_ms)
        self._book.forget(now_ms)
        return found

    def _cases_of(self, scene: Scene, day: dt.date) -> Sequence[_Case]:
        """The cases of a revision and day: to find them, every device must be looked at."""
        made = self._made_for
        known = made is not None and made[0] is scene.estate and made[1] is scene.rules
        if not known or made is None or made[2] != day:
            self._made_for = (scene.estate, scene.rules, day)
            self._cases = tuple(_cases(scene, day))
        return self._cases

    def _look_at(self, scene: Scene, case: _Case, now_ms: int) -> list[Finding]:
        span = newest_span(case.condition, now_ms, scene.estate.timezone)
        earlier = _earlier(case.condition, span, scene.estate)
        known = self._book.kept(case.rule.id, earlier[-1] if earlier else span.start)
        again = now_ms >= self._again_at.get(case.rule, 0)
        new = [
            one for one in case.series
            if self._is_due(case.key(one), known.get(case.key(one), {}), span, again)
        ]  # fmt: skip
        judged: list[Judged] = []
        if new:
            with reading(self._engine) as connection:
                judged = self._judge(connection, scene, case, span, new)
            self._book.keep(judged)
            self._incomplete -= {case.key(one) for one in new}
            self._incomplete |= {one.key for one in judged if one.amount is None}
            self._again_at[case.rule] = now_ms + _AGAIN_MS
        for one in case.series:
            said = known.get(case.key(one), {})
            if one not in new and span.start in said and case.key(one) not in self._told:
                was = said[span.start]
                judged.append(Judged(case.key(one), span.start, span.end, None, None, was))
        self._told.update(case.key(one) for one in case.series)
        return [
            finding(case.condition, one, [known.get(one.key, {}).get(at) for at in earlier])
            for one in judged
        ]

    def _is_due(
        self, key: Key, said: Mapping[int, bool | None], span: DaySpan, again: bool
    ) -> bool:
        """Whether a span is to be judged: for the first time, or as its amount was not known."""
        if span.start not in said:
            return True
        perhaps = key in self._incomplete or key not in self._told
        return again and said[span.start] is None and perhaps

    def _judge(
        self,
        connection: sa.Connection,
        scene: Scene,
        case: _Case,
        span: DaySpan,
        series: Sequence[Series],
    ) -> list[Judged]:
        expected_by = {
            Expected.BASELINE: self._by_baseline,
            Expected.PEERS: self._by_peers,
            Expected.IRRADIANCE: self._by_light,
        }[case.condition.of]
        counted = amounts(connection, scene.estate, series, [span])[0]
        expected = expected_by(connection, scene, case, span, series)
        return [
            Judged(
                case.key(one), span.start, span.end, counted[one], expected.get(one),
                beyond(case.condition, counted[one], expected.get(one)),
            )
            for one in series
        ]  # fmt: skip

    def _by_baseline(
        self,
        connection: sa.Connection,
        scene: Scene,
        case: _Case,
        span: DaySpan,
        series: Sequence[Series],
    ) -> dict[Series, Expectation | None]:
        days = [_days_before(case.condition, span, n, scene.estate) for n in _back()]
        past = amounts(connection, scene.estate, series, days)
        known = self._book.kept(case.rule.id, days[-1].start)
        found: dict[Series, Expectation | None] = {}
        for one in series:
            odd = {start for start, said in known.get(case.key(one), {}).items() if said}
            usual = [
                (day.day, None if day.start in odd else counted[one])
                for day, counted in zip(days, past, strict=True)
            ]
            found[one] = baseline(
                usual, span.day, scene.holidays.is_rest, case.condition.learn_days
            )
        return found

    def _by_peers(
        self,
        connection: sa.Connection,
        scene: Scene,
        case: _Case,
        span: DaySpan,
        series: Sequence[Series],
    ) -> dict[Series, Expectation | None]:
        found: dict[Series, Expectation | None] = {}
        counted: dict[str, Mapping[Series, float | None]] = {}
        for one in series:
            device = scene.estate.devices[one.device.partition("/")[0]]
            community = _community(scene.estate, device)
            others = [o for o in _of_kind(scene.estate, device.profile.kind.kind, community)]
            ratings = {o.id: r for o in others if (r := _rating(o, span.day)) is not None}
            if community not in counted:
                peers = [Series(o.id, one.point) for o in others]
                counted[community] = amounts(connection, scene.estate, peers, [span])[0]
            given = {s.device: amount for s, amount in counted[community].items()}
            expected = expected_of_peers(given, ratings, one.device)
            least = _DARK * ratings.get(one.device, 0.0) * span.hours
            dark = expected is None or expected.amount < least
            found[one] = None if dark else expected
        return found

    def _by_light(
        self,
        _connection: sa.Connection,
        scene: Scene,
        case: _Case,
        span: DaySpan,
        series: Sequence[Series],
    ) -> dict[Series, Expectation | None]:
        found: dict[Series, Expectation | None] = {}
        measured: dict[str, tuple[float, float | None] | None] = {}
        for one in series:
            device = scene.estate.devices[one.device.partition("/")[0]]
            community = _community(scene.estate, device)
            if community not in measured:
                stations = _of_kind(scene.estate, "weather_station", community)
                measured[community] = light(self._store, stations, span) if self._store else None
            there, rating = measured[community], _rating(device, span.day)
            if there is None or rating is None or there[0] < case.condition.light:
                found[one] = None
            else:
                found[one] = expected_of_light(there[0], rating, span.hours, there[1])
        return found


def _back() -> range:
    return range(1, _LOOK_BACK_DAYS + 1)


def _days_before(condition: Deviation, span: DaySpan, days: int, estate: Estate) -> DaySpan:
    """The same hours, some days before."""
    day = span.day - dt.timedelta(days=days)
    if condition.hours is not None:
        return span_on(condition, day, estate.timezone)
    hour = dt.datetime.fromtimestamp(span.start / 1000, estate.timezone).hour
    whole = condition.model_copy(update={"hours": (hour, hour + 1)})
    return span_on(whole, day, estate.timezone)


def _earlier(condition: Deviation, span: DaySpan, estate: Estate) -> list[int]:
    """The beginnings of the spans before, the latest first [ms, UTC]."""
    starts = []
    for _ in range(condition.spans - 1):
        span = before(condition, span, estate.timezone)
        starts.append(span.start)
    return starts


def _community(estate: Estate, device: Device) -> str:
    found = estate.community_of(device.place)
    return found.id if found is not None else estate.id


def _of_kind(estate: Estate, kind: str, community: str) -> list[Device]:
    return [
        one for one in estate.devices.values()
        if one.profile.kind.kind == kind and _community(estate, one) == community
    ]  # fmt: skip


def _rating(device: Device, day: dt.date) -> float | None:
    dated = device.entry.rating_w
    return dated.on(day) if dated is not None else None
