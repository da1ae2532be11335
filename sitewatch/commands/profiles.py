"""`sitewatch profiles`: the library, and one profile with its points, units and sources."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import typer

from collectors.registry import SCHEMAS
from device_configs.kinds import kinds
from device_configs.point_mapping import Verified
from device_configs.profile import Profile, ProfilePoint, load_profiles
from device_configs.suggest import did_you_mean
from sitewatch.catalogue import catalogue, levels_of, levels_text, links_of, points_of
from sitewatch.commands.probe_table import plain_table
from sitewatch.errors import InvalidInputError
from sitewatch.library import profile_named
from sitewatch.screen import out, say

NameArgument = Annotated[
    str | None, typer.Argument(help="a profile, or a file of your own, to show it whole")
]
KindOption = Annotated[str | None, typer.Option("--kind", help="of this kind only")]
VendorOption = Annotated[str | None, typer.Option("--vendor", help="with this in the maker's name")]
ProtocolOption = Annotated[str | None, typer.Option("--protocol", help="modbus, sunspec or mqtt")]
CatalogueOption = Annotated[
    bool, typer.Option("--catalogue", help="print docs/catalogue.md, with all sources and notes")
]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]


def profiles(
    name: NameArgument = None,
    kind: KindOption = None,
    vendor: VendorOption = None,
    protocol: ProtocolOption = None,
    as_catalogue: CatalogueOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the profile library with how far each is proven, or show one profile."""
    if name is not None:
        _show(profile_named(name), as_json)
        return
    library = load_profiles(SCHEMAS).values()
    if as_catalogue:
        typer.echo(catalogue(library), nl=False)
        return
    _known("kind", kind, kinds())
    _known("protocol", protocol, [schema.protocol for schema in SCHEMAS])
    _list(
        [
            profile
            for profile in library
            if kind in (None, profile.kind.kind)
            and protocol in (None, profile.protocol)
            and (vendor or "").lower() in profile.vendor.lower()
        ],
        as_json,
    )


def _known(what: str, given: str | None, known: Iterable[str]) -> None:
    names = list(known)
    if given is not None and given not in names:
        hint = did_you_mean(given, names) or f": {', '.join(names)}"
        raise InvalidInputError(f"there is no {what} {given!r}{hint}")


def _summary(profile: Profile) -> dict[str, object]:
    levels = levels_of(points_of(profile))
    return {
        "profile": profile.id,
        "kind": profile.kind.kind,
        "vendor": profile.vendor,
        "model": profile.model,
        "protocol": profile.protocol,
        "links": list(links_of(profile)),
        "verified": profile.verified.value,
        "points": sum(levels.values()),
        "points_by_verified": {level.value: count for level, count in levels.items()},
        "source": profile.source,
        "note": profile.note,
    }


def _list(found: Sequence[Profile], as_json: bool) -> None:
    if as_json:
        rows = [_summary(profile) for profile in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for kind in kinds().values():
        mine = [profile for profile in found if profile.kind.kind == kind.kind]
        if mine:
            say(f"{kind.kind}  {kind.label.zh}")
        for profile in mine:
            columns = f"{profile.protocol:8} {profile.verified.value:12} {profile.vendor}"
            say(f"  {profile.id:30} {columns}")
    levels = Counter(profile.verified for profile in found)
    say(f"profiles: {levels_text({level: levels[level] for level in Verified if levels[level]})}")
    points = levels_of(point for profile in found for point in points_of(profile))
    say(f"points:   {levels_text(points)}")


def _show(profile: Profile, as_json: bool) -> None:
    summary = _summary(profile)
    own = [_point(point) for point in profile.points.values()]
    parts = profile.parts
    of_parts = [_point(point) for point in parts.points.values()] if parts else []
    if as_json:
        document = summary | {"point_list": own}
        if parts is not None:
            document["parts"] = {
                "kind": parts.kind.kind, "count": parts.count, "point_list": of_parts,
            }  # fmt: skip
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    summary["points_by_verified"] = levels_text(levels_of(points_of(profile)))
    summary["links"] = ", ".join(links_of(profile))
    summary["note"] = " ".join((profile.note or "").split())
    for key, value in summary.items():
        if value:
            say(f"{key.replace('_', ' '):20} {value}")
    if profile.variants:
        say(f"{'variants':20} {', '.join(profile.variants)}")
    out.print(_point_table(own))
    if parts is not None:
        say(f"parts: {parts.count or 'as many as it says'}, of kind {parts.kind.kind}")
        out.print(_point_table(of_parts))


def _point(point: ProfilePoint) -> dict[str, object]:
    return {
        "point": point.name,
        "label": point.spec.label.model_dump(),
        "unit": point.spec.unit,
        "unit_on_wire": point.mapping.unit,
        "speed": point.spec.speed.value,
        "verified": point.verified.value,
        "address": point.address.model_dump(mode="json", exclude_defaults=True),
    }


def _point_table(points: Sequence[Mapping[str, object]]) -> object:
    table = plain_table("point", "中文", "unit", "on the wire", "speed", "point is", "address")
    for point in points:
        label, address = point["label"], point["address"]
        chinese = str(label["zh"]) if isinstance(label, dict) else ""
        wire = " ".join(f"{k}={v}" for k, v in address.items()) if isinstance(address, dict) else ""
        table.add_row(
            str(point["point"]), chinese, str(point["unit"]), str(point["unit_on_wire"] or ""),
            str(point["speed"]), str(point["verified"]), wire,
        )  # fmt: skip
    return table
