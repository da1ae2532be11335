"""How questions in InfluxQL reach an InfluxDB of any version."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ingest.stores.influx_database import Database
from ingest.stores.influx_write import InfluxSettings, answered, refusal, unreachable
from ingest.stores.store import StoreError

Result = Mapping[str, Any]
"""The answer to one statement."""

_MISSING = re.compile(
    r"(database|retention policy|bucket|dbrp\w*)\b.*not found|unable to find dbrp", re.IGNORECASE
)


class Questions:
    """Asks the server, and makes the database when it is missing."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings, database: Database) -> None:
        self._client = client
        self._settings = settings
        self._database = database

    def ask(self, statements: Sequence[str]) -> list[Result]:
        """The answers to statements, in their order.

        Raises:
            StoreError: the server is away, refuses us or takes too long.
        """
        found, missing = self._asked(statements)
        if missing:
            self._database.make()
            found, missing = self._asked(statements)
        if missing:
            raise self._database.missing(missing)
        return found

    def _asked(self, statements: Sequence[str]) -> tuple[list[Result], str]:
        where = self._database.parameters()
        if not self._database.answers_one_at_a_time:
            return self._answer("POST", where, ";".join(statements), len(statements))
        results: list[Result] = []
        for statement in statements:
            found, missing = self._answer("GET", where, statement, 1)
            if missing:
                return [], missing
            results += found
        return results, ""

    def _answer(
        self, method: str, where: Mapping[str, str], question: str, count: int
    ) -> tuple[list[Result], str]:
        form = {**where, "epoch": "ns", "q": question}
        # In the address it would be cut by a proxy; only version 3 wants it there.
        given: Mapping[str, Any] = {"params" if method == "GET" else "data": form}
        try:
            answer = self._client.request(method, "/query", **given)
        except httpx.TimeoutException as error:
            raise StoreError("the store took too long to read") from error
        except httpx.HTTPError as error:
            raise unreachable(self._settings.url, error) from error
        if not answer.is_success:
            said = answered(answer)
            if said.status == 404 or _MISSING.search(said.text):
                return [], said.text or "status 404"
            raise refusal(self._settings, said)
        return self._results(answer, count)

    def _results(self, answer: httpx.Response, count: int) -> tuple[list[Result], str]:
        try:
            results = answer.json()["results"]
        except (ValueError, KeyError, TypeError) as error:
            message = f"{self._settings.url} does not answer as an InfluxDB"
            raise StoreError(message) from error
        for result in results:
            if "error" in result:
                if _MISSING.search(result["error"]):
                    return [], str(result["error"])
                raise StoreError(f"InfluxDB refuses the question: {result['error']}")
            if result.get("partial") or any(s.get("partial") for s in result.get("series", ())):
                raise StoreError("InfluxDB cuts its answer short: raise its max-row-limit")
        if len(results) != count:
            raise StoreError(
                f"InfluxDB at {self._settings.url} answers {len(results)} of {count} questions"
            )
        return list(results), ""
