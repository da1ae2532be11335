"""The duty list in SQL: contacts, teams, schedules and holidays, each change with its audit row."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from pydantic import ValidationError

from alerts.contacts import Contact, Directory, DutyList, Holiday, Team
from alerts.duty import Schedule
from alerts.duty_tables import duty_entries
from alerts.errors import AlertsError
from records import audit

Entry = Contact | Team | Schedule | Holiday
KINDS: Mapping[str, str] = {
    "contact": "contacts", "team": "teams", "schedule": "schedules", "holiday": "holidays",
}  # fmt: skip
"""What an entry can be, and the list of `DutyList` it is in."""


class InvalidDutyError(AlertsError):
    """A change that would leave the list wrong; the message says what."""


def key_of(entry: Entry) -> tuple[str, str]:
    """Kind and id of an entry."""
    if isinstance(entry, Holiday):
        return "holiday", entry.date.isoformat()
    return type(entry).__name__.lower(), entry.id


def listed(connection: sa.Connection) -> DutyList:
    """The whole list."""
    query = sa.select(duty_entries).order_by(duty_entries.c.kind, duty_entries.c.id)
    found: dict[str, list[object]] = {name: [] for name in KINDS.values()}
    for row in connection.execute(query):
        found[KINDS[row.kind]].append(row.content)
    return DutyList.model_validate(found)


def directory(connection: sa.Connection) -> Directory:
    """Everyone who can be told, as it is now."""
    return Directory.of(listed(connection))


def _checked(entries: Iterable[Entry]) -> DutyList:
    found: dict[str, list[object]] = {name: [] for name in KINDS.values()}
    for entry in entries:
        found[KINDS[key_of(entry)[0]]].append(entry)
    try:
        return DutyList.model_validate(found)
    except ValidationError as error:
        said = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
        raise InvalidDutyError(said) from error


def _entries(whole: DutyList) -> dict[tuple[str, str], Entry]:
    every: tuple[Entry, ...] = (
        *whole.contacts, *whole.teams, *whole.schedules, *whole.holidays,
    )  # fmt: skip
    return {key_of(entry): entry for entry in every}


def put(connection: sa.Connection, entry: Entry, by: audit.Actor, now_ms: int) -> None:
    """Add or replace one entry.

    Raises:
        InvalidDutyError: it names a contact that is not there.
    """
    now = _entries(listed(connection))
    _checked((now | {key_of(entry): entry}).values())
    _store(connection, entry, now.get(key_of(entry)), by, now_ms)


def remove(connection: sa.Connection, kind: str, id_: str, by: audit.Actor, now_ms: int) -> bool:
    """Take one entry out; whether it was there.

    Raises:
        InvalidDutyError: a team or a schedule names the contact.
    """
    now = _entries(listed(connection))
    if now.pop((kind, id_), None) is None:
        return False
    _checked(now.values())
    _drop(connection, kind, id_, by, now_ms)
    return True


def replace(
    connection: sa.Connection, whole: DutyList, by: audit.Actor, now_ms: int
) -> Mapping[str, int]:
    """Make the list this one; how many entries were `added`, `changed` and `removed`."""
    before, after = _entries(listed(connection)), _entries(whole)
    gone = [key for key in before if key not in after]
    changed = [key for key in after if key in before and before[key] != after[key]]
    added = [key for key in after if key not in before]
    for key in gone:
        _drop(connection, *key, by, now_ms)
    for key in (*added, *changed):
        _store(connection, after[key], before.get(key), by, now_ms)
    return {"added": len(added), "changed": len(changed), "removed": len(gone)}


def _store(
    connection: sa.Connection, entry: Entry, before: Entry | None, by: audit.Actor, now_ms: int
) -> None:
    kind, id_ = key_of(entry)
    if before == entry:
        return
    content = entry.model_dump(mode="json", exclude_defaults=True)
    here = sa.and_(duty_entries.c.kind == kind, duty_entries.c.id == id_)
    values = {"content": content, "changed_at": now_ms}
    if before is None:
        connection.execute(sa.insert(duty_entries).values(kind=kind, id=id_, **values))
    else:
        connection.execute(sa.update(duty_entries).where(here).values(values))
    action = f"{kind}.added" if before is None else f"{kind}.changed"
    audit.append(connection, by, action, id_, now_ms, content)


def _drop(connection: sa.Connection, kind: str, id_: str, by: audit.Actor, now_ms: int) -> None:
    here = sa.and_(duty_entries.c.kind == kind, duty_entries.c.id == id_)
    connection.execute(sa.delete(duty_entries).where(here))
    audit.append(connection, by, f"{kind}.removed", id_, now_ms)
