"""`sitewatch rules`: what holds where, and what a folder's rules would have raised."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from alerts.condition_text import condition_text, seconds_text
from alerts.rule import Rule
from alerts.rules import RuleSet, load_rules
from alerts.watch import rule_sites
from device_configs.estate import Estate
from device_configs.kinds import Kind, kinds
from device_configs.suggest import did_you_mean
from sitewatch.commands.rules_trial import trial
from sitewatch.errors import InvalidInputError
from sitewatch.screen import say

rules_app = typer.Typer(help="The rules of alarms, and what they would have raised.")
rules_app.command("test")(trial)

EstateOption = Annotated[Path | None, typer.Option("--estate", help="the estate folder")]
DeviceOption = Annotated[
    str | None, typer.Option("--device", help="a device, or device/part: what holds there")
]
KindOption = Annotated[str | None, typer.Option("--kind", help="what holds for a kind")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="this rule only")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]


@rules_app.callback(invoke_without_command=True)
def rules(
    context: typer.Context,
    estate: EstateOption = None,
    device: DeviceOption = None,
    kind: KindOption = None,
    rule: RuleOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the rules that hold, with the file and line that gave each setting."""
    if context.invoked_subcommand is not None:
        return
    if kind is not None and kind not in kinds():
        raise InvalidInputError(f"there is no kind {kind!r}{did_you_mean(kind, kinds())}")
    if device is not None and estate is None:
        raise InvalidInputError("what holds for a device says its estate; give --estate")
    found = list(_listed(estate, device, kind, rule))
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        _show(one)
    say(f"{len(found)} rules")


def _listed(
    folder: Path | None, device: str | None, kind: str | None, rule: str | None
) -> Iterator[Rule]:
    known: RuleSet
    chosen: Sequence[Rule]
    if device is not None and folder is not None:
        # The estate is loaded whole: its faults are told before anything is said of a device.
        from sitewatch.estate_folder import load_folder

        loaded = load_folder(folder)
        known, chosen = loaded.rules, of_device(loaded.estate, loaded.rules, device)
    else:
        known = load_rules(folder)
        chosen = known.every() if kind is None else known.chosen(kind, "", (), part=False)
    if rule is not None and rule not in known.rules:
        raise InvalidInputError(f"there is no rule {rule!r}{did_you_mean(rule, known.rules)}")
    for one in sorted(chosen, key=lambda found: found.id):
        if rule in (None, one.id) and (kind is None or kind in one.kinds):
            yield one


def of_device(estate: Estate, rules: RuleSet, device: str) -> tuple[Rule, ...]:
    """The rules that hold for a device or part of the estate.

    Raises:
        InvalidInputError: the estate does not have it.
    """
    parent, _, part = device.partition("/")
    entry = estate.devices.get(parent)
    if entry is None:
        hint = did_you_mean(parent, estate.devices)
        raise InvalidInputError(f"there is no device {parent!r} in the estate{hint}")
    if part and part not in entry.parts:
        hint = did_you_mean(part, entry.parts)
        raise InvalidInputError(f"device {parent!r} has no part {part!r}{hint}")
    of: Kind = entry.profile.kind
    if part and entry.profile.parts is not None:
        of = entry.profile.parts.kind
    place = entry.parts[part].place if part else entry.place
    return rules.chosen(of.kind, device, rule_sites(estate, place), part=bool(part))


def _unit(rule: Rule) -> str:
    specs = (kinds()[kind].point(rule.point) for kind in sorted(rule.kinds))
    return next((spec.unit for spec in specs if spec is not None), "")


def _as_json(rule: Rule) -> Mapping[str, object]:
    return {
        "rule": rule.id,
        "title": rule.title.model_dump(),
        "kinds": sorted(rule.kinds),
        "point": rule.point,
        "points": sorted(rule.points),
        "except_points": sorted(rule.except_points),
        "devices": sorted(rule.devices),
        "sites": sorted(rule.sites),
        "when": condition_text(rule.condition, rule.point, _unit(rule)),
        "class": rule.alarm_class,
        "severity": rule.severity.value,
        "latch": rule.latch,
        "on_delay_ms": rule.on_delay_ms,
        "off_delay_ms": rule.off_delay_ms,
        "enabled": rule.enabled,
        "source": rule.source,
        "confidence": rule.confidence.value if rule.confidence else None,
        "origin": dict(rule.origin),
    }


def _show(rule: Rule) -> None:
    state = "" if rule.enabled else "  (switched off)"
    where = [*sorted(rule.devices), *sorted(rule.sites), *sorted(rule.points)]
    only = f"  only {', '.join(where)}" if where else ""
    rest = f"  without {', '.join(sorted(rule.except_points))}" if rule.except_points else ""
    say(f"{rule.id}  {rule.title.zh}  {rule.title.en}{only}{rest}{state}")
    delays = f"{seconds_text(rule.on_delay_ms)} / {seconds_text(rule.off_delay_ms)}"
    latch = ", latches" if rule.latch else ""
    say(f"    {condition_text(rule.condition, rule.point, _unit(rule))}")
    say(f"    {rule.alarm_class}, {rule.severity.value}{latch}, on / off after {delays}")
    confidence = f" ({rule.confidence.value})" if rule.confidence else ""
    say(f"    source: {rule.source}{confidence}")
    places: dict[str, list[str]] = {}
    for setting, place in rule.origin.items():
        if setting != "rule":
            places.setdefault(place.rpartition(":")[0], []).append(
                f"{setting}:{place.rpartition(':')[2]}"
            )
    for file, settings in places.items():
        say(f"    from {file}: {', '.join(settings)}")
