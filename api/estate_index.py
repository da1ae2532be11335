"""What the interface asks of an estate again and again, worked out once per revision of it."""

from collections.abc import Mapping
from functools import cached_property

from api.errors import Refusal
from device_configs.estate import Device, Estate
from device_configs.kinds import Kind, PointSpec


class EstateIndex:
    """Look-ups in one estate; a new estate gets a new index."""

    def __init__(self, estate: Estate, own: Mapping[str, Kind]) -> None:
        self.estate = estate
        self.own = own
        """Devices that stand for sitewatch itself; they belong to the estate as a whole."""
        self._specs: dict[tuple[str, str], PointSpec | None] = {}

    def place_of(self, device: str) -> str | None:
        """The site of a device or part; None for what the estate does not have any more."""
        return self.estate.id if device in self.own else self.estate.place_of(device)

    def kind_of(self, device: str) -> Kind | None:
        """The kind of a device or part."""
        if device in self.own:
            return self.own[device]
        root, _, part = device.partition("/")
        found = self.estate.devices.get(root)
        if found is None:
            return None
        parts = found.profile.parts
        return parts.kind if part and parts else found.profile.kind

    def spec_of(self, device: str, point: str) -> PointSpec | None:
        """What a point of a device or part means."""
        kind = self.kind_of(device)
        if kind is None:
            return None
        key = (kind.kind, point)
        if key not in self._specs:
            self._specs[key] = kind.point(point)
        return self._specs[key]

    def unit_of(self, device: str, point: str) -> str:
        """The stored unit of a point; empty for what is not a number."""
        spec = self.spec_of(device, point)
        return spec.unit if spec else ""

    def community_of(self, site: str) -> str | None:
        """The id of the community a site belongs to."""
        found = self.estate.community_of(site)
        return found.id if found else None

    @cached_property
    def above(self) -> Mapping[str, tuple[str, ...]]:
        """For every site: itself and all sites above it."""
        found: dict[str, tuple[str, ...]] = {}
        for site in self.estate.sites.values():
            found[site.id] = (site.id, *(found[site.parent] if site.parent else ()))
        return found

    def device(self, device: str, visible: frozenset[str]) -> Device:
        """A device, or the parent of a part, of which the caller may see the named one.

        Raises:
            Refusal: `not_found`, there is none, or not for the caller.
        """
        place = self.estate.place_of(device)
        root = device.partition("/")[0]
        if place is None or place not in visible or device.endswith("/"):
            raise Refusal("not_found", f"there is no device {device!r}")
        return self.estate.devices[root]


class Indexes:
    """The index of the estate of now."""

    def __init__(self, own: Mapping[str, Kind]) -> None:
        self._own = own
        self._newest: EstateIndex | None = None

    def of(self, estate: Estate) -> EstateIndex:
        """The index of an estate; made when the estate is a new one."""
        newest = self._newest
        if newest is None or newest.estate is not estate:
            newest = self._newest = EstateIndex(estate, self._own)
        return newest
