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
    _say(
        writer, rule, Key(rule.id, SERVICE, point), subject or service_subject(),
        Observation(Verdict.TRUE if holds else Verdict.FALSE, now_ms, value),
    )  # fmt: skip


def observe_device(
    writer: Writer, rule: Rule, subject: Subject, *, holds: bool, value: str | None, now_ms: int
) -> None:
    """Say whether the condition of a rule of kind `by_service` holds for a device."""
    verdict = Verdict.TRUE if holds else Verdict.FALSE
    told = Observation(verdict, now_ms, value, names=True)
    _say(writer, rule, Key(rule.id, subject.device, ""), subject, told)


def withdraw_device(writer: Writer, rule: Rule, subject: Subject, now_ms: int) -> None:
    """End the alarm of a device that has left the estate, or that the rule is not for any more."""
    gone = Observation(Verdict.FALSE, now_ms, withdrawn=True)
    _say(writer, rule, Key(rule.id, subject.device, ""), subject, gone)


def _say(writer: Writer, rule: Rule, key: Key, subject: Subject, observation: Observation) -> None:
    timing = replace(rule, on_delay_ms=0, off_delay_ms=0)
    change = Change(key, timing, timing, subject, State(), State())
    change.inputs.append(Input(observation, observation.at))
    writer.apply(change)
