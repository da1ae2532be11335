"""Which reports are tests: by the test bit of the device, and by the drills that are announced."""

from collections.abc import Sequence

from alerts.drills import Announced, Drill, Reported
from alerts.rule import Rule
from alerts.watch import Watch
from device_configs.estate import Estate


class Marks:
    """What marks an alarm as a test; without a drill it is the test bit alone."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._announced = Announced(estate)
        self._running: tuple[Drill, ...] | None = None
        """None before the first look: a drill may have ended while nobody judged."""

    def announce(self, drills: Sequence[Drill], at: int) -> bool:
        """Take up what is announced; tells whether other drills are on than before."""
        if self._announced.drills != tuple(drills):
            self._announced = Announced(self._estate, drills)
        running = self._announced.running(at)
        before, self._running = self._running, running
        return running != before

    def covers(self, watch: Watch, at: int) -> bool:
        """Whether the test of a device is announced."""
        return self._announced.covers(watch.id, at)

    def is_test(self, rule: Rule, watch: Watch, at: int, received_at: int) -> bool:
        """Whether what a rule makes of a report, of this event time [ms, UTC], is a test."""
        if not rule.drillable:
            return False
        if not self._announced.drills:
            return watch.in_test
        subject = watch.subject
        sites = frozenset({subject.place, *(step.id for step in subject.path)})
        tells = watch.can_tell_test or not watch.listed
        reported = Reported(
            watch.id, sites, rule.alarm_class, watch.in_test, tells, at, received_at
        )
        return self._announced.is_test(reported)
