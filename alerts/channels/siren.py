"""The siren relay: publishes a declared payload to a declared topic when an alarm is raised.

This is the one output that sitewatch has, and only what the settings declare is ever published. It
is switched off again when nothing that switched it on still sounds, where the settings say so.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alerts.channels.message import Message
from alerts.errors import SendError
from collectors.mqtt_client import introduce
from collectors.mqtt_settings import BrokerSettings, BrokerSettingsError

_ON = frozenset({"raised", "reraised", "became_real", "released"})


@dataclass(frozen=True)
class SirenOutput:
    """One relay."""

    topic: str
    on: str
    """Payload that switches it on."""
    off: str | None = None
    """Payload that switches it off; without it sitewatch never does."""
    off_when: tuple[str, ...] = ("acknowledged", "cleared", "reset")
    """Transitions that switch it off, once no other alarm keeps it on."""
    sounds_tests: bool = False
    """Whether a test or drill sounds it; a real alarm always does."""


Sounding = Callable[[str, int, bool], bool]
"""Whether an output is kept on by another alarm than the one given; with True, acknowledged alarms
do not count."""


class Siren:
    """Switches relays."""

    def __init__(
        self,
        broker: BrokerSettings | None,
        outputs: Mapping[str, SirenOutput],
        sounding: Sounding,
        timeout_s: float = 5.0,
    ) -> None:
        self._broker = broker
        self._outputs = outputs
        self._sounding = sounding
        self._timeout_s = timeout_s

    async def send(self, parameters: Mapping[str, object], message: Message) -> None:
        """Publish what the transition asks for, with QoS 1; nothing where it asks for nothing.

        Raises:
            SendError: the broker did not take it.
        """
        name = str(parameters["output"])
        output = self._outputs.get(name)
        if output is None or self._broker is None:
            raise SendError(f"the settings have no siren {name!r}")
        payload = await asyncio.to_thread(self._payload, name, output, message)
        if payload is not None:
            await asyncio.to_thread(self._publish, self._broker, output.topic, payload)

    def _payload(self, name: str, output: SirenOutput, message: Message) -> str | None:
        step = message.string("transition")
        if step in _ON:
            return None if message.test and not output.sounds_tests else output.on
        if output.off is None or step not in output.off_when:
            return None
        alarm = message.payload.get("id")
        silenced = "acknowledged" in output.off_when
        others = isinstance(alarm, int) and self._sounding(name, alarm, silenced)
        return None if others else output.off

    def _publish(self, broker: BrokerSettings, topic: str, payload: str) -> None:
        ready = threading.Event()
        refused: list[str] = []
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect_timeout = self._timeout_s

        def on_connect(
            _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:  # fmt: skip
            if reason.is_failure:
                refused.append(str(reason))
            ready.set()

        def on_disconnect(
            _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:  # fmt: skip
            if reason.is_failure:
                refused.append(str(reason))
                ready.set()

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        try:
            introduce(client, broker)
            client.connect(broker.host, broker.port, broker.keepalive_s)
            client.loop_start()
            self._wait(client, ready, refused, topic, payload)
        except BrokerSettingsError as error:
            raise SendError(f"siren: {error}") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise SendError(
                f"siren: {broker.host}:{broker.port}: {type(error).__name__}"
            ) from error
        finally:
            client.disconnect()
            client.loop_stop()

    def _wait(
        self, client: Client, ready: threading.Event, refused: list[str], topic: str, payload: str
    ) -> None:
        if not ready.wait(self._timeout_s):
            raise SendError("siren: the broker does not answer")
        if refused:
            raise SendError(f"siren: the broker refused: {refused[0]}")
        published = client.publish(topic, payload, qos=1)
        published.wait_for_publish(self._timeout_s)
        if not published.is_published():
            raise SendError("siren: the broker did not take the message")
