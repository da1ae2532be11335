"""A client of a broker that listens in a clean session of its own and publishes nothing."""

import asyncio
import contextlib
import uuid
from collections.abc import Collection

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from collectors.mqtt_client import introduce
from collectors.mqtt_session import told
from collectors.mqtt_settings import BrokerSettings

_HEARD_MOST = 10_000
"""Messages that may wait to be looked at; what comes beyond is not."""
END = ("", b"", False)
"""What is heard when nothing more will be."""


class Listener:
    """The client; paho's callbacks run in its thread and hand over to the event loop."""

    def __init__(self, settings: BrokerSettings, topics: Collection[str]) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue(_HEARD_MOST)
        """Topic, payload, and whether the broker had kept it; `END` when nothing more will come."""
        self.refused = ""
        """Why the broker does not let us listen."""
        self._topics = topics
        self._loop = asyncio.get_running_loop()
        is_5 = settings.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"sitewatch-probe-{uuid.uuid4().hex[:8]}",
            clean_session=None if is_5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = settings.connect_timeout_s
        introduce(client, settings)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client, self._settings = client, settings

    def open(self) -> None:
        """Connect; blocks until the broker's socket is there."""
        settings = self._settings
        self._client.connect(settings.host, settings.port, settings.keepalive_s)
        self._client.loop_start()

    def close(self) -> None:
        """Leave the broker, which forgets the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: Client, data: object, flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if reason.is_failure:
            self._refuse(f"refuses us: {told(reason, properties)}")
            return
        for topic in self._topics:
            client.subscribe(topic, qos=1)

    def _on_disconnect(
        self, client: Client, data: object, flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if reason.is_failure:
            self._refuse(f"ended the connection: {told(reason, properties)}")

    def _on_subscribe(
        self,
        client: Client,
        data: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: object,
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._refuse(f"refuses the subscription: {told(reason, properties)}")

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        heard = (message.topic, bytes(message.payload), message.retain)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, heard)

    def _put(self, heard: tuple[str, bytes, bool]) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self.heard.put_nowait(heard)

    def _refuse(self, why: str) -> None:
        self.refused = self.refused or why
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, END)
