"""The MQTT broker: whether we may connect, and whether it holds a burst without losing any.

mosquitto sends 20 messages before it waits for acknowledgements, keeps 1,000 more, and drops the
rest without a word to anybody [design, section 12]. Which limits a broker has cannot be asked; so
more messages than that are published on a topic of our own, are not acknowledged, and counted.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from collectors.mqtt_client import introduce
from collectors.mqtt_settings import BrokerSettings, BrokerSettingsError
from sitewatch.doctor.finding import Finding, good, unknown, wrong

TOPIC = "sitewatch/doctor"
BURST = 1_500
"""More than mosquitto's defaults hold: 20 in flight and 1,000 queued."""
_CONNECT_S = 5.0
_STILL_S = 1.0
"""Nothing came for so long: no more will come. [s]"""
_LONGEST_S = 20.0
_LOOK_S = 0.02
_REMEDY = "set max_inflight_messages and max_queued_messages as in deploy/mosquitto.conf"


@dataclass(frozen=True)
class Held:
    """What came back of a burst."""

    unacknowledged: int
    """Before anything was acknowledged."""
    in_all: int


def limits(held: Held) -> Finding:
    """What the counts say of the broker's limits."""
    what = "broker limits"
    if held.in_all == 0:
        return unknown(
            what,
            f"nothing that is published on {TOPIC}/# comes back, so they cannot be tried",
            f"let this account publish and read {TOPIC}/# while the doctor looks",
        )
    if held.in_all < BURST:
        lost = BURST - held.in_all
        return wrong(what, f"the broker dropped {lost} of a burst of {BURST} messages", _REMEDY)
    if held.unacknowledged < BURST:
        return wrong(
            what,
            f"the broker sends only {held.unacknowledged} messages before it waits for "
            "acknowledgements: bursts will be slow",
            _REMEDY,
        )
    return good(what, f"a burst of {BURST} unacknowledged messages came through")


class _Burst:
    """A client that publishes to itself and acknowledges late."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.topic = f"{TOPIC}/{secrets.token_hex(8)}"
        self.mids: list[int] = []
        self.subscribed, self.refused = threading.Event(), ""
        client = Client(
            CallbackAPIVersion.VERSION2, f"sitewatch-doctor-{secrets.token_hex(4)}",
            manual_ack=True,
        )  # fmt: skip
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(BURST)
        introduce(client, settings)
        client.on_connect = self._connected
        client.on_subscribe = lambda *_: self.subscribed.set()
        client.on_message = self._came
        self.client, self._settings = client, settings

    def _connected(self, client: Client, _: Any, __: Any, code: Any, ___: Any) -> None:
        if code.is_failure:
            self.refused = str(code)
            self.subscribed.set()
        else:
            client.subscribe(self.topic, qos=1)

    def _came(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self.mids.append(message.mid)

    def connect(self) -> str | None:
        """Connect; why it failed, or None."""
        try:
            code = self.client.connect(self._settings.host, self._settings.port, keepalive=30)
        except OSError as error:
            return str(error)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return str(code)
        self.client.loop_start()
        if not self.subscribed.wait(_CONNECT_S):
            return "it does not answer"
        return self.refused or None

    def run(self) -> Held:
        """Publish the burst and count what comes, before and after acknowledging."""
        for number in range(BURST):
            self.client.publish(self.topic, str(number), qos=1)
        self._until_still()
        unacknowledged = len(self.mids)
        acknowledged, until = 0, time.monotonic() + _LONGEST_S
        while acknowledged < len(self.mids) and time.monotonic() < until:
            for mid in self.mids[acknowledged:]:
                self.client.ack(mid, 1)
                acknowledged += 1
            self._until_still()
        return Held(unacknowledged, len(set(self.mids)))

    def _until_still(self) -> None:
        count, since, until = -1, time.monotonic(), time.monotonic() + _LONGEST_S
        while time.monotonic() < min(since + _STILL_S, until) and len(self.mids) < BURST:
            if len(self.mids) != count:
                count, since = len(self.mids), time.monotonic()
            time.sleep(_LOOK_S)

    def close(self) -> None:
        """Leave; the session was a clean one, so nothing stays at the broker."""
        self.client.disconnect()
        self.client.loop_stop()


def examine(settings: BrokerSettings) -> Iterator[Finding]:
    """Connect as the service does, under another name, and try the limits."""
    where = f"{settings.host}:{settings.port}"
    try:
        burst = _Burst(settings)
    except BrokerSettingsError as error:
        yield wrong("broker", str(error), "mend the settings")
        return
    try:
        failure = burst.connect()
        if failure is not None:
            yield wrong("broker", f"{where} cannot be used: {failure}",
                        "start the broker, or mend [mqtt] in the settings")  # fmt: skip
            return
        yield good("broker", f"{where} takes our account")
        yield limits(burst.run())
    finally:
        burst.close()
