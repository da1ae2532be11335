"""The profile library as a page: every profile, where it comes from, how far it is proven.

`docs/catalogue.md` is made of it, and a test holds the page to it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from collectors.registry import SCHEMAS
from device_configs.kinds import kinds
from device_configs.point_mapping import Verified
from device_configs.profile import Profile, ProfilePoint

_HEAD = """\
# The profile library

Made by `sitewatch profiles --catalogue` from the profiles themselves; do not edit it. How to write
a profile, and what the levels mean, is in [profiles.md](profiles.md).

A profile and its points are proven separately: a profile that is proven by a capture may have
points that the capture does not show. A level says where our knowledge comes from. It does not say
that the product in front of you, with its firmware and settings, is the one that was looked at.
"""


def points_of(profile: Profile) -> Sequence[ProfilePoint]:
    """The points of a profile and of its parts."""
    parts = profile.parts.points.values() if profile.parts is not None else ()
    return (*profile.points.values(), *parts)


def levels_of(points: Iterable[ProfilePoint]) -> Mapping[Verified, int]:
    """Level to points; a word of bits counts with every bit that has a name."""
    counts: Counter[Verified] = Counter()
    for point in points:
        counts[point.verified] += max(1, len(point.mapping.bits))
    return {level: counts[level] for level in Verified if counts[level]}


def levels_text(counts: Mapping[Verified, int]) -> str:
    """`28 capture, 7 two_sources`."""
    return ", ".join(f"{count} {level.value}" for level, count in counts.items())


def links_of(profile: Profile) -> Sequence[str]:
    """The links a device of the profile can have in an estate."""
    return next(tuple(s.links) for s in SCHEMAS if s.protocol == profile.protocol)


def catalogue(library: Iterable[Profile]) -> str:
    """The whole page as Markdown."""
    profiles = sorted(library, key=lambda profile: profile.id)
    sections = [_HEAD, _levels(profiles)]
    for name, kind in kinds().items():
        mine = [profile for profile in profiles if profile.kind.kind == name]
        if mine:
            sections.append(f"## {kind.label.en} {kind.label.zh}\n\n`{name}`\n\n{_table(mine)}")
            sections += [_profile(profile) for profile in mine]
    return "\n".join(sections)


def _levels(profiles: Sequence[Profile]) -> str:
    rows = ["| level | profiles | points |", "|---|---:|---:|"]
    by_level = Counter(profile.verified for profile in profiles)
    points = levels_of(point for profile in profiles for point in points_of(profile))
    rows += [
        f"| `{level.value}` | {by_level[level]} | {points.get(level, 0)} |" for level in Verified
    ]
    return "\n".join(rows) + "\n"


def _table(profiles: Sequence[Profile]) -> str:
    rows = ["| profile | maker | model | speaks | profile is | points are |", "|---" * 6 + "|"]
    for profile in profiles:
        cells = (
            f"[`{profile.id}`](#{profile.id})", profile.vendor, profile.model, profile.protocol,
            profile.verified.value, levels_text(levels_of(points_of(profile))),
        )  # fmt: skip
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _profile(profile: Profile) -> str:
    lines = [f"### {profile.id}", ""]
    name = f"{profile.vendor} {profile.model}"
    lines.append(f"- {name} ({profile.label.zh})" if profile.label else f"- {name}")
    lines.append(f"- links: {', '.join(links_of(profile))}")
    if profile.parts is not None:
        many, label = profile.parts.count or "as many as it says", profile.parts.kind.label
        lines.append(f"- parts: {many}, {label.en} {label.zh}")
    if profile.variants:
        lines.append(f"- variants: {', '.join(profile.variants)}")
    lines.append(f"- source: {profile.source}")
    if profile.note:
        lines.append(f"- note: {' '.join(profile.note.split())}")
    return "\n".join(lines) + "\n"
