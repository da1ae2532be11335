"""Entries of rule files, one over the other: each changes what it gives and keeps the rest.

The first entry of an id defines the rule; each later one that applies to a device, a part or a
point changes it there, in the order of the files, so that the last one wins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.conditions import NAMES

WHERE = ("devices", "sites", "fire_classes", "points")
"""Settings that say where an entry holds, beside `kinds`."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One entry of a file: what it says of a rule, and where it holds."""

    data: Mapping[str, object]
    """What was written, without where it holds."""
    origin: Mapping[str, str]
    """Setting to the file and line that gave it."""
    kinds: frozenset[str] | None = None
    """Kinds that it is for, where they are not those of the rule."""
    devices: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    """Sites, and fire classes of buildings: no site has such a name."""
    points: frozenset[str] = frozenset()

    @property
    def located(self) -> bool:
        """Whether it depends on the device or its site."""
        return bool(self.devices or self.sites)

    @property
    def scoped(self) -> bool:
        """Whether it holds for some of what the rule is for."""
        return self.located or bool(self.points) or self.kinds is not None

    def applies(self, kind: str, device: str, sites: frozenset[str]) -> bool:
        """Whether it holds for a device or part; of its points another question is asked."""
        if self.kinds is not None and kind not in self.kinds:
            return False
        if not self.located:
            return True
        named = device in self.devices or device.partition("/")[0] in self.devices
        return named or not self.sites.isdisjoint(sites)


@dataclass(frozen=True)
class Choice:
    """Which layers of a rule hold for which points of a device."""

    layers: tuple[int, ...]
    points: frozenset[str] = frozenset()
    except_points: frozenset[str] = frozenset()


def choices(
    layers: Sequence[Layer], kinds: frozenset[str], kind: str, device: str, sites: frozenset[str]
) -> tuple[Choice, ...]:
    """What of a rule holds for a device or part; more than one where points differ.

    Args:
        layers: the entries of the rule, the defining one first.
        kinds: the kinds that the rule is for.
        kind: the kind of the device or part.
        device: its id.
        sites: the sites it stands at, and the fire class of its building.
    """
    fitting = [i for i, layer in enumerate(layers) if layer.applies(kind, device, sites)]
    groups: dict[tuple[int, ...], set[str]] = {}
    named = frozenset[str]().union(*(layers[i].points for i in fitting))
    for point in named:
        here = tuple(i for i in fitting if not layers[i].points or point in layers[i].points)
        groups.setdefault(here, set()).add(point)
    others = tuple(i for i in fitting if not layers[i].points)
    found = [Choice(here, frozenset(points)) for here, points in groups.items()]
    found.append(Choice(others, except_points=named))
    return tuple(one for one in found if _holds(layers, one.layers, kind in kinds))


def _holds(layers: Sequence[Layer], chosen: tuple[int, ...], of_its_kind: bool) -> bool:
    """Whether the rule is for this: by its definition, or by an entry that names it."""
    return (0 in chosen and of_its_kind) or any(
        i and (layers[i].kinds is not None or (layers[i].scoped and of_its_kind)) for i in chosen
    )


def folded(layers: Iterable[Layer]) -> tuple[dict[str, object], dict[str, str]]:
    """One entry of several, and where each of its settings comes from."""
    data: dict[str, object] = {}
    origin: dict[str, str] = {}
    for layer in layers:
        gone = set(NAMES) if any(name in layer.data for name in NAMES) else set()
        if "kinds" in layer.data:
            gone.add("except_kinds")
        data = {key: value for key, value in data.items() if key not in gone} | dict(layer.data)
        origin = {key: where for key, where in {**origin, **layer.origin}.items() if key in data}
    return data, origin
