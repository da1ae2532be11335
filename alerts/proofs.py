"""What was done to devices, and until when that is good: tests, maintenance, inspections. Pure.

What the estate folder says and what was noted while the service ran count alike: whichever is good
for longest.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alerts.errors import NotAllowedError
from device_configs.estate import Device, Estate
from device_configs.kinds import FUNCTIONAL_TEST, Kind, Proof

MAINTENANCE = "maintenance"
INSPECTION = "inspection"
EARLIEST = dt.date(2000, 1, 1)
"""Nothing older is noted."""


@dataclass(frozen=True)
class Done:
    """A proof that was noted: what was done to which device, when and by whom."""

    id: int
    device: str
    """`device` or `device/part`."""
    kind: str
    done_on: dt.date
    next_due: dt.date | None
    """Until when it is good, where it says so itself."""
    with_parts: bool
    """Whether it was done to all parts of the device, too."""
    by: str
    note: str | None
    created_at: int
    """[ms, UTC]"""
    taken_back_by: str | None = None
    taken_back_at: int | None = None


@dataclass(frozen=True)
class Standing:
    """How a device stands with one kind of proof; None is not known."""

    done_on: dt.date | None = None
    due_on: dt.date | None = None
    """The last day for which it is good."""


_NOTHING = Standing()


def proof_of(kind: Kind, name: str) -> Proof:
    """How a proof of a kind of devices is to be.

    Raises:
        NotAllowedError: devices of the kind have no such proof.
    """
    if name not in kind.proofs:
        raise NotAllowedError("proof_unknown")
    return kind.proofs[name]


def check_proof(proof: Proof, done_on: dt.date, next_due: dt.date | None, today: dt.date) -> None:
    """Hold a wanted proof against what can be.

    Raises:
        NotAllowedError: it lies in future or before 2000, says not until when it is good although
            it must, or longer than it may be.
    """
    if not EARLIEST <= done_on <= today:
        raise NotAllowedError("proof_day")
    if next_due is None:
        if proof.every_days is None:
            raise NotAllowedError("proof_due_missing")
        return
    if not done_on < next_due <= done_on + dt.timedelta(days=proof.most_days):
        raise NotAllowedError("proof_due")


class ProofBook:
    """Until when each device is proven, by kind of proof."""

    def __init__(self, estate: Estate, noted: Iterable[Done] = ()) -> None:
        self._found: dict[tuple[str, str], Standing] = {}
        self._parts: dict[tuple[str, str], Standing] = {}
        for device in estate.devices.values():
            for name, standing in _of_estate(device):
                self._take(self._found, (device.id, name), standing)
                if name == FUNCTIONAL_TEST:
                    self._take(self._parts, (device.id, name), standing)
        for one in noted:
            self._note(estate, one)

    def _note(self, estate: Estate, one: Done) -> None:
        root, _, part = one.device.partition("/")
        device = estate.devices.get(root)
        if device is None or one.taken_back_at is not None:
            return
        kind = _part_kind(device) if part else device.profile.kind
        proof = kind.proofs.get(one.kind)
        if proof is not None:
            own = _standing(proof, one.done_on, one.next_due)
            self._take(self._found, (one.device, one.kind), own)
        proof = _part_kind(device).proofs.get(one.kind)
        if one.with_parts and not part and proof is not None:
            of_parts = _standing(proof, one.done_on, one.next_due)
            self._take(self._parts, (one.device, one.kind), of_parts)

    @staticmethod
    def _take(
        into: dict[tuple[str, str], Standing], key: tuple[str, str], standing: Standing
    ) -> None:
        into[key] = _later(into.get(key, _NOTHING), standing)

    def standing(self, device: str, kind: str) -> Standing:
        """How a device or part stands with one kind of proof."""
        own = self._found.get((device, kind), _NOTHING)
        root, _, part = device.partition("/")
        return _later(own, self._parts.get((root, kind), _NOTHING)) if part else own


def _part_kind(device: Device) -> Kind:
    parts = device.profile.parts
    return parts.kind if parts is not None else device.profile.kind


def _standing(proof: Proof, done_on: dt.date, next_due: dt.date | None) -> Standing:
    if next_due is None and proof.every_days is not None:
        next_due = done_on + dt.timedelta(days=proof.every_days)
    return Standing(done_on, next_due)


def _later(one: Standing, other: Standing) -> Standing:
    return Standing(_latest(one.done_on, other.done_on), _latest(one.due_on, other.due_on))


def _latest(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return max(one, other) if one is not None and other is not None else one or other


def _of_estate(device: Device) -> Iterator[tuple[str, Standing]]:
    """What the estate folder says of a device."""
    entry, proofs = device.entry, device.profile.kind.proofs
    if entry.tested is not None and FUNCTIONAL_TEST in proofs:
        yield FUNCTIONAL_TEST, _standing(proofs[FUNCTIONAL_TEST], entry.tested, None)
    register = entry.elevator
    if register is None:
        return
    if register.maintained is not None and MAINTENANCE in proofs:
        yield (
            MAINTENANCE,
            _standing(proofs[MAINTENANCE], register.maintained, register.next_maintenance),
        )
    elif register.next_maintenance is not None:
        yield MAINTENANCE, Standing(None, register.next_maintenance)
    if register.next_inspection is not None:
        yield INSPECTION, Standing(None, register.next_inspection)
