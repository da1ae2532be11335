"""The reports that were issued: stored whole, numbered by version, never altered."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from device_configs.estate import Estate
from records import audit
from reports.corrections import changes
from reports.document import Report
from reports.errors import InvalidReportError, ReportsError
from reports.issue import Issue
from reports.issued_tables import issued_reports
from reports.render_json import canonical, digest, from_json

EVERYTHING = "*"
"""The scope of who sees the whole estate."""
_LONGEST = 400
"""Characters of options and of a scope (`issued_reports`)."""


class NotIssuedError(ReportsError):
    """A report that cannot be issued; the message says why."""


class UnknownIssueError(ReportsError):
    """There is no such issue."""


@dataclass(frozen=True)
class Identity:
    """What makes two issues versions of one report."""

    kind: str
    site: str
    period: str
    options: str = "{}"
    """As canonical JSON (`options_text`)."""
    scope: str = EVERYTHING
    """The sites whose rows it may show (`scope_text`)."""

    @property
    def given(self) -> Mapping[str, str]:
        """The options."""
        return {str(key): str(value) for key, value in json.loads(self.options).items()}

    @property
    def roots(self) -> frozenset[str] | None:
        """The sites whose rows, and those of sites below them, it may show; None for all."""
        return None if self.scope == EVERYTHING else frozenset(self.scope.split())

    def places(self, estate: Estate) -> frozenset[str] | None:
        """These sites with all below them; None for all."""
        if self.roots is None:
            return None
        known = self.roots & estate.sites.keys()
        return frozenset().union(*(estate.below(site) for site in known))


@dataclass(frozen=True)
class Issued:
    """A line of the list."""

    identity: Identity
    issue: Issue


def options_text(options: Mapping[str, str]) -> str:
    """Options as they are stored.

    Raises:
        NotIssuedError: they are too long.
    """
    return _fitting(json.dumps(dict(options), ensure_ascii=False, sort_keys=True), "the options")


def scope_text(roots: Collection[str] | None) -> str:
    """The sites that a person was given, as they are stored; None for all.

    Raises:
        NotIssuedError: they are too many.
    """
    return EVERYTHING if roots is None else _fitting(" ".join(sorted(roots)), "the sites")


def issue(
    connection: sa.Connection, identity: Identity, report: Report, by: audit.Actor, now_ms: int
) -> Issued:
    """Issue a report of a closed period; the first is version 1, a correction the next.

    Raises:
        NotIssuedError: the period has not ended, or nothing has changed since the last version.
    """
    if report.period.span.end > report.made_at_ms:
        raise NotIssuedError(
            f"the period {report.period.name} has not ended; it can be issued then"
        )
    last = latest(connection, identity)
    if last is not None and not changes(read(connection, last.issue.id)[1], report):
        raise NotIssuedError(
            f"nothing has changed since version {last.issue.version} (#{last.issue.id})"
        )
    content = canonical(report)
    version = 1 if last is None else last.issue.version + 1
    replaces = None if last is None else last.issue.id
    values = {
        **_key(identity), "version": version, "replaces": replaces, "issued_at": now_ms,
        "issued_by": by.name[:80], "digest": digest(content), "content": content,
    }  # fmt: skip
    found = connection.execute(sa.insert(issued_reports).values(**values)).inserted_primary_key
    number = int(found[0]) if found is not None else 0
    detail = {**_key(identity), "version": version, "digest": values["digest"]}
    audit.append(connection, by, "report.issued", str(number), now_ms, detail)
    return Issued(identity, Issue(number, version, now_ms, by.name, digest(content), replaces))


def latest(connection: sa.Connection, identity: Identity) -> Issued | None:
    """The newest version of a report."""
    query = _select().where(
        *(issued_reports.c[name] == value for name, value in _key(identity).items())
    )
    row = connection.execute(query.order_by(issued_reports.c.version.desc()).limit(1)).first()
    return None if row is None else _issued(row)


def listed(
    connection: sa.Connection,
    sites: frozenset[str] | None,
    *,
    kind: str | None = None,
    period: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[Issued]:
    """Issues, newest first, with numbers below `before`; of these sites, or of all."""
    query = _select().order_by(issued_reports.c.id.desc()).limit(limit)
    if sites is not None:
        query = query.where(issued_reports.c.site.in_(sorted(sites)))
    if kind is not None:
        query = query.where(issued_reports.c.kind == kind)
    if period is not None:
        query = query.where(issued_reports.c.period == period)
    if before is not None:
        query = query.where(issued_reports.c.id < before)
    return [_issued(row) for row in connection.execute(query)]


def read(connection: sa.Connection, number: int) -> tuple[Issued, Report]:
    """One issue and the report itself.

    Raises:
        UnknownIssueError: there is none of this number.
        InvalidReportError: what is stored is not what was issued.
    """
    query = sa.select(issued_reports).where(issued_reports.c.id == number)
    row = connection.execute(query).first()
    if row is None:
        raise UnknownIssueError(f"there is no issued report {number}")
    if digest(row.content) != row.digest:
        raise InvalidReportError(f"the issued report {number} was altered: its digest differs")
    return _issued(row), from_json(json.loads(row.content))


def _key(identity: Identity) -> Mapping[str, str]:
    return {
        "kind": identity.kind,
        "site": identity.site,
        "period": identity.period,
        "options": identity.options,
        "scope": identity.scope,
    }


def _select() -> sa.Select[tuple[object, ...]]:
    return sa.select(*(column for column in issued_reports.c if column.name != "content"))


def _issued(row: sa.Row[tuple[object, ...]]) -> Issued:
    found = row._mapping
    identity = Identity(
        found["kind"], found["site"], found["period"], found["options"], found["scope"]
    )
    return Issued(
        identity,
        Issue(
            found["id"], found["version"], found["issued_at"], found["issued_by"],
            found["digest"], found["replaces"],
        ),
    )  # fmt: skip


def _fitting(text: str, what: str) -> str:
    if len(text) > _LONGEST:
        raise NotIssuedError(f"{what} are too long to be stored ({_LONGEST} characters)")
    return text
