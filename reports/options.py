"""What can be chosen of a report beside its site and period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from device_configs.quantities import Label


@dataclass(frozen=True)
class Option:
    """A choice; its words are `options.<name>` of the report's catalogue."""

    name: str
    values: Sequence[str]
    default: str | None = None
    """None where it follows from the period, or need not be chosen."""
    names: Mapping[str, Label] = field(default_factory=dict)
    """The words of values that are the estate's own; the others have theirs in the catalogue."""
