"""Who may publish and read what at the broker, as the estate implies it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.driver import CollectorsError
from collectors.mqtt_profile import account_of
from collectors.mqtt_session import DROPPED_TOPIC
from collectors.topics import build_routes
from device_configs.estate import Device


class AccountError(CollectorsError):
    """Two that must not share an account at the broker do."""


@dataclass(frozen=True)
class Access:
    """What each account of a broker may do; what is not here is refused."""

    publishes: Mapping[str, Sequence[str]]
    """Account of a device or gateway to the topics it publishes, and nothing else."""
    reader: str
    """The account of sitewatch, which publishes nothing."""
    reads: Sequence[str]
    """The filters it subscribes to."""


def access(devices: Sequence[Device], reader: str) -> Access:
    """The access that the MQTT devices of an estate need.

    Raises:
        AccountError: a device has sitewatch's own account.
        BadMqttProfileError: a profile cannot be read the way it says.
    """
    routes = build_routes(devices)
    accounts = {device.id: account_of(device) for device in devices}
    for device, account in accounts.items():
        if account == reader:
            raise AccountError(
                f"{device}: {account!r} is the account of sitewatch, which only reads"
            )
    topics: dict[str, set[str]] = {}
    for topic, heard_by in routes.by_topic.items():
        for route in heard_by:
            topics.setdefault(accounts[route.points.device], set()).add(topic)
    publishes = {account: tuple(sorted(topics[account])) for account in sorted(topics)}
    return Access(publishes, reader, (*routes.filters, DROPPED_TOPIC))


def mosquitto(given: Access) -> Iterator[str]:
    """The lines of mosquitto's `acl_file` (mosquitto.conf(5), 'acl_file').

    Nothing stands before the first user: who gives no name may do nothing.
    """
    yield f"user {given.reader}"
    for name in given.reads:
        yield f"topic read {name}"
    for account, topics in given.publishes.items():
        yield ""
        yield f"user {account}"
        for topic in topics:
            yield f"topic write {topic}"
