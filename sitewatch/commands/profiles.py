"""`sitewatch profiles`: the library, and one profile with its points, units and sources."""

import json
from collections import Counter
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.table import Table

from collectors.registry import SCHEMAS
from device_configs.profile import Profile, load_profiles
from sitewatch.screen import err, out

NameArgument = Annotated[str | None, typer.Argument(help="a profile, to show it whole")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]


def profiles(name: NameArgument = None, as_json: JsonOption = False) -> None:
    """List the profile library, or show one profile."""
    library = load_profiles(SCHEMAS)
    if name is None:
        _list(library, as_json)
        return
    if name not in library:
        close = get_close_matches(name, library, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        err.print(f"there is no profile {name!r}{hint}")
        raise typer.Exit(2)
    _show(library[name], as_json)


def _summary(profile: Profile) -> dict[str, object]:
    return {
        "profile": profile.id,
        "kind": profile.kind.kind,
        "vendor": profile.vendor,
        "model": profile.model,
        "protocol": profile.protocol,
        "verified": profile.verified.value,
        "points": len(profile.points),
        "points_by_verified": dict(Counter(p.verified.value for p in profile.points.values())),
        "source": profile.source,
    }


def _list(library: dict[str, Profile], as_json: bool) -> None:
    rows = [_summary(profile) for profile in library.values()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for column, width in (("profile", 26), ("kind", 24), ("verified", 11), ("maker", 8)):
        table.add_column(column, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        columns = ("profile", "kind", "verified", "vendor")
        table.add_row(*(str(row[column]) for column in columns))
    out.print(table)
    counts = Counter(str(row["verified"]) for row in rows)
    out.print("profiles by proof: " + ", ".join(f"{n} {level}" for level, n in counts.items()))


def _show(profile: Profile, as_json: bool) -> None:
    points = [
        {
            "point": point.name,
            "label": point.spec.label.model_dump(),
            "unit": point.spec.unit,
            "unit_on_wire": point.mapping.unit,
            "speed": point.spec.speed.value,
            "verified": point.verified.value,
            "address": point.address.model_dump(mode="json", exclude_defaults=True),
        }
        for point in profile.points.values()
    ]
    if as_json:
        typer.echo(json.dumps(_summary(profile) | {"point_list": points}, ensure_ascii=False))
        return
    for key, value in _summary(profile).items():
        out.print(f"{key:20} {value}", highlight=False)
    table = Table("point", "中文", "unit", "on the wire", "speed", "verified", "address")
    for point in points:
        label = point["label"]
        chinese = label["zh"] if isinstance(label, dict) else ""
        address = point["address"]
        wire = " ".join(f"{k}={v}" for k, v in address.items()) if isinstance(address, dict) else ""
        table.add_row(
            str(point["point"]), chinese, str(point["unit"]), str(point["unit_on_wire"] or ""),
            str(point["speed"]), str(point["verified"]), wire,
        )  # fmt: skip
    out.print(table)
    if profile.parts:
        out.print(f"parts: {profile.parts.count} of kind {profile.parts.kind.kind}")
