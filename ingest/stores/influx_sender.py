"""Lines to an InfluxDB: a refused batch is cut down to the lines that can never be stored.

413 halves the batch. 400 and 422 do so as well, down to one line and one field, but only while the
server takes another line of ours: what refuses everything is a fault of the settings, and then
nothing may be thrown away. Every other answer keeps the batch for later.
"""

import re
from collections.abc import Callable, Sequence

from ingest.stores.influx_database import Database
from ingest.stores.influx_write import Answer, InfluxSettings, Writer, refusal
from ingest.stores.line_protocol import Line
from ingest.stores.store import StoreError
from records.engine import RecordsError

Rejected = Callable[[str, bytes, str], None]
"""Takes what can never be stored: where it was refused, the line, and why."""

_TOO_LARGE = 413
_BAD_REQUEST = (400, 422)
_PROBE = "sitewatch_probe"
_BEYOND_RETENTION = re.compile(r"retention.*dropped=(\d+)", re.IGNORECASE | re.DOTALL)


class Sender:
    """Sends lines, and lets go of those that the server never takes."""

    def __init__(
        self,
        writer: Writer,
        database: Database,
        settings: InfluxSettings,
        rejected: Rejected,
        now_ns: Callable[[], int],
    ) -> None:
        self._writer = writer
        self._database = database
        self._settings = settings
        self._rejected = rejected
        self._now_ns = now_ns
        self._source = f"{settings.url}/{settings.database}"

    def send(self, lines: Sequence[Line]) -> None:
        """Send lines in requests of the size that the settings give.

        Raises:
            StoreError: the server is away, refuses us or is too busy; to be sent again.
        """
        for start in range(0, len(lines), self._settings.lines):
            self._send(lines[start : start + self._settings.lines])

    def send_whole(self, line: Line) -> None:
        """Send a line of our own, which no server has a reason to refuse.

        Raises:
            StoreError: it is not stored.
        """
        answer = self._post(str(line))
        if not answer.ok:
            raise refusal(self._settings, answer)

    def reject(self, text: str, reason: str) -> None:
        """Keep what can never be stored among the dead letters.

        Raises:
            StoreError: it cannot be kept there either.
        """
        try:
            self._rejected(self._source, text.encode("utf-8", "replace"), reason)
        except RecordsError as error:
            raise StoreError(f"a refused line cannot be kept: {error}") from error

    def _send(self, lines: Sequence[Line]) -> None:
        answer = self._post("\n".join(map(str, lines)))
        if answer.ok:
            return
        if answer.status in _BAD_REQUEST:
            self._probe(answer)
        elif answer.status != _TOO_LARGE:
            raise refusal(self._settings, answer)
        self._divide(lines, answer)

    def _divide(self, lines: Sequence[Line], answer: Answer) -> None:
        reason = answer.text or f"status {answer.status}"
        old = _BEYOND_RETENTION.search(reason)
        if old and int(old[1]) >= len(lines):
            for line in lines:
                self.reject(str(line), reason)
        elif len(lines) > 1:
            half = len(lines) // 2
            self._again(lines[:half])
            self._again(lines[half:])
        elif len(lines[0].fields) > 1 and not old:
            # One bad field must not take the others of its sample with it.
            for field in lines[0].fields:
                self._again([lines[0]._replace(fields=(field,))])
        else:
            self.reject(str(lines[0]), reason)

    def _again(self, lines: Sequence[Line]) -> None:
        """Send a part of a batch that was refused; the server takes other lines, as we know."""
        answer = self._post("\n".join(map(str, lines)))
        if answer.ok:
            return
        if answer.status not in (*_BAD_REQUEST, _TOO_LARGE):
            raise refusal(self._settings, answer)
        self._divide(lines, answer)

    def _probe(self, refused: Answer) -> None:
        probe = self._post(str(Line(_PROBE, ("ok=true",), self._now_ns())))
        if not probe.ok:
            raise refusal(self._settings, refused)

    def _post(self, text: str) -> Answer:
        body = text.encode("utf-8", "replace")
        answer = self._writer.post(body)
        if answer.status == 404:
            self._database.make()
            answer = self._writer.post(body)
        return answer
