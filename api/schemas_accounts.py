"""The shapes of sessions, people, tokens and the audit chain."""

import datetime as dt
from enum import StrEnum

from pydantic import Field

from api.schemas import Shape
from records.people import Role

_Secret = Field(min_length=1, max_length=1000, repr=False)


class Login(Shape):
    """`POST session`."""

    username: str = Field(max_length=200)
    password: str = _Secret
    code: str = Field(default="", max_length=40, repr=False)
    """Of the authenticator app, or a recovery code; asked for by 401 `second_factor`."""


class SignIn(Shape):
    """`GET sign-in`: public."""

    provider: str | None
    """Name of the identity provider that also signs people in, at `GET session/external`."""


class PasswordProof(Shape):
    """The present password, before a change of what guards the account."""

    password: str = _Secret


class Code(Shape):
    """`PUT session/second-factor`: a code of the authenticator app."""

    code: str = Field(max_length=40, repr=False)


class SecondFactor(Shape):
    """`GET session/second-factor`."""

    enrolled: bool
    required: bool
    """Whether the person's roles ask for it."""
    codes_left: int
    """Recovery codes that were not used."""


class Enrolment(Shape):
    """`POST session/second-factor`: what the authenticator app takes; shown only now."""

    secret: str
    """In base32, to be typed where no picture can be taken."""
    uri: str
    qr_svg: str
    """The URI as a QR code: the content of an SVG document."""


class RecoveryCodes(Shape):
    """`PUT session/second-factor`: each opens once; shown only now."""

    codes: list[str]


class SessionItem(Shape):
    """One session of a person."""

    id: str
    opened_at: dt.datetime
    seen_at: dt.datetime
    address: str
    agent: str
    """What the browser says it is."""
    external: bool
    """Whether it was opened by the identity provider."""
    current: bool
    """Whether this very request came with it."""


class Sessions(Shape):
    """`GET sessions`: newest first."""

    items: list[SessionItem]


class PasswordChange(Shape):
    """`PUT session/password`: other sessions of the person end."""

    current_password: str = _Secret
    new_password: str = _Secret


class PersonItem(Shape):
    """A row of `GET people`."""

    username: str
    roles: list[Role]
    sites: list[str]
    """Site ids, or `*` for the whole estate."""
    must_change_password: bool
    second_factor: bool
    created_at: dt.datetime
    sessions: int
    """Sessions that have not ended."""
    seen_at: dt.datetime | None
    """When one of them was last used; null where there is none."""
    locked_until: dt.datetime | None
    """Until when too many failed logins keep the account out, where that is known of."""
    closed_at: dt.datetime | None
    """When the account was closed; null for one that is open."""


class People(Shape):
    """`GET people`."""

    items: list[PersonItem]


class PersonChange(Shape):
    """`PUT people/{username}`: other roles and sites."""

    roles: list[Role] = Field(min_length=1)
    sites: list[str] = Field(min_length=1, max_length=1000)
    """Site ids, or `*` for the whole estate."""


class NewPerson(PersonChange):
    """`POST people`; the answer holds a random password to be changed at the first login."""

    username: str = Field(min_length=1, max_length=63)


class MadePassword(Shape):
    """A password that was made, and is shown only now."""

    username: str
    password: str


class TokenItem(Shape):
    """A row of `GET tokens`."""

    name: str
    roles: list[Role]
    sites: list[str]
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None


class Tokens(Shape):
    """`GET tokens`."""

    items: list[TokenItem]


class NewToken(PersonChange):
    """`POST tokens`."""

    name: str = Field(min_length=1, max_length=64)
    expires_at: dt.datetime | None = None


class MadeToken(Shape):
    """A token that was made; the secret is shown only now."""

    name: str
    token: str


class AuditItem(Shape):
    """One row of the audit chain."""

    seq: int
    at: dt.datetime
    actor: str
    """`person:NAME`, `token:NAME` or `system`."""
    address: str | None
    action: str
    """`session.opened`, `alarm.acknowledged`, `person.added` ..."""
    subject: str
    detail: dict[str, object]
    hash: str


class AuditPage(Shape):
    """`GET audit?action=&limit=&after=`: newest first."""

    items: list[AuditItem]
    next: str | None = None


class ChainName(StrEnum):
    """The chains of evidence: what people did, and what happened to alarms."""

    AUDIT = "audit"
    ALARMS = "alarms"


class AuditVerdict(Shape):
    """`GET audit/verdict?chain=`: whether one of the two chains of evidence is whole."""

    chain: ChainName

    whole: bool
    rows: int
    head: str
    """`NUMBER:HASH` of the newest row; kept elsewhere, it proves later that nothing was cut off."""
    faults: list[str]
