"""Contacts and teams: the people who are told, and by which channels each can be reached."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, model_validator

from alerts.duty import Calendar, Schedule, on_duty
from alerts.targets import Language, Phone, Several, Target
from device_configs.estate_entries import Id
from device_configs.quantities import Label, Strict

_PHONED = ("aliyun_sms", "tencent_sms", "smpp", "aliyun_voice", "tencent_voice")
_Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
_User = Annotated[str, Field(pattern=r"^[^\s|@]{1,64}$")]


class Contact(Strict):
    """One person who can be told."""

    id: Id
    name: str = Field(min_length=1, max_length=64)
    languages: Annotated[tuple[Language, ...], Several] = ("zh",)
    """The first is the one used."""
    phone: Phone | None = None
    email: _Mail | None = None
    wecom: _User | None = None
    dingtalk: _User | None = None
    """For mentions; no channel reaches a single DingTalk user yet."""
    feishu: _User | None = None
    """For mentions; no channel reaches a single Feishu user yet."""
    webhook: str | None = Field(default=None, pattern=r"^https?://[^\s]{1,500}$")
    account: str | None = Field(default=None, max_length=64)
    """The user name of this person on the page."""

    def target(self, channel: str) -> Target | None:
        """How a channel reaches this person; None where it does not."""
        language = self.languages[0] if self.languages else "zh"
        if channel in _PHONED:
            return _given(channel, "phone", self.phone, language=language)
        if channel == "wecom_app":
            return _given(channel, "user", self.wecom, language=language)
        if channel == "email":
            return _given(channel, "to", [self.email] if self.email else None)
        if channel == "webhook":
            return _given(channel, "url", self.webhook, secret_setting=None)
        return None


def _given(channel: str, name: str, value: object, **more: object) -> Target | None:
    return Target(channel, {name: value, **more}) if value else None


REACHING = (*_PHONED, "wecom_app", "email", "webhook")
"""The channels that reach a single person."""


class Team(Strict):
    """People in the order in which they are named."""

    id: Id
    name: Label
    sites: Annotated[tuple[Id, ...], Several] = ()
    """For alarms of these sites and below only; everywhere where none is given."""
    members: tuple[Id, ...] = Field(min_length=1)


class Holiday(Strict):
    """A date that is not what its weekday says."""

    date: dt.date
    name: str = Field(default="", max_length=64)
    working: bool = False
    """A worked weekend day (调休), not a holiday."""


class DutyList(Strict):
    """Everything of `sitewatch duty import`: it replaces what is there."""

    contacts: tuple[Contact, ...] = ()
    teams: tuple[Team, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    holidays: tuple[Holiday, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "DutyList":
        for what, ids in (
            ("contact", [one.id for one in self.contacts]),
            ("team", [one.id for one in self.teams]),
            ("schedule", [one.id for one in self.schedules]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]!r} is there twice")
        known = {one.id for one in self.contacts}
        for team in self.teams:
            _check(f"team {team.id!r}", team.members, known)
        for schedule in self.schedules:
            _check(f"schedule {schedule.id!r}", sorted(schedule.contacts()), known)
        return self


def _check(who: str, named: Sequence[str], known: set[str]) -> None:
    missing = [one for one in named if one not in known]
    if missing:
        raise ValueError(f"{who}: there is no contact {missing[0]!r}")


class Addressee(Strict):
    """People that a route or a step names: exactly one of the three."""

    team: Id | None = None
    on_duty: Id | None = None
    """A schedule: whoever is on duty when it is sent."""
    contact: Id | None = None
    by: Annotated[tuple[str, ...], Several] = ()
    """Channels; every one that reaches the person where none is given."""

    @model_validator(mode="after")
    def _one(self) -> "Addressee":
        if sum(one is not None for one in (self.team, self.on_duty, self.contact)) != 1:
            raise ValueError("give exactly one of team, on_duty, contact")
        unknown = [one for one in self.by if one not in REACHING]
        if unknown:
            known = ", ".join(REACHING)
            raise ValueError(f"by: {unknown[0]!r} does not reach a person; {known} do")
        return self

    def __str__(self) -> str:
        return next(
            f"{name} {value}"
            for name in ("team", "on_duty", "contact")
            if (value := getattr(self, name)) is not None
        )


@dataclass(frozen=True)
class Told:
    """One target, and the person it reaches."""

    target: Target
    contact: str | None = None


@dataclass(frozen=True)
class Directory:
    """Everyone who can be told, as it is now."""

    contacts: Mapping[str, Contact] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)

    @classmethod
    def of(cls, listed: DutyList) -> "Directory":
        """The directory of a list."""
        return cls(
            {one.id: one for one in listed.contacts},
            {one.id: one for one in listed.teams},
            {one.id: one for one in listed.schedules},
            Calendar({one.date: not one.working for one in listed.holidays}),
        )

    def people(
        self, who: Addressee, sites: frozenset[str], at_ms: int, *, emergency: bool = False
    ) -> tuple[Contact, ...]:
        """Who is meant for an alarm at these sites at a moment; nobody where it is unknown.

        In a gap of a schedule that nobody has meant, an emergency is everybody's who has a shift
        in it: a swap that was forgotten, a holiday without a crew.
        """
        ids: Sequence[str] = ()
        if who.contact is not None:
            ids = (who.contact,)
        elif who.team is not None and (team := self.teams.get(who.team)) is not None:
            ids = team.members if not team.sites or sites.intersection(team.sites) else ()
        elif who.on_duty is not None and (schedule := self.schedules.get(who.on_duty)) is not None:
            ids = on_duty(schedule, at_ms, self.calendar)
            if not ids and emergency and not schedule.unattended:
                ids = sorted(schedule.contacts())
        return tuple(self.contacts[one] for one in ids if one in self.contacts)

    def told(
        self,
        who: Addressee,
        sites: frozenset[str],
        at_ms: int,
        *,
        usable: Collection[str] = REACHING,
        emergency: bool = False,
    ) -> tuple[Told, ...]:
        """The targets of an addressee, each person by each channel.

        `usable` are the channels of which the settings have an account: without `by` no other is
        tried, since each would fail.
        """
        return tuple(
            Told(target, person.id)
            for person in self.people(who, sites, at_ms, emergency=emergency)
            for channel in (who.by or tuple(one for one in REACHING if one in usable))
            if (target := person.target(channel)) is not None
        )

    def fault(self, who: Addressee, at_ms: int, usable: Collection[str] = REACHING) -> str | None:
        """Why an addressee reaches nobody at a moment; None where it reaches somebody."""
        known: Mapping[str, object] = self.contacts
        if who.team is not None:
            known = self.teams
        elif who.on_duty is not None:
            known = self.schedules
        if (who.team or who.on_duty or who.contact) not in known:
            return f"there is no {str(who).replace('on_duty', 'schedule')}"
        sites = frozenset(self.teams[who.team].sites) if who.team is not None else frozenset()
        if who.on_duty is not None and not self.people(who, sites, at_ms):
            return None  # A gap is told of by itself.
        if not self.told(who, sites, at_ms, usable=usable):
            return f"{who} cannot be reached by {', '.join(who.by) or 'any channel'}"
        return None
