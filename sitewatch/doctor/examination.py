"""The whole examination, from the machine to who is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collectors.mqtt_settings import BrokerSettingsError, read_settings
from sitewatch.control_socket import NAME as CONTROL
from sitewatch.data_folder import DataFolder
from sitewatch.doctor import broker, channels, databases, folders, lines, machine, page
from sitewatch.doctor.finding import Finding, wrong
from sitewatch.local_socket import is_answered
from sitewatch.settings import Settings


@dataclass(frozen=True)
class Installation:
    """What is examined."""

    settings: Settings
    config: Path | None
    data: DataFolder
    estate: Path | None
    port: int | None = None
    """Of the page, where it is not the settings'."""


def examine(installed: Installation) -> Iterator[Finding]:
    """Every finding, in an order in which a reader would mend them."""
    settings, data = installed.settings, installed.data
    is_running = is_answered(data.path, CONTROL)
    yield from machine.examine(data.path, settings.journal.free_floor_bytes)
    yield folders.settings_file(installed.config, folders.mode_of(installed.config))
    yield from folders.data_folder(data.path)
    found, loaded = folders.estate(installed.estate)
    yield found
    yield from databases.records(settings, data)
    yield databases.series(settings, data, is_running=is_running)
    if loaded is not None:
        devices = loaded.estate.devices.values()
        yield from lines.examine(devices)
        if any(device.profile.protocol == "mqtt" for device in devices):
            yield from _broker(settings)
        yield from channels.examine(settings, loaded.routes)
    yield from _page(installed, is_running=is_running)


def _broker(settings: Settings) -> Iterator[Finding]:
    try:
        yield from broker.examine(read_settings(settings.mqtt.broker("sitewatch-doctor")))
    except BrokerSettingsError as error:
        yield wrong("broker", str(error), "mend [mqtt] in the settings")


def _page(installed: Installation, *, is_running: bool) -> Iterator[Finding]:
    service = installed.settings.service
    if installed.port is not None:
        service = service.model_copy(update={"port": installed.port})
    yield page.reach(service, tls=False)
    yield page.port(service, is_running=is_running)
    if is_running:
        yield from page.health(f"http://{service.host}:{service.port}")
    else:
        yield page.not_running()
