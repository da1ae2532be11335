"""Alarms that sitewatch raises itself, not from a sample, inside the caller's transaction."""

from dataclasses import replace

from alerts.alarm import Subject
from alerts.condition import Verdict
from alerts.engine import Observation, State
from alerts.rule import Rule
from alerts.texts import text
from alerts.watch import SERVICE, Key
from alerts.writer import Change, Input, Writer


def service_subject(place: str = "") -> Subject:
    """Sitewatch itself, at a place."""
    return Subject(SERVICE, "service", text("device.service"), place, ())


def observe(
    writer: Writer, rule: Rule, point: str, *, holds: bool, value: str | None, now_ms: int,
    subject: Subject | None = None,
) -> None:  # fmt: skip
    """Say whether the condition of a rule of kind `by_service` holds for a point of sitewatch."""
    timing = replace(rule, on_delay_ms=0, off_delay_ms=0)
    key = Key(rule.id, SERVICE, point)
    verdict = Verdict.TRUE if holds else Verdict.FALSE
    change = Change(key, timing, timing, subject or service_subject(), State(), State())
    change.inputs.append(Input(Observation(verdict, now_ms, value), now_ms))
    writer.apply(change)
