"""What a pile's messages are in points of its profile. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import msgspec

from collectors.convert import to_values
from collectors.ocpp_facts import Event, Stated
from collectors.ocpp_profile import Boot, OcppAddress, address_of, as_many
from collectors.ocpp_values import REGISTER, Sampled, Sampling, to_stored
from collectors.sample import Lane, Reason, Sample, Value
from device_configs.estate import Device
from device_configs.kinds import Speed
from device_configs.profile import ProfilePoint

_NO_FAULTS = frozenset({"NoError", "LocalListConflict", "WeakSignal"})
"""Error codes that say that nothing is wrong with charging (OCPP 1.6, section 7.6)."""
_OTHER = "other"

Values = dict[str, Value]
Reasons = dict[str, str]
Place = tuple[str, str | None, str]
"""Measurand, phase and location."""


@dataclass(frozen=True)
class Points:
    """The points of a pile, or of each of its connectors, by where they stand in messages."""

    measured: Mapping[Place, Sequence[ProfilePoint]]
    status: Sequence[ProfilePoint]
    errors: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    """Point to the error codes and the vendor's that it stands for."""
    events: Mapping[str, frozenset[str]]
    """Point to the variables of NotifyEvent that it stands for."""
    boot: Mapping[Boot, Sequence[ProfilePoint]]
    session: Sequence[ProfilePoint]
    connection: Sequence[ProfilePoint]
    safety: frozenset[str]

    def of_status(self, word: str) -> tuple[Values, Reasons]:
        """What a status is in points."""
        return converted((point, word) for point in self.status)

    def of_errors(self, stated: Stated) -> Values:
        """What the error codes of a status are in points; nothing where it has none."""
        if stated.error is None:
            return {}
        named = {code for codes, _ in self.errors.values() for code in codes}
        is_other = stated.error not in named | _NO_FAULTS
        return {
            name: stated.error in codes
            or (is_other and _OTHER in codes)
            or stated.vendor_error in vendor
            for name, (codes, vendor) in self.errors.items()
            if codes or vendor
        }

    def of_event(self, event: Event) -> Values:
        """What an event is in points."""
        return {
            name: event.active for name, names in self.events.items() if event.variable in names
        }

    def of_sampling(self, sampling: Sampling) -> tuple[Values, Reasons]:
        """What a meter showed."""
        values: Values = {}
        reasons: Reasons = {}
        for one in sampling.values:
            for point in self.measured.get((one.measurand, one.phase, one.location), ()):
                _sampled(one, point, values, reasons)
        return values, reasons

    def of_counter(self, count_wh: float) -> tuple[Values, Reasons]:
        """What a counter of a transaction's begin or end [Wh] is in points."""
        sampled = Sampled(REGISTER, None, "Outlet", count_wh, "Wh", False)
        values: Values = {}
        reasons: Reasons = {}
        for point in self.measured.get((REGISTER, None, "Outlet"), ()):
            _sampled(sampled, point, values, reasons)
        return values, reasons

    def of_session(self, energy_wh: float) -> tuple[Values, Reasons]:
        """What the energy of a transaction [Wh] is in points."""
        return converted((point, energy_wh) for point in self.session)

    def samples(
        self, name: str, received_at: int, source_at: int | None, values: Values,
        reasons: Reasons, mark: str | None = None,
    ) -> list[Sample]:  # fmt: skip
        """The samples of some values: at most one a lane.

        Args:
            name: the pile, or `pile/part`.
            received_at: [ms, UTC]
            source_at: by the pile's clock. [ms, UTC]
            values: point to value.
            reasons: point to why it is unknown.
            mark: what makes them the same when they are told again.
        """
        found = []
        for lane in Lane:
            mine = {
                point: value
                for point, value in values.items()
                if (point in self.safety) == (lane is Lane.SAFETY)
            }
            if mine:
                whys = {point: reasons[point] for point in mine if point in reasons}
                identity = None if mark is None else f"{lane}:{mark}"
                found.append(Sample(name, received_at, mine, whys, lane, source_at, identity))
        return found


def converted(raws: Iterable[tuple[ProfilePoint, float | str | bool]]) -> tuple[Values, Reasons]:
    """Raw values in points."""
    values: Values = {}
    reasons: Reasons = {}
    for point, raw in raws:
        for name, (value, reason) in to_values(raw, point).items():
            values[name] = value
            if reason is not None:
                reasons[name] = reason
    return values, reasons


def mark_of(at: int, values: Values) -> str:
    """What makes values of one moment the same when they come again, by whichever message."""
    text = msgspec.json.encode(values, order="deterministic")
    return f"{at}:{blake2b(text, digest_size=12).hexdigest()}"


def _sampled(one: Sampled, point: ProfilePoint, values: Values, reasons: Reasons) -> None:
    if one.unit is not None and point.spec.unit is not None:
        found = to_stored(one.unit, point.spec.unit)
        point = point if found is None else replace(point, to_stored=found)
        if found is None:
            values[point.name], reasons[point.name] = None, Reason.WRONG_TYPE
            return
    if one.value is None:
        values[point.name], reasons[point.name] = None, Reason.WRONG_TYPE
        return
    for name, (value, reason) in to_values(one.value, point).items():
        values[name] = value
        if reason is not None:
            reasons[name] = reason


def points_of(device: Device, *, of_parts: bool) -> Points:
    """The points of a pile itself, or those that each of its connectors has."""
    parts = device.profile.parts
    points: Mapping[str, ProfilePoint] = device.profile.points
    if of_parts:
        points = {} if parts is None else parts.points
    places = [(point, address_of(point)) for point in points.values()]
    return Points(
        _grouped(places),
        [point for point, address in places if address.status],
        {
            point.name: (frozenset(as_many(a.error)), frozenset(as_many(a.vendor_error)))
            for point, a in places
        },
        {point.name: frozenset(as_many(a.event)) for point, a in places if a.event is not None},
        {boot: [point for point, a in places if a.boot is boot] for boot in Boot},
        [point for point, address in places if address.session_energy],
        [point for point, address in places if address.connection],
        frozenset(p.name for p, _ in places if p.spec.speed is Speed.SAFETY),
    )


def _grouped(
    places: Sequence[tuple[ProfilePoint, OcppAddress]],
) -> Mapping[Place, Sequence[ProfilePoint]]:
    found: dict[Place, list[ProfilePoint]] = {}
    for point, address in places:
        if address.measurand is not None:
            phase = address.phase and address.phase.removesuffix("-N")
            found.setdefault((address.measurand, phase, address.location), []).append(point)
    return found
