"""Accepted states of the estate folder, kept for ever: what was true when a figure was made."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from records.engine import metadata

revisions = sa.Table(
    "estate_revision",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("accepted_at", sa.BigInteger, nullable=False),
    sa.Column("accepted_by", sa.String(120), nullable=False),
    sa.Column("difference", sa.Text, nullable=False),
    sa.Column("files", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class Difference:
    """The files that changed between two revisions."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """One accepted state of the folder."""

    number: int
    hash: str
    accepted_at: int
    """[ms, UTC]"""
    accepted_by: str
    difference: Difference


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Difference:
    """What changed from one set of files to another."""
    return Difference(
        added=tuple(sorted(set(after) - set(before))),
        changed=tuple(sorted(n for n in set(after) & set(before) if after[n] != before[n])),
        removed=tuple(sorted(set(before) - set(after))),
    )


def folder_files(folder: Path) -> dict[str, bytes]:
    """Every YAML file of an estate folder by its name relative to it."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*.yaml"))
    }


def _row(row: sa.Row[*tuple[Any, ...]]) -> Revision:
    names = {key: tuple(value) for key, value in json.loads(row.difference).items()}
    return Revision(row.number, row.hash, row.accepted_at, row.accepted_by, Difference(**names))


_COLUMNS = (
    revisions.c.number,
    revisions.c.hash,
    revisions.c.accepted_at,
    revisions.c.accepted_by,
    revisions.c.difference,
)


def history(engine: sa.Engine) -> tuple[Revision, ...]:
    """All revisions, the newest first."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*_COLUMNS).order_by(revisions.c.number.desc()))
        return tuple(_row(row) for row in rows)


def before(engine: sa.Engine, number: int) -> int | None:
    """The number of the revision before another; None where there is none."""
    query = sa.select(sa.func.max(revisions.c.number)).where(revisions.c.number < number)
    with engine.connect() as connection:
        found = connection.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def files_of(engine: sa.Engine, number: int) -> dict[str, bytes] | None:
    """The files of a revision by name; None where there is no such revision."""
    query = sa.select(revisions.c.files).where(revisions.c.number == number)
    with engine.connect() as connection:
        content = connection.execute(query).scalar_one_or_none()
    return None if content is None else _unzipped(content)


def accept(
    engine: sa.Engine, files: Mapping[str, bytes], digest: str, *, by: str, now_ms: int
) -> Revision:
    """Keep a state of the folder; the newest one again when its hash has not changed."""
    with engine.begin() as connection:
        newest = connection.execute(
            sa.select(*_COLUMNS, revisions.c.files).order_by(revisions.c.number.desc()).limit(1)
        ).one_or_none()
        if newest is not None and newest.hash == digest:
            return _row(newest)
        changes = difference(_unzipped(newest.files) if newest else {}, files)
        text = json.dumps(
            {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
        )
        number = connection.execute(
            sa.insert(revisions)
            .values(
                hash=digest,
                accepted_at=now_ms,
                accepted_by=by,
                difference=text,
                files=_zipped(files),
            )
            .returning(revisions.c.number)
        ).scalar_one()
    return Revision(number, digest, now_ms, by, changes)
