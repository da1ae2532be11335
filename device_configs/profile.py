"""Device profiles: how one product shows the points of its kind on the wire, as plain data.

The loader knows the keys that all protocols share. What a protocol adds (its section and the wire
address of a point) is checked by models that `sitewatch` hands in, so that this package knows no
protocol.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, Field, ValidationError, model_validator

from device_configs.faults import Fault, InvalidConfigError, Path_, dotted, from_validation, line_of
from device_configs.kinds import Kind, PointSpec, PointType, Speed, kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.quantities import (
    Conversion,
    Label,
    Strict,
    UnknownUnitError,
    conversion,
)
from device_configs.suggest import did_you_mean
from device_configs.variants import Condition, Rule
from device_configs.yaml_file import Document, read_yaml

LIBRARY = Path(__file__).with_name("profiles")


class _Parts(Strict):
    kind: str
    count: int = Field(ge=0, le=65535)
    """0 where the parts are found by asking the device, and none is taken for granted."""
    id: str = "p{n:03d}"
    first: int = 1
    points: Mapping[str, Mapping[str, object]]


class _Variant(Strict):
    when: Mapping[str, Condition] = Field(default_factory=dict)
    points: Mapping[str, Mapping[str, object]] = Field(min_length=1)


class _Header(Strict):
    profile: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")
    kind: str
    vendor: str
    model: str
    source: str
    verified: Verified
    note: str | None = None
    label: Label | None = None
    points: Mapping[str, Mapping[str, object]]
    parts: _Parts | None = None
    variants: Mapping[str, _Variant] = Field(default_factory=dict)
    fault_codes: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_kind(self) -> "_Header":
        for kind in (self.kind, self.parts.kind if self.parts else self.kind):
            if kind not in kinds():
                known, hint = ", ".join(sorted(kinds())), did_you_mean(kind, kinds())
                raise ValueError(f"kind {kind!r} is not one of {known}{hint}")
        return self


class Linked(Protocol):
    """A device with its link, as far as a protocol looks at it before it is opened."""

    @property
    def id(self) -> str:
        """The device's id."""
        ...

    @property
    def link(self) -> BaseModel:
        """The checked parameters of its link."""
        ...


