"""A heartbeat to somebody outside: who gets it, sees that the watcher itself is watched.

It is sent for as long as every stage that alarms need goes on and works, and stops when one does
not. By HTTP it carries the heads of the chains of evidence, so that they are kept where nobody here
can change them. By MQTT it speaks as a device of the profile `generic_gateway_mqtt`, which a second
sitewatch can have in its estate; its last will says `offline`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

import httpx
import sqlalchemy as sa
import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alerts import evidence
from alerts.alarm import iso
from alerts.channels.webhook import SIGNATURE_HEADER, signature
from collectors.mqtt_client import introduce
from collectors.mqtt_settings import BrokerSettings
from ingest.clock import wall_clock_ms
from records import audit
from records.engine import reading
from sitewatch.settings import HeartbeatSettings

_LOG = structlog.get_logger(__name__)
_TIMEOUT_S = 10.0


class BrokerHeartbeat:
    """The heartbeat by MQTT; its last will speaks when it falls silent. Close it at the end."""

    def __init__(self, broker: BrokerSettings, topic: str) -> None:
        self._topic = topic
        is_5 = broker.protocol == "5"
        version = MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311
        name = f"{broker.client_id}-heartbeat"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=version)
        self._client.will_set(f"{topic}/status", "offline", qos=1, retain=True)
        introduce(self._client, broker)
        self._client.connect_timeout = broker.connect_timeout_s
        self._client.on_connect = self._online
        self._client.connect_async(broker.host, broker.port, broker.keepalive_s)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.publish(f"{self._topic}/status", "offline", qos=1, retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def _online(self, client: Client, *_: object) -> None:
        client.publish(f"{self._topic}/status", "online", qos=1, retain=True)

    def send(self, state: Mapping[str, object]) -> None:
        """Say that all goes on; what cannot be sent now is not sent later."""
        if self._client.is_connected():
            self._client.publish(f"{self._topic}/state", json.dumps(state), qos=1, retain=True)


@dataclass
class Outside:
    """Sends the heartbeat while the stages go on."""

    estate: str
    settings: HeartbeatSettings
    broker: BrokerSettings
    engine: sa.Engine
    trouble: Callable[[], Sequence[str]]
    """The stages without which an alarm may not be raised or told, and that do not work now."""
    now_ms: Callable[[], int] = wall_clock_ms
    sent: int = 0
    reason: str | None = None
    """Why the newest could not be delivered by HTTP; None where it was."""

    async def run(self) -> None:
        """Send until cancelled; returns at once where no receiver is set."""
        topic = self.settings.mqtt_topic
        if self.settings.url is None and topic is None:
            return
        started, seq = self.now_ms(), 0
        with ExitStack() as stack:
            by_mqtt = stack.enter_context(BrokerHeartbeat(self.broker, topic)) if topic else None
            async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
                while True:
                    trouble = self.trouble()
                    if trouble:
                        _LOG.error("no heartbeat is sent: a stage does not work", stages=[*trouble])
                    else:
                        seq += 1
                        now = self.now_ms()
                        if by_mqtt is not None:
                            uptime = (now - started) // 1000
                            by_mqtt.send({"ts": now, "seq": seq, "uptime_s": uptime})
                        await self._post(client, now)
                    await asyncio.sleep(self.settings.every_s)

    async def _post(self, client: httpx.AsyncClient, now: int) -> None:
        url = self.settings.url
        if url is None:
            return
        try:
            body = json.dumps(await asyncio.to_thread(self._message, now))
            answer = await client.post(url, content=body.encode(), headers=self._headers(body, now))
            fault = None if answer.is_success else f"answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = f"{type(error).__name__} {error}".strip()
        except sa.exc.SQLAlchemyError as error:
            fault = f"the heads of the evidence cannot be read: {error}"
        if fault is not None and self.reason is None:
            _LOG.warning("the heartbeat is not taken", url=url, reason=fault)
        self.reason = fault
        self.sent += fault is None

    def _message(self, now: int) -> Mapping[str, object]:
        with reading(self.engine) as connection:
            heads = {"audit": audit.head(connection), "alarms": evidence.head(connection)}
        return {
            "sitewatch": self.estate,
            "at": iso(now),
            "next_within_s": round(2 * self.settings.every_s),
            "heads": {chain: str(head) for chain, head in heads.items()},
        }

    def _headers(self, body: str, now: int) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        secret = self.settings.secret
        if secret is not None:
            headers[SIGNATURE_HEADER] = signature(secret.get_secret_value(), now // 1000, body)
        return headers
