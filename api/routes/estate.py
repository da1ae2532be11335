"""The estate folder: its revisions, how they differ, and a check of files that somebody brings.

Nothing here changes the folder: it is the truth for the estate, and people keep it themselves.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.auth import Asking, Caller
from api.errors import Refusal
from api.estate_upload import checked_names, files_of_archive, placed
from api.house import House
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow, Workers
from api.revision_items import file_differences
from api.schemas_admin import (
    EstateFault,
    EstateFiles,
    EstateVerdict,
    RevisionDifference,
    RevisionItem,
)
from device_configs.estate import Estate
from records import revisions

router = APIRouter(tags=["estate"])
MOST_FAULTS = 500
"""Faults that are listed; the others are counted."""
Number = Annotated[int, Path(ge=1, le=2**53)]


def _check(caller: Caller, estate: Estate) -> None:
    # Files have no site: who sees a part of the estate cannot be shown a part of them.
    if not caller.everywhere(estate):
        raise Refusal("not_found")


@router.get("/revisions")
def get_revisions(caller: Asking, house: Behind, index: IndexOfNow) -> list[RevisionItem]:
    """Every accepted state of the estate folder, newest first."""
    _check(caller, index.estate)
    current = house.revision()
    return [
        RevisionItem(
            number=one.number,
            hash=one.hash,
            accepted_at=moment(one.accepted_at),
            accepted_by=one.accepted_by,
            added=list(one.difference.added),
            changed=list(one.difference.changed),
            removed=list(one.difference.removed),
            current=one.hash == current and not place,
        )
        for place, one in enumerate(revisions.history(house.engine))
    ]


@router.get("/revisions/{number}/difference")
async def get_difference(
    number: Number,
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
    base: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> RevisionDifference:
    """What changed in a revision against `base`; without it, against the one before."""
    _check(caller, index.estate)

    def compare() -> RevisionDifference:
        after = revisions.files_of(house.engine, number)
        other = revisions.before(house.engine, number) if base is None else base
        before = {} if other is None else revisions.files_of(house.engine, other)
        if after is None or before is None:
            raise Refusal("not_found", f"there is no revision {number if after is None else base}")
        return RevisionDifference(number=number, base=other, files=file_differences(before, after))

    return await threads.query(compare)


@router.post("/estate/check")
async def post_check(
    body: EstateFiles, caller: Asking, house: Behind, index: IndexOfNow, threads: Workers
) -> EstateVerdict:
    """Check YAML files as if they lay in the folder of now; nothing is taken up."""
    _check(caller, index.estate)
    checked_names(body.files)

    def check() -> EstateVerdict:
        now = _now(house)
        brought = {
            placed(name, now): text.encode(errors="replace") for name, text in body.files.items()
        }
        return _verdict(house, now, {**now, **brought}, len(brought))

    return await threads.check(check)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/estate/check/archive")
async def post_archive(
    content: Annotated[bytes, Depends(_body)],
    caller: Asking,
    house: Behind,
    index: IndexOfNow,
    threads: Workers,
) -> EstateVerdict:
    """Check a whole estate folder, sent as a zip archive; nothing is taken up."""
    _check(caller, index.estate)

    def check() -> EstateVerdict:
        files = files_of_archive(content)
        return _verdict(house, _now(house), files, len(files))

    return await threads.check(check)


def _now(house: House) -> Mapping[str, bytes]:
    folder = house.folder()
    return {} if folder is None else revisions.folder_files(folder)


def _verdict(
    house: House, now: Mapping[str, bytes], files: Mapping[str, bytes], count: int
) -> EstateVerdict:
    with tempfile.TemporaryDirectory(prefix="sitewatch-check-") as name:
        root = FilePath(name)
        for file, content in files.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        faults = house.check_estate(root)
    changes = revisions.difference(now, files)
    return EstateVerdict(
        good=not faults,
        faults=[
            EstateFault(
                file=fault.file.removeprefix(name).lstrip("/"),
                line=fault.line,
                field=fault.field,
                message=fault.message.replace(f"{name}/", ""),
            )
            for fault in faults[:MOST_FAULTS]
        ],
        cut=max(0, len(faults) - MOST_FAULTS),
        files=count,
        added=list(changes.added),
        changed=list(changes.changed),
        removed=list(changes.removed),
    )
