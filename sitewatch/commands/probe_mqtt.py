"""`sitewatch probe --mqtt`: what one device says on a broker, heard without a word of our own."""

import asyncio
import json

import typer
from rich.table import Table

from collectors.mqtt_probe import MqttProbe, probe_mqtt, shown
from collectors.mqtt_settings import BrokerSettings, BrokerSettingsError, read_settings
from collectors.probe import ProbeError, UnknownProtocolError
from device_configs.profile import Profile
from sitewatch.screen import err, out
from sitewatch.settings import load_settings


def listen(
    profile: Profile, url: str, topic: str | None, seconds: float, channel: int, *, as_json: bool
) -> None:
    """Listen to a device and print its points; certificates and accounts are those of `[mqtt]`."""
    if topic is None:
        err.print("--mqtt needs --topic, the device's own topic")
        raise typer.Exit(2)
    try:
        seen = asyncio.run(probe_mqtt(profile, _settings(url), topic, seconds, channel))
    except (UnknownProtocolError, BrokerSettingsError) as error:
        err.print(str(error))
        raise typer.Exit(2) from error
    except ProbeError as error:
        err.print(str(error))
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(seen.document(), ensure_ascii=False))
    else:
        _show(seen)


def _settings(url: str) -> BrokerSettings:
    """The settings of the broker with the given address; an account in the address counts first."""
    known = load_settings().mqtt.broker("sitewatch-probe") | {"url": url}
    if "@" in url:
        known = {
            k: v for k, v in known.items() if k not in {"username", "password", "password_file"}
        }
    return read_settings(known)


def _show(seen: MqttProbe) -> None:
    out.print(f"{seen.profile.id} ({seen.profile.kind.kind})", highlight=False)
    table = Table("point", "value", "unit", "quality", "raw")
    for name, point in seen.points.items():
        quality = point.quality.value + (f": {point.reason.value}" if point.reason else "")
        value = "" if point.value is None else str(point.value)
        table.add_row(name, value, point.unit, quality, shown(point.raw))
    out.print(table)
    topics = Table("topic", "retained", "messages", "bytes", "ms", "error")
    for heard in seen.requests.values():
        topics.add_row(
            heard.topic, "yes" if heard.retained else "no", str(heard.count), str(heard.bytes),
            f"{heard.ms:.1f}", heard.error or "",
        )  # fmt: skip
    out.print(topics)
