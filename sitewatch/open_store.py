"""Opens the time series store that the settings name."""

from collections.abc import Callable

from device_configs.estate import Estate
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.influx import InfluxStore
from ingest.stores.influx_write import InfluxSettings
from ingest.stores.store import TimeSeriesStore
from records.dead_letters import DeadLetterBox
from sitewatch.data_folder import DataFolder
from sitewatch.settings import StoreKind, StoreSettings


def open_store(
    settings: StoreSettings,
    data: DataFolder,
    estate: Callable[[], Estate],
    letters: DeadLetterBox,
) -> TimeSeriesStore:
    """Open the store.

    Raises:
        StoreError: the embedded file cannot be opened; a server that is down is no error here.
    """
    if settings.kind is StoreKind.DUCKDB:
        return DuckDbStore(DuckDbSettings(data.series, settings.memory_limit, settings.threads))

    def where(device: str) -> tuple[str, str]:
        return kind_and_site(estate(), device)

    return InfluxStore(influx_settings(settings), where, letters.keep_now)


def kind_and_site(estate: Estate, device: str) -> tuple[str, str]:
    """The kind and the site of a device or part; what the estate does not have is `service`."""
    found = estate.devices.get(device.partition("/")[0])
    if found is None:
        return "service", estate.id
    part = found.profile.parts if "/" in device else None
    kind = part.kind if part else found.profile.kind
    return kind.kind, estate.place_of(device) or found.place


def influx_settings(settings: StoreSettings) -> InfluxSettings:
    """How InfluxDB is reached."""
    secret = settings.password.get_secret_value() if settings.password else ""
    token = settings.token.get_secret_value() if settings.token else ""
    return InfluxSettings(
        url=settings.url,
        database=settings.database,
        version=settings.influx_version,
        username=settings.username or "",
        password=secret,
        token=token,
        org=settings.organisation or "sitewatch",
    )
