"""The rules in force, with what each is for, and the file and line that gave each setting."""

from collections.abc import Iterator

from fastapi import APIRouter

from alerts.condition_text import condition_text
from alerts.rule import Rule
from alerts.rule_files import DEFAULTS
from api.auth import Asking
from api.device_items import both
from api.house import House
from api.parts_of_app import Behind, IndexOfNow
from api.schemas_admin import RuleItem
from device_configs.estate import Estate

router = APIRouter(tags=["rules"])


@router.get("/rules")
def get_rules(caller: Asking, house: Behind, index: IndexOfNow) -> list[RuleItem]:
    """Every version of every rule; those for devices or sites out of one's sight are left out."""
    visible = caller.visible(index.estate)
    whole = caller.everywhere(index.estate)
    return [
        _item(rule, house)
        for rule in house.rules().every()
        if whole or _is_visible(rule, index.estate, visible)
    ]


def _is_visible(rule: Rule, estate: Estate, visible: frozenset[str]) -> bool:
    """Whether everything that a version names lies in sight; one for all does."""
    places = [estate.place_of(device) for device in rule.devices]
    # Fire classes stand among the sites, and are no site.
    places += [site for site in rule.sites if site in estate.sites]
    return all(place in visible for place in places)


def _item(rule: Rule, house: House) -> RuleItem:
    return RuleItem(
        rule=rule.id,
        title=both(rule.title),
        kinds=sorted(rule.kinds),
        point=rule.point,
        points=sorted(rule.points),
        except_points=sorted(rule.except_points),
        devices=sorted(rule.devices),
        sites=sorted(rule.sites),
        when=condition_text(rule.condition, rule.point, _unit(rule, house)),
        alarm_class=rule.alarm_class,
        class_title=both(house.rules().classes[rule.alarm_class].title),
        severity=rule.severity.value,
        latch=rule.latch,
        on_delay_s=rule.on_delay_ms / 1000,
        off_delay_s=rule.off_delay_ms / 1000,
        enabled=rule.enabled,
        source=rule.source,
        confidence=rule.confidence.value if rule.confidence else None,
        note=rule.note,
        own=any(not where.startswith(f"{DEFAULTS.name}/") for where in rule.origin.values()),
        origin=dict(rule.origin),
    )


def _unit(rule: Rule, house: House) -> str:
    specs: Iterator[str] = (
        spec.unit
        for kind in sorted(rule.kinds)
        if (spec := house.kinds[kind].point(rule.point)) is not None
    )
    return next(specs, "")
