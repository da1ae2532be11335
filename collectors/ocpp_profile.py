"""What OCPP adds to profiles and devices: where in its messages a point stands, and identities."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, model_validator

from collectors.driver import CollectorsError
from device_configs.estate import Device
from device_configs.profile import Linked, Profile, ProfilePoint, ProtocolSchema
from device_configs.quantities import Strict

LONGEST_IDENTITY = 48
"""Of an identity [characters]: OCPP 2.0.1, part 4, section 3.1.1; 1.6 has no bound."""


class BadOcppProfileError(CollectorsError):
    """A profile or link that passed its models but cannot be spoken, in one sentence."""


def _identity(text: str) -> str:
    """Check an identity: letters, digits and `* - _ = : + | @ .` (OCPP 2.0.1, part 2)."""
    if not re.fullmatch(rf"[A-Za-z0-9*\-_=:+|@.]{{1,{LONGEST_IDENTITY}}}", text):
        raise ValueError(
            f"{text!r}: an identity has 1 to {LONGEST_IDENTITY} letters, digits or *-_=:+|@."
        )
    return text


Identity = Annotated[str, AfterValidator(_identity)]


class OcppSettings(Strict):
    """The `ocpp` section of a profile: nothing to set."""


class Boot(StrEnum):
    """What a pile tells of itself when it boots."""

    MODEL = "model"
    FIRMWARE = "firmware"


class OcppAddress(Strict):
    """Where a point stands in a pile's messages: exactly one of these."""

    measurand: str | None = None
    """A measurand of MeterValues, TransactionEvent and transactionData."""
    phase: str | None = None
    """Its phase: `L1`, `N`, `L1-L2`; `L1-N` is the same as `L1`. Without one, the total."""
    location: str = "Outlet"
    """Where it is measured: `Outlet`, `Inlet`, `Body`, `Cable` or `EV`."""
    status: bool = False
    """The connector's status, or that of the pile (connector 0)."""
    error: str | tuple[str, ...] | None = None
    """Error codes of a StatusNotification (1.6) that the point stands for; `other` for those that
    no point names."""
    vendor_error: str | tuple[str, ...] | None = None
    """Vendor error codes that it stands for."""
    event: str | tuple[str, ...] | None = None
    """Variables of NotifyEvent (2.0.1) that it stands for: `Connector.Problem`."""
    boot: Boot | None = None
    session_energy: bool = False
    """The counter, less what it showed when the transaction began. [Wh]"""
    connection: bool = False
    """Whether the pile is connected."""

    @model_validator(mode="after")
    def _one_place(self) -> "OcppAddress":
        given = (
            self.measurand is not None,
            self.status,
            self.error is not None or self.vendor_error is not None or self.event is not None,
            self.boot is not None,
            self.session_energy,
            self.connection,
        )
        if sum(given) != 1:
            raise ValueError(
                "a point has one of measurand, status, error (with vendor_error and event), boot,"
                " session_energy and connection"
            )
        if self.phase is not None and self.measurand is None:
            raise ValueError("only a measurand has a phase")
        return self


class OcppLink(Strict):
    """How a pile names itself: the end of the address that it connects to."""

    identity: Identity


def address_of(point: ProfilePoint) -> OcppAddress:
    """The OCPP address of a point.

    Raises:
        BadOcppProfileError: it has that of another protocol.
    """
    if not isinstance(point.address, OcppAddress):
        raise BadOcppProfileError(f"point {point.name} has no OCPP address")
    return point.address


def identity_of(device: Device) -> str:
    """What the pile of a device calls itself.

    Raises:
        BadOcppProfileError: its link is of another protocol.
    """
    if not isinstance(device.link, OcppLink):
        raise BadOcppProfileError(f"{device.id} has no OCPP link")
    return device.link.identity


def as_many(codes: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Codes of an address as a tuple."""
    if codes is None:
        return ()
    return (codes,) if isinstance(codes, str) else codes


def contradictions(profile: Profile) -> Iterator[str]:
    """What of a profile cannot be read from messages."""
    if profile.parts is None:
        yield f"profile {profile.id}: a pile's connectors are its parts; it has none"
        return
    if profile.parts.id_format.replace("{n}", "") == profile.parts.id_format:
        yield f"profile {profile.id}: parts are called by their connector, `id: c{{n}}`"
    for points, of_parts in ((profile.points, False), (profile.parts.points, True)):
        for point in points.values():
            address = address_of(point)
            if of_parts and (address.boot is not None or address.connection):
                yield f"point {point.name}: a connector does not boot or connect by itself"
            if not of_parts and address.session_energy:
                yield f"point {point.name}: only a connector has transactions"
            if point.mapping.bits:
                yield f"point {point.name}: OCPP has no words of bits"


def conflicts(devices: Sequence[Linked]) -> Iterator[tuple[str, str]]:
    """Piles that call themselves the same."""
    linked = [(one.id, one.link) for one in devices if isinstance(one.link, OcppLink)]
    count = Counter(link.identity for _, link in linked)
    for device, link in linked:
        if count[link.identity] > 1:
            yield device, f"the identity {link.identity!r} is that of another device, too"


SCHEMA = ProtocolSchema(
    "ocpp",
    OcppSettings,
    OcppAddress,
    {"ocpp": OcppLink},
    contradictions=contradictions,
    conflicts=conflicts,
)
