"""What the routes of an estate leave out, so that an emergency would reach too few. Pure."""

from collections.abc import Iterator

from alerts.alarm import Severity
from alerts.routes import Route, Routes
from alerts.rules import RuleSet


def lines_without_route(routes: Routes, rules: RuleSet) -> Iterator[str]:
    """A warning for what emergencies no route tells of, or nobody is told of next.

    A route for one site, kind or time of the day is taken as enough: the estate may mean it so.
    """
    if not any(_emergencies(route) for route in routes.routes):
        yield "no route tells of emergencies; they are on the page only"
        return
    classes = {
        rule.alarm_class
        for rule in rules.every()
        if rule.severity is Severity.EMERGENCY and rule.enabled
    }
    for alarm_class in sorted(classes):
        taking = [one for one in routes.routes if _emergencies(one) and _takes(one, alarm_class)]
        if not taking:
            yield f"no route tells of emergencies of class {alarm_class}; they are on the page only"
        elif not any(one.escalate for one in taking):
            yield (
                f"emergencies of class {alarm_class} have no escalation: only the same people are "
                "told again while nobody acknowledges; add escalate to a route"
            )


def _emergencies(route: Route) -> bool:
    severities = route.when.severity
    return (not severities or Severity.EMERGENCY in severities) and route.when.test is not True


def _takes(route: Route, alarm_class: str) -> bool:
    return not route.when.alarm_class or alarm_class in route.when.alarm_class
