"""How lines reach an InfluxDB of version 2 or 3, by the maker's client, one batch a call.

The client's own batching keeps failed batches in memory and can lose them; nothing here is kept or
sent in the background.
"""

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from ingest.stores.influx_write import Answer, InfluxSettings, reason_of, seconds, unreachable


class WriteV2:
    """`POST /api/v2/write` of InfluxDB 1.8, 2.x and 3."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = InfluxDBClient(
            url=settings.url,
            token=settings.token,
            org=settings.org,
            timeout=int(settings.timeout_s * 1000),
            retries=False,
        )
        if settings.authorization:
            # The client itself writes `Token`, whatever the version.
            self._client.api_client.default_headers["Authorization"] = settings.authorization
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)

    def post(self, body: bytes) -> Answer:
        """Send lines with times in nanoseconds.

        Raises:
            StoreError: nobody answers.
        """
        settings = self._settings
        try:
            self._writes.write(settings.database, settings.org, body)
        except ApiException as error:
            if not error.status:
                raise unreachable(settings.url, error) from error
            text = error.body if isinstance(error.body, str) else str(error.reason)
            return Answer(int(error.status), reason_of(text), seconds(error.headers or {}))
        except (urllib3.exceptions.HTTPError, OSError, UnicodeDecodeError) as error:
            raise unreachable(settings.url, error) from error
        return Answer(204)

    def close(self) -> None:
        """Close the connection."""
        self._writes.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]
