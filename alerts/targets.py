"""The targets that a route can name: one model a channel, checked when the file is read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from alerts.budgets import budget_key
from device_configs.quantities import Strict

FIRST = "first"
"""The channel name of a list of targets that are tried in their order."""


def as_list(data: object) -> object:
    """One value as a list of one."""
    return data if isinstance(data, list | tuple) else [data]


Several = BeforeValidator(as_list)
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]
"""A number as it is dialled; `+86...` for another country's gateway."""
Language = Literal["zh", "en"]


class WebhookTarget(Strict):
    """Where a webhook goes."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    secret_setting: str | None = None
    """Name of the secret in the settings that signs the message; the secret is never in a file."""


class EmailTarget(Strict):
    """Who gets an e-mail."""

    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...], Several] = Field(
        min_length=1
    )


class RobotTarget(Strict):
    """A group, by the name that its robot has in the settings, and whom to mention."""

    robot: Name
    mentions: Annotated[tuple[Phone, ...], Several] = ()
    language: Language = "zh"


class FeishuTarget(Strict):
    """A group, by the name that its bot has in the settings."""

    robot: Name
    language: Language = "zh"


class UserTarget(Strict):
    """One or more persons by their WeCom user id; each is told separately."""

    user: Annotated[tuple[Annotated[str, Field(pattern=r"^[^\s|@]{1,64}$")], ...], Several] = Field(
        min_length=1
    )
    language: Language = "zh"


class PhoneTarget(Strict):
    """One or more phones; each is told separately."""

    phone: Annotated[tuple[Phone, ...], Several] = Field(min_length=1)
    language: Language = "zh"


class SirenTarget(Strict):
    """A relay that the settings declare."""

    output: Name


class AppriseTarget(Strict):
    """A service of apprise, by the name that its address has in the settings."""

    service: Name
    language: Language = "zh"


class One(Strict):
    """One target: exactly one of the channels."""

    webhook: WebhookTarget | None = None
    email: EmailTarget | None = None
    wecom: RobotTarget | None = None
    wecom_app: UserTarget | None = None
    dingtalk: RobotTarget | None = None
    feishu: FeishuTarget | None = None
    aliyun_sms: PhoneTarget | None = None
    aliyun_voice: PhoneTarget | None = None
    tencent_sms: PhoneTarget | None = None
    tencent_voice: PhoneTarget | None = None
    smpp: PhoneTarget | None = None
    siren: SirenTarget | None = None
    apprise: AppriseTarget | None = None

    @model_validator(mode="after")
    def _one(self) -> "One":
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one channel of {', '.join(type(self).model_fields)}")
        return self

    def targets(self) -> "tuple[Target, ...]":
        """Its channel, once for each person or phone."""
        for channel in CHANNELS:
            model = getattr(self, channel)
            if model is not None:
                return _expand(channel, model)
        return ()


CHANNELS = tuple(One.model_fields)
"""Every channel that a route can name."""


class Notify(One):
    """One target of a route, or a list of which the first that works is enough."""

    first: tuple[One, ...] = ()
    """Tried in order when one fails or is out of budget; each with one phone or user."""

    @model_validator(mode="after")
    def _one(self) -> "Notify":
        given = [name for name in CHANNELS if getattr(self, name) is not None]
        if len(given) + bool(self.first) != 1:
            raise ValueError(f"give exactly one channel of {', '.join(CHANNELS)}, or first: [...]")
        if self.first and any(len(one.targets()) != 1 for one in self.first):
            raise ValueError("in first each target has one phone or one user")
        if any(one.siren is not None for one in self.first):
            raise ValueError("a siren is no way to tell somebody: name it beside first")
        return self

    def targets(self) -> "tuple[Target, ...]":
        """Its targets; a list that is tried in order is one of them."""
        if not self.first:
            return super().targets()
        chosen = [one.targets()[0] for one in self.first]
        return (Target.in_order(chosen),)


@dataclass(frozen=True)
class Option:
    """One way to reach a target."""

    channel: str
    parameters: Mapping[str, object]

    @property
    def budget(self) -> str:
        """What its rate is counted by; empty where nothing is."""
        return budget_key(self.channel, self.parameters)


@dataclass(frozen=True)
class Target:
    """A channel with its parameters; or `first`, with options that are tried in order."""

    channel: str
    parameters: Mapping[str, object]

    @staticmethod
    def in_order(targets: "list[Target]") -> "Target":
        """A target that is told by the first of several that works."""
        options = [
            {"channel": one.channel, "parameters": dict(one.parameters)} for one in targets
        ]  # fmt: skip
        return Target(FIRST, {"options": options})

    @property
    def name(self) -> str:
        """A short name for outbox and alarms; the same parameters give the same name."""
        text = json.dumps(self.parameters, sort_keys=True)
        return f"{self.channel}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def options(self) -> tuple[Option, ...]:
        """The ways to reach it, in order."""
        return options_of(self.channel, self.parameters)

    @property
    def budget(self) -> str:
        """What the rate of its first option is counted by."""
        return self.options[0].budget if self.options else ""


def options_of(channel: str, parameters: Mapping[str, object]) -> tuple[Option, ...]:
    """The ways to reach a target as it stands in the outbox."""
    if channel != FIRST:
        return (Option(channel, parameters),)
    given = parameters.get("options")
    return tuple(
        Option(str(one["channel"]), one["parameters"])
        for one in (given if isinstance(given, list) else ())
    )


def _expand(channel: str, model: Strict) -> tuple[Target, ...]:
    parameters = model.model_dump(mode="json")
    for name in ("phone", "user"):
        if name in parameters:
            return tuple(Target(channel, parameters | {name: one}) for one in parameters[name])
    return (Target(channel, parameters),)
