"""What can be chosen of a report beside its site and period."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """A choice; its words are `options.<name>` of the report's catalogue."""

    name: str
    values: Sequence[str]
    default: str | None = None
    """None where it follows from the period."""
