"""The variables of an approved SMS or voice template: only they can be chosen freely."""

from collections.abc import Mapping, Sequence

from alerts.channels.message import Message
from alerts.channels.wording import Wording

FIELDS = ("state", "severity", "title", "place", "device", "value", "raised_at")
"""What a variable can hold. A link is not among them: providers refuse addresses in variables."""
_MORE = "…"


def values(
    wording: Wording, message: Message, fields: Sequence[str], language: str, longest: int
) -> tuple[str, ...]:
    """The values of the variables, each of at most `longest` characters; a test marks the first."""
    found = wording.fields(message, language)
    chosen = [found[name] for name in fields]
    if message.test and chosen and fields[0] not in {"state", "title"}:
        mark = wording.test_mark(language)
        chosen[0] = f"{mark}{chosen[0]}"
    return tuple(_short(value, longest) for value in chosen)


def named_values(
    wording: Wording, message: Message, fields: Mapping[str, str], language: str, longest: int
) -> dict[str, str]:
    """The same for a template with named variables: variable to field."""
    found = values(wording, message, tuple(fields.values()), language, longest)
    return dict(zip(fields, found, strict=True))


def _short(value: str, longest: int) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + _MORE
