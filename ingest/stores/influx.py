"""The InfluxDB store: line protocol in, InfluxQL out, every refusal answered by its kind."""

from collections.abc import Callable, Mapping, Sequence

import httpx

from collectors.sample import Sample
from device_configs.kinds import kinds
from ingest.bus import Cursor
from ingest.clock import wall_clock_ms
from ingest.stores import influxql
from ingest.stores.influx_database import Database
from ingest.stores.influx_query import Questions
from ingest.stores.influx_sender import Rejected, Sender
from ingest.stores.influx_write import InfluxSettings, Writer, WriteV1
from ingest.stores.line_protocol import LAG_FIELD, NS_PER_MS, REASON_SUFFIX, Line, head, line, times
from ingest.stores.store import Aggregate, LatestValue, Reading

Describe = Callable[[str], tuple[str, str] | None]
"""Device or part to its kind and site; None for one that the estate does not have."""

_CURSOR = "sitewatch_cursor"
_DAY_MS = 24 * 3600 * 1000


class InfluxStore:
    """Implements `TimeSeriesStore` on an InfluxDB server.

    Writing is idempotent: a sample written again has the same series and time. The recorder's
    cursor is in the database too, so that a restored database goes on where it stood.
    """

    def __init__(
        self,
        settings: InfluxSettings,
        describe: Describe,
        rejected: Rejected,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._describe = describe
        self._now_ms = now_ms
        self._client = settings.client()
        self._writer = _writer(self._client, settings)
        database = Database(self._client, settings)
        self._questions = Questions(self._client, settings, database)
        self._sender = Sender(self._writer, database, settings, rejected, self._today_ns)
        self._types: dict[str, dict[str, str]] = {}

    def write(self, samples: Sequence[Sample], cursor: Cursor) -> None:
        """Store samples, then the recorder's cursor; what the server never takes is rejected.

        Raises:
            StoreError: the server is away, refuses us or is too busy; to be written again.
        """
        lines: list[Line] = []
        for sample, time in zip(samples, times(samples), strict=True):
            found = self._describe(sample.device)
            if found is None:
                refused = line(sample, head("", "", sample.device), time)
                self._sender.reject(str(refused), "no such device")
                continue
            made = line(sample, head(*found, sample.device), time)
            if made.fields:
                lines.append(made)
        self._sender.send(lines)
        fields = (f"safety={cursor.safety}i", f"routine={cursor.routine}i")
        self._sender.send_whole(Line(_CURSOR, fields, self._today_ns()))

    def _today_ns(self) -> int:
        # One point a day, written over and over, so that it also lives under a short retention.
        return self._now_ms() // _DAY_MS * _DAY_MS * NS_PER_MS

    def cursor(self) -> Cursor:
        """The cursor of the last write; makes the database where it is missing.

        Raises:
            StoreError: the server is away or refuses us.
        """
        question = f'SELECT last("safety") AS s, "routine" AS r FROM "{_CURSOR}"'
        for result in self._questions.ask([question]):
            for _, row in influxql.rows(result):
                return Cursor(int(row["s"]), int(row["r"]))
        return Cursor()

    def series(
        self,
        device: str,
        points: Sequence[str],
        start: int,
        end: int,
        step_ms: int | None = None,
        aggregate: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> Mapping[str, Sequence[Reading]]:
        """Readings of `start <= t < end` [ms, UTC] by point, the first `limit` of each.

        With a step they begin at `start`, `start + step_ms` and so on: numbers by the aggregate,
        others by their last value; missing values only make a step missing that has no other.

        Raises:
            StoreError: the server is away, refuses us or takes too long.
        """
        names = tuple(dict.fromkeys(points))
        described = self._describe(device)
        if described is None or not names:
            return {name: [] for name in names}
        span = influxql.Span(described[0], device, start, end)
        if step_ms is None:
            answers = self._questions.ask([influxql.raw(span, name, limit) for name in names])
            found = [influxql.readings(answer) for answer in answers]
            return dict(zip(names, found, strict=True))
        answers = self._questions.ask(
            [
                question
                for name in names
                for question in influxql.stepped(
                    span, name, step_ms, aggregate, self._type(span.kind, name), limit
                )
            ]
        )
        pairs = zip(answers[::2], answers[1::2], strict=True)
        steps = [influxql.steps(values, marks, aggregate, limit) for values, marks in pairs]
        return dict(zip(names, steps, strict=True))

    def _type(self, kind: str, point: str) -> str | None:
        if point not in self._types.get(kind, {}):
            self._types = self._field_types()
        return self._types.get(kind, {}).get(point)

    def _field_types(self) -> dict[str, dict[str, str]]:
        [result] = self._questions.ask(["SHOW FIELD KEYS"])
        return {
            series["name"]: dict(series["values"])
            for series in result.get("series", ())
            if series["name"] in kinds()
        }

    def latest(self) -> Sequence[LatestValue]:
        """The newest value of every point.

        Raises:
            StoreError: the server is away, refuses us or takes too long.
        """
        found: list[LatestValue] = []
        for kind, fields in self._field_types().items():
            fields.pop(LAG_FIELD, None)
            points = tuple(dict.fromkeys(name.removesuffix(REASON_SUFFIX) for name in fields))
            questions = [one for point in points for one in influxql.newest(kind, point)]
            answers = self._questions.ask(questions)
            pairs = zip(points, answers[::2], answers[1::2], strict=True)
            for point, values, reasons in pairs:
                found += influxql.newest_values(point, values, reasons)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._writer.close()
        self._client.close()


def _writer(client: httpx.Client, settings: InfluxSettings) -> Writer:
    if settings.version == 1:
        return WriteV1(client, settings)
    # Only here: the maker's client takes longer to import than the rest of the start.
    from ingest.stores.influx_write_v2 import WriteV2

    return WriteV2(settings)