Conflicts = Callable[[Sequence[Linked]], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class ProtocolSchema:
    """What a protocol adds to profiles and devices: three models, handed in by `sitewatch`."""

    protocol: str
    """Name of the profile's section: `modbus`, `mqtt`."""
    settings: type[BaseModel]
    """The profile's section itself."""
    address: type[BaseModel]
    """The wire address of one point: what remains of its keys after those of `PointMapping`."""
    links: Mapping[str, type[BaseModel]]
    """Link name to the model of its parameters: `modbus_tcp`, `modbus_rtu`, `mqtt`."""
    contradictions: Callable[["Profile"], Iterable[str]] = lambda profile: ()
    """What is wrong between the parts of a profile that is right in each of them."""
    conflicts: Conflicts = lambda devices: ()
    """Which devices of an estate cannot both be right: each one's id, and why."""


@dataclass(frozen=True)
class ProfilePoint:
    """One point of a profile: what it means, how raw becomes a value, and where it stands."""

    name: str
    spec: PointSpec
    mapping: PointMapping
    to_stored: Conversion
    address: BaseModel
    verified: Verified


@dataclass(frozen=True)
class PartsProfile:
    """The parts of a device that are all alike: detectors behind a panel."""

    kind: Kind
    count: int
    id_format: str
    first: int
    points: Mapping[str, ProfilePoint]

    def ids(self) -> tuple[str, ...]:
        """The part ids in wire order."""
        return tuple(self.id_format.format(n=n) for n in range(self.first, self.first + self.count))


@dataclass(frozen=True)
class Variant:
    """What a firmware or model of the product does otherwise."""

    rule: Rule
    points: Mapping[str, ProfilePoint]


@dataclass(frozen=True)
class Profile:
    """One product: how it shows its points on the wire."""

    id: str
    kind: Kind
    vendor: str
    model: str
    source: str
    verified: Verified
    protocol: str
    settings: BaseModel
    points: Mapping[str, ProfilePoint]
    parts: PartsProfile | None = None
    note: str | None = None
    file: Path = field(default=Path(), compare=False)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    label: Label | None = None
    """What people call the product."""
    fault_codes: Mapping[str, str] = field(default_factory=dict)
    """Point to the table of its codes (`device_configs/fault_codes`)."""

    @property
    def varying(self) -> frozenset[str]:
        """The points that a variant changes: they have no meaning before it is known."""
        return frozenset(name for variant in self.variants.values() for name in variant.points)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """How the device tells which variant it is, in the order they are tried."""
        return tuple(variant.rule for variant in self.variants.values())

    def as_variant(self, name: str | None) -> "Profile":
        """The profile of one variant, or of the product without any; it has no variants itself."""
        points = dict(self.points) | (dict(self.variants[name].points) if name else {})
        return replace(self, points=points, variants={})


_COMMON = frozenset(PointMapping.model_fields)


class _Reader:
    """Reads one profile file and collects every fault in it."""

    def __init__(self, document: Document, protocols: Mapping[str, ProtocolSchema]) -> None:
        self.document = document
        self.protocols = protocols
        self.faults: list[Fault] = []

    def fault(self, path: Path_, message: str) -> None:
        line = line_of(self.document.lines, path)
        self.faults.append(Fault(str(self.document.file), line, dotted(path), message))

    def model(
        self, model: type[BaseModel], data: object, path: Path_, also: Iterable[str] = ()
    ) -> BaseModel | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            file, lines = self.document.file, self.document.lines
            self.faults += from_validation(error, file, lines, path, model=model, also=also)
            return None

    def read(self) -> Profile | None:
        if not isinstance(self.document.data, dict):
            self.fault((), "a profile is a mapping that begins with 'profile: NAME'")
            return None
        data = dict(self.document.data)
        sections = [name for name in self.protocols if name in data]
        if len(sections) != 1:
            names = ", ".join(sorted(self.protocols))
            near = "".join(did_you_mean(key, self.protocols) for key in data)
            self.fault((), f"a profile has exactly one protocol section of: {names}{near}")
        schema = self.protocols[sections[0]] if sections else None
        section = {name: data.pop(name) for name in sections}
        header = self.model(_Header, data, ())
        if not isinstance(header, _Header) or schema is None:
            return None
        settings = self.model(schema.settings, section[schema.protocol] or {}, (schema.protocol,))
        kind = kinds()[header.kind]
        points = self.points(header.points, kind, schema, header.verified, ("points",))
        parts = self.parts(header, schema)
        variants = self.variants(header, kind, schema)
        for name in header.fault_codes:
            if name not in points or points[name].spec.type is not PointType.NUMBER:
                hint = did_you_mean(name, points)
                self.fault(("fault_codes", name), f"{name!r} is no number of the profile{hint}")
        if self.faults or settings is None:
            return None
        profile = Profile(
            header.profile, kind, header.vendor, header.model, header.source, header.verified,
            schema.protocol, settings, points, parts, header.note, self.document.file, variants,
            header.label, dict(header.fault_codes),
        )  # fmt: skip
        for one in (profile, *map(profile.as_variant, variants)):
            for message in schema.contradictions(one):
                self.fault((schema.protocol,), message)
        return profile

    def variants(
        self, header: _Header, kind: Kind, schema: ProtocolSchema
    ) -> Mapping[str, Variant]:
        found = {}
        for name, given in header.variants.items():
            path: Path_ = ("variants", name)
            points = self.points(given.points, kind, schema, header.verified, (*path, "points"))
            for point in given.when:
                if point not in header.points:
                    hint = did_you_mean(point, header.points)
                    self.fault((*path, "when"), f"{point!r} is no point of the profile{hint}")
                elif any(point in other.points for other in header.variants.values()):
                    self.fault((*path, "when"), f"{point!r} cannot decide: a variant changes it")
            found[name] = Variant(Rule(name, given.when), points)
        return found

    def parts(self, header: _Header, schema: ProtocolSchema) -> PartsProfile | None:
        if header.parts is None:
            return None
        kind = kinds()[header.parts.kind]
        path: Path_ = ("parts", "points")
        points = self.points(header.parts.points, kind, schema, header.verified, path)
        return PartsProfile(kind, header.parts.count, header.parts.id, header.parts.first, points)

    def points(
        self,
        data: Mapping[str, Mapping[str, object]],
        kind: Kind,
        schema: ProtocolSchema,
        verified: Verified,
        path: Path_,
    ) -> dict[str, ProfilePoint]:
        found = {}
        for name, keys in data.items():
            point = self.point(name, keys, kind, schema, verified, (*path, name))
            if point is not None:
                found[name] = point
        return found

    def point(
        self,
        name: str,
        keys: Mapping[str, object],
        kind: Kind,
        schema: ProtocolSchema,
        verified: Verified,
        path: Path_,
    ) -> ProfilePoint | None:
        common = {key: value for key, value in keys.items() if key in _COMMON}
        wire = {key: value for key, value in keys.items() if key not in _COMMON}
        mapping = self.model(PointMapping, common, path)
        address = self.model(schema.address, wire, path, _COMMON)
        if not isinstance(mapping, PointMapping):
            return None
        spec = _bit_carrier(name) if mapping.bits else kind.point(name)
        if spec is None:
            hint = did_you_mean(name, kind.points)
            self.fault(path, f"kind {kind.kind!r} has no point {name!r}{hint}")
            return None
        for bit_name in mapping.bits.values():
            if not kind.has(bit_name):
                hint = did_you_mean(bit_name, kind.points)
                self.fault((*path, "bits"), f"kind {kind.kind!r} has no point {bit_name!r}{hint}")
        for value in mapping.values.values():
            if spec.type is PointType.ENUM and value not in spec.values:
                known = ", ".join(spec.values)
                hint = did_you_mean(value, spec.values)
                self.fault((*path, "values"), f"{value!r} is not a value of {name}: {known}{hint}")
        if (mapping.bit is not None or mapping.any_cell) and spec.type is not PointType.BOOL:
            self.fault(path, f"{name} is a {spec.type.value}; a bit or any_cell makes a boolean")
        if mapping.positive == "export" and spec.type is not PointType.NUMBER:
            self.fault((*path, "positive"), f"{name} is not a number and has no sign")
        self.limits(name, spec, mapping, path)
        to_stored = self.conversion(spec, mapping, path)
        if address is None:
            return None
        return ProfilePoint(name, spec, mapping, to_stored, address, mapping.verified or verified)

    def limits(self, name: str, spec: PointSpec, mapping: PointMapping, path: Path_) -> None:
        """Find what limits a point in a way that it cannot be limited."""
        if mapping.rolls_over_at is not None and not spec.counter:
            self.fault((*path, "rolls_over_at"), f"{name} is no counter and does not roll over")
        if mapping.stuck_after is not None and spec.type is not PointType.NUMBER:
            self.fault((*path, "stuck_after"), f"{name} is not a number and cannot be stuck")
        if mapping.max_rate is not None and (spec.counter or spec.speed is Speed.SAFETY):
            # A change of a safety point is never waited for; a counter has its rating.
            self.fault((*path, "max_rate"), f"{name} is a counter or a safety point")

    def conversion(self, spec: PointSpec, mapping: PointMapping, path: Path_) -> Conversion:
        if spec.type is not PointType.NUMBER or mapping.bits:
            return Conversion()
        if mapping.unit is None:
            if spec.unit not in {"1", "count"}:
                self.fault(path, f"'unit' is missing; {spec.name} is stored in {spec.unit}")
            return Conversion()
        try:
            return conversion(mapping.unit, spec.unit)
        except UnknownUnitError as error:
            self.fault((*path, "unit"), str(error))
            return Conversion()


def _bit_carrier(name: str) -> PointSpec:
    label = Label(zh=name, en=name)
    return PointSpec(name=name, type=PointType.STRING, label=label)


def read_profile(file: Path, protocols: Mapping[str, ProtocolSchema]) -> Profile:
    """Read one profile file.

    Raises:
        InvalidConfigError: with every fault of the file.
    """
    reader = _Reader(read_yaml(file), protocols)
    profile = reader.read()
    if reader.faults or profile is None:
        raise InvalidConfigError(reader.faults)
    return profile


def load_profiles(
    protocols: Iterable[ProtocolSchema], *folders: Path, library: bool = True
) -> dict[str, Profile]:
    """Load the library and further folders; a folder's profile replaces the library's of its name.

    Raises:
        InvalidConfigError: with every fault of every file.
    """
    schemas = {schema.protocol: schema for schema in protocols}
    faults: list[Fault] = []
    found: dict[str, Profile] = {}
    for folder in (LIBRARY, *folders) if library else folders:
        here: dict[str, Path] = {}
        for file in sorted(folder.glob("**/*.yaml")):
            try:
                profile = read_profile(file, schemas)
            except InvalidConfigError as error:
                faults += error.faults
                continue
            if profile.id in here:
                message = f"profile {profile.id!r} is already in {here[profile.id].name}"
                faults.append(Fault(str(file), 1, "profile", message))
            here[profile.id] = file
            found[profile.id] = profile
    if faults:
        raise InvalidConfigError(faults)
    return found
