"""A program that uses sitewatch: what is open now, then every alarm as it comes.

Needs httpx, an address and a token of a viewer (an operator's, to acknowledge):

    sitewatch token add display --role viewer --site '*'
    SITEWATCH_URL=http://127.0.0.1:8000 SITEWATCH_TOKEN=swt_... python client.py [--acknowledge]
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx

SILENT_S = 35
"""A stream that says nothing for two heartbeats is lost. [s]"""


class Sitewatch:
    """One connection; a refusal is an `httpx.HTTPStatusError` with the problem as its body."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=httpx.Timeout(10, read=SILENT_S),
        )

    def get(self, path: str, **query: str) -> Any:
        """Read a resource."""
        return self._client.get(path, params=query).raise_for_status().json()

    def acknowledge(self, alarm: int, note: str) -> Any:
        """Say that somebody has seen an alarm."""
        return (
            self._client.post(f"alarms/{alarm}/ack", json={"note": note}).raise_for_status().json()
        )

    def events(self) -> Iterator[tuple[str, Any]]:
        """The live stream for ever: it is taken up where it broke off."""
        last = ""
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with self._client.stream("GET", "live", headers=headers) as answer:
                    answer.raise_for_status()
                    fields: dict[str, str] = {}
                    for line in answer.iter_lines():
                        name, _, value = line.partition(": ")
                        if name:
                            fields[name] = value
                        elif fields:
                            last = fields.get("id", last)
                            yield fields["event"], json.loads(fields["data"])
                            fields = {}
            except httpx.TransportError as error:
                print(f"stream lost, nothing here is live: {error}", file=sys.stderr)
            time.sleep(2)


def line(alarm: dict[str, Any]) -> str:
    """One alarm in one line; a drill is never to be taken for real."""
    drill = "TEST " if alarm["test"] else ""
    return f"{drill}{alarm['severity']} {alarm['state']} {alarm['device']}: {alarm['title']['en']}"


def main() -> None:
    """Show alarms until interrupted."""
    sitewatch = Sitewatch(os.environ["SITEWATCH_URL"], os.environ["SITEWATCH_TOKEN"])
    for name, data in sitewatch.events():
        if name == "snapshot":
            # All that is open: whatever was known before is to be forgotten.
            for alarm in data["alarms"]:
                print(line(alarm), flush=True)
        elif name == "alarm":
            print(data["transition"], line(data), flush=True)
            if "--acknowledge" in sys.argv and not data["acked"]:
                sitewatch.acknowledge(data["id"], "Seen by the display")


if __name__ == "__main__":
    main()
