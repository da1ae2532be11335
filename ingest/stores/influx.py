"""The InfluxDB store: line protocol in, InfluxQL out, every refusal answered by its kind."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from collectors.sample import Sample
from device_configs.kinds import kinds
from ingest.bus import Cursor
from ingest.clock import wall_clock_ms
from ingest.stores import influxql
from ingest.stores.influx_write import (
    Answer,
    InfluxSettings,
    Writer,
    WriteV1,
    unreachable,
)
from ingest.stores.line_protocol import LAG_FIELD, NS_PER_MS, REASON_SUFFIX, Line, head, line, times
from ingest.stores.store import Aggregate, LatestValue, Reading, StoreError
from records.engine import RecordsError

Describe = Callable[[str], tuple[str, str] | None]
"""Device or part to its kind and site; None for one that the estate does not have."""
Rejected = Callable[[str, bytes, str], None]
"""Takes what can never be stored: where it was refused, the line, and why."""

_CURSOR = "sitewatch_cursor"
_DAY_MS = 24 * 3600 * 1000
_BAD_LINE = re.compile(r"pars|partial write|field type|poorly formed", re.IGNORECASE)
"""What the servers call a fault of a line; another 400 is a fault of the settings."""


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
        self._settings = settings
        self._describe = describe
        self._rejected = rejected
        self._now_ms = now_ms
        authorised = {"Authorization": f"Token {settings.token}"} if settings.token else {}
        basic = (settings.username, settings.password) if settings.username else None
        self._client = httpx.Client(
            base_url=settings.url,
            timeout=settings.timeout_s,
            headers=authorised,
            auth=basic,
            # The database stands in our own network; a proxy of the environment is not for it.
            trust_env=False,
        )
        self._writer = _writer(self._client, settings)
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
                self._reject(str(line(sample, head("", "", sample.device), time)), "no such device")
                continue
            made = line(sample, head(*found, sample.device), time)
            if made.fields:
                lines.append(made)
        for start in range(0, len(lines), self._settings.lines):
            self._send(lines[start : start + self._settings.lines])
        self._send_cursor(cursor)

    def _send_cursor(self, cursor: Cursor) -> None:
        # One point a day, written over and over, so that it also lives under a short retention.
        day = self._now_ms() // _DAY_MS * _DAY_MS * NS_PER_MS
        fields = (f"safety={cursor.safety}i", f"routine={cursor.routine}i")
        answer = self._post(str(Line(_CURSOR, fields, day)))
        if not answer.ok:
            raise self._error(answer)

    def _send(self, lines: Sequence[Line]) -> None:
        answer = self._post("\n".join(map(str, lines)))
        if answer.ok:
            return
        too_large = answer.status == 413
        if not too_large and not (answer.status in (400, 422) and _BAD_LINE.search(answer.text)):
            raise self._error(answer)
        if len(lines) > 1:
            half = len(lines) // 2
            self._send(lines[:half])
            self._send(lines[half:])
        elif len(lines[0].fields) > 1:
            # One bad field must not take the others of its sample with it.
            for field in lines[0].fields:
                self._send([lines[0]._replace(fields=(field,))])
        else:
            self._reject(str(lines[0]), answer.text or f"status {answer.status}")

    def _reject(self, text: str, reason: str) -> None:
        source = f"{self._settings.url}/{self._settings.database}"
        try:
            self._rejected(source, text.encode("utf-8", "replace"), reason)
        except RecordsError as error:
            raise StoreError(f"a refused line cannot be kept: {error}") from error

    def _post(self, text: str) -> Answer:
        body = text.encode("utf-8", "replace")
        answer = self._writer.post(body)
        if answer.status == 404 and self._settings.version == 1:
            self._create()
            answer = self._writer.post(body)
        return answer

    def _error(self, answer: Answer) -> StoreError:
        url, text = self._settings.url, answer.text or "no reason given"
        if answer.status in (401, 403):
            error = StoreError(f"InfluxDB at {url} refuses our name and password: {text}")
        else:
            error = StoreError(f"InfluxDB at {url} answers {answer.status}: {text}")
        error.retry_after_s = answer.retry_after_s
        return error

    def _create(self) -> None:
        database = influxql.identifier(self._settings.database)
        self._ask(f"CREATE DATABASE {database}")

    def _ask(self, question: str) -> list[Mapping[str, Any]]:
        query = {"db": self._settings.database, "epoch": "ns", "q": question}
        try:
            answer = self._client.post("/query", data=query)
            results = answer.json().get("results", ()) if answer.is_success else ()
        except httpx.TimeoutException as error:
            raise StoreError("the store took too long to read") from error
        except httpx.HTTPError as error:
            raise unreachable(self._settings.url, error) from error
        except ValueError as error:
            raise StoreError(f"{self._settings.url} does not answer as an InfluxDB") from error
        if not answer.is_success:
            raise self._error(Answer(answer.status_code, answer.text.strip()))
        return [_checked(result) for result in results]

    def cursor(self) -> Cursor:
        """The cursor of the last write; creates the database where it is missing.

        Raises:
            StoreError: the server is away or refuses us.
        """
        if self._settings.version == 1:
            self._create()
        question = f'SELECT last("safety") AS s, "routine" AS r FROM "{_CURSOR}"'
        for result in self._ask(question):
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
            answers = self._ask(";".join(influxql.raw(span, name, limit) for name in names))
            found = [influxql.readings(answer) for answer in answers]
            return dict(zip(names, found, strict=True))
        question = ";".join(
            influxql.stepped(span, name, step_ms, aggregate, self._type(span.kind, name), limit)
            for name in names
        )
        answers = self._ask(question)
        pairs = zip(answers[::2], answers[1::2], strict=True)
        steps = [influxql.steps(values, marks, aggregate, limit) for values, marks in pairs]
        return dict(zip(names, steps, strict=True))

    def _type(self, kind: str, point: str) -> str | None:
        if point not in self._types.get(kind, {}):
            self._types = self._field_types()
        return self._types.get(kind, {}).get(point)

    def _field_types(self) -> dict[str, dict[str, str]]:
        [result] = self._ask("SHOW FIELD KEYS")
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
            answers = self._ask(";".join(influxql.newest(kind, point) for point in points))
            pairs = zip(points, answers[::2], answers[1::2], strict=True)
            for point, values, reasons in pairs:
                found += influxql.newest_values(point, values, reasons)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._writer.close()
        self._client.close()


def _checked(result: Mapping[str, Any]) -> Mapping[str, Any]:
    if "error" in result:
        raise StoreError(f"InfluxDB refuses the question: {result['error']}")
    return result


def _writer(client: httpx.Client, settings: InfluxSettings) -> Writer:
    if settings.version == 1:
        return WriteV1(client, settings)
    # Only here: the maker's client takes longer to import than the rest of the start.
    from ingest.stores.influx_write_v2 import WriteV2

    return WriteV2(settings)
