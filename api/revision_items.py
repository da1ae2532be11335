"""Revisions of the estate as the interface shows them, line by line and without secrets."""

import difflib
import re
from collections.abc import Mapping

from api.schemas_admin import FileDifference
from records.revisions import difference

MAX_COMPARED = 256 * 1024
"""Largest file that is compared line by line. [B]"""
_SECRET = re.compile(
    r"""(?ix)
    (["']?[\w-]*(?:password|secret|token|passphrase|credential|api_?key|access_?key)[\w-]*["']?\s*:\s*)
    (?!\s*[\[{|>&*]) ("[^"]*" | '[^']*' | [^,}\n#]+)
    """
)
_IN_URL = re.compile(r"(\w+://[^\s:/@]+:)[^\s@/]+@")


def masked(line: str) -> str:
    """A line of YAML without the values that are secrets by their names, or passwords in URLs."""
    return _IN_URL.sub(r"\1•••@", _SECRET.sub(r"\1•••", line))


def file_differences(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[FileDifference]:
    """Every file that differs, by name."""
    found = difference(before, after)
    changes = {
        **dict.fromkeys(found.added, "added"),
        **dict.fromkeys(found.changed, "changed"),
        **dict.fromkeys(found.removed, "removed"),
    }
    return [
        FileDifference(
            file=name,
            change=changes[name],
            lines=_lines(before.get(name, b""), after.get(name, b"")),
        )
        for name in sorted(changes)
    ]


def _lines(before: bytes, after: bytes) -> list[str] | None:
    if max(len(before), len(after)) > MAX_COMPARED:
        return None
    old, new = (
        [masked(line) for line in content.decode(errors="replace").splitlines()]
        for content in (before, after)
    )
    return list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
