"""What the law knows of an elevator: its codes, its maintenance firm, and its dates."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated, Protocol

from pydantic import Field, model_validator

from device_configs.kinds import System
from device_configs.profile import Profile
from device_configs.quantities import Label, Strict

Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{2,24}$")]
"""A telephone number as people write it: `0519-8888 0000`, `+86 519 88880000`, `96333`."""


class MaintenanceFirm(Strict):
    """Who maintains an elevator, and who is called when somebody is trapped."""

    name: Label
    phone: Phone
    """Answered day and night (TSG T5002: 24 h)."""


class ElevatorRegister(Strict):
    """`elevator:` of a device in the estate; every date is a day in the estate's time zone."""

    registration_code: str | None = Field(default=None, pattern=r"^[0-9]{20}$")
    """Registration code of special equipment (设备注册代码), 20 digits, of an existing elevator."""
    maker_code: str | None = Field(default=None, pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")
    """Unified social credit code of the maker (GB 32100-2015): with the factory number it names
    an elevator that has no registration code."""
    factory_number: str | None = Field(default=None, min_length=1, max_length=63)
    rescue_code: str | None = Field(default=None, pattern=r"^[0-9A-Z][0-9A-Z-]{2,19}$")
    """What a trapped person tells the rescue service (救援识别码); formats differ by city."""
    firm: MaintenanceFirm | None = None
    maintained: dt.date | None = None
    """The last maintenance."""
    next_maintenance: dt.date | None = None
    """The last day on which the next one is in time; from `maintained` where it is not given."""
    next_inspection: dt.date | None = None
    """The last day of the inspection's validity, as the label in the car says."""
    load_kg: float | None = Field(default=None, gt=0, le=20_000)
    """Rated load. [kg]"""
    floors: int | None = Field(default=None, ge=2, le=200)
    stops: int | None = Field(default=None, ge=2, le=200)

    @model_validator(mode="after")
    def _whole(self) -> "ElevatorRegister":
        if (self.maker_code is None) != (self.factory_number is None):
            raise ValueError("'maker_code' and 'factory_number' name an elevator together")
        if None not in (self.floors, self.stops) and (self.stops or 0) > (self.floors or 0):
            raise ValueError("an elevator has no more stops than floors")
        if self.maintained and self.next_maintenance and self.next_maintenance <= self.maintained:
            raise ValueError("'next_maintenance' lies after 'maintained'")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """What no second elevator may have; empty where nothing is given."""
        if self.registration_code is not None:
            return ("registration_code", self.registration_code)
        if self.maker_code is not None and self.factory_number is not None:
            return ("factory_number", self.maker_code, self.factory_number)
        return ()


class Registered(Protocol):
    """A device as far as its register is looked at."""

    @property
    def id(self) -> str:
        """The device's id."""
        ...

    @property
    def profile(self) -> Profile:
        """Its profile."""
        ...


def register_faults(
    devices: Iterable[tuple[Registered, ElevatorRegister]],
) -> Iterator[tuple[str, str, str]]:
    """What is wrong between devices and their registers: device, field of `elevator`, message."""
    seen: dict[tuple[str, ...], str] = {}
    rescue: dict[str, str] = {}
    for device, register in devices:
        if device.profile.kind.system is not System.ELEVATOR:
            yield device.id, "", f"a {device.profile.kind.kind} is no elevator"
        yield from _twice(device.id, register, seen, rescue)


def _twice(
    device: str,
    register: ElevatorRegister,
    seen: dict[tuple[str, ...], str],
    rescue: dict[str, str],
) -> Iterator[tuple[str, str, str]]:
    identity = register.identity
    if identity and seen.setdefault(identity, device) != device:
        yield device, identity[0], f"{identity[-1]!r} is already that of {seen[identity]}"
    code = register.rescue_code
    if code is not None and rescue.setdefault(code, device) != device:
        yield device, "rescue_code", f"{code!r} is already that of {rescue[code]}"
