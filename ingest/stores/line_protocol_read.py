"""Lines of the line protocol, as `ingest.stores.line_protocol` writes them, as samples again.

Source: InfluxDB OSS v1 documentation, "Line protocol reference" (escaping, quoting, data types).
"""

import re
from collections.abc import Iterator

from collectors.sample import Sample, Value
from ingest.stores.line_protocol import LAG_FIELD, NO_REASON, NS_PER_MS, REASON_SUFFIX

_ESCAPED = re.compile(r"\\([,= ])")
_TEXT_ESCAPED = re.compile(r'\\(["\\])')
_HEAD = re.compile(r"((?:\\.|[^\\ ])+) ")
_KEY = re.compile(r"((?:\\.|[^\\=,])+)=")
_FIELD_VALUE = re.compile(r'"((?:\\.|[^"\\])*)"|([^, ]+)', re.DOTALL)
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?[iu]?")


class LineProtocolError(ValueError):
    """A line that is none; the text says where it ends to be one."""


def sample_of(line: str) -> Sample:
    """The sample of one line.

    Raises:
        LineProtocolError: it cannot be understood.
    """
    head = _HEAD.match(line)
    if head is None:
        raise LineProtocolError("it has no fields")
    device = _device(head[1])
    fields: dict[str, Value] = {}
    at = head.end()
    while True:
        key = _KEY.match(line, at)
        if key is None:
            raise LineProtocolError(f"no field begins at character {at + 1}")
        value = _FIELD_VALUE.match(line, key.end())
        if value is None:
            raise LineProtocolError(f"no value stands at character {key.end() + 1}")
        fields[_ESCAPED.sub(r"\1", key[1])] = _value(value)
        at = value.end()
        if line[at : at + 1] != ",":
            break
        at += 1
    return _sample(device, fields, _moment(line[at:]))


def _device(head: str) -> str:
    for tag in re.split(r"(?<!\\),", head)[1:]:
        name, _, value = tag.partition("=")
        if name == "device" and value:
            return _ESCAPED.sub(r"\1", value)
    raise LineProtocolError("it has no tag `device`")


def _value(found: re.Match[str]) -> Value:
    text, bare = found[1], found[2]
    if text is not None:
        return _TEXT_ESCAPED.sub(r"\1", text)
    if bare in ("t", "T", "true", "True", "TRUE"):
        return True
    if bare in ("f", "F", "false", "False", "FALSE"):
        return False
    if _NUMBER.fullmatch(bare) is None:
        raise LineProtocolError(f"{bare!r} is no value")
    return float(bare.rstrip("iu"))


def _moment(text: str) -> int:
    if not re.fullmatch(r" -?\d+\s*", text):
        raise LineProtocolError("it does not end with a time in nanoseconds")
    return int(text) // NS_PER_MS


def _sample(device: str, fields: dict[str, Value], at: int) -> Sample:
    lag = fields.pop(LAG_FIELD, None)
    values: dict[str, Value] = {}
    reasons: dict[str, str] = {}
    for name, value in fields.items():
        if not name.endswith(REASON_SUFFIX):
            values[name] = value
            continue
        point = name.removesuffix(REASON_SUFFIX)
        values.setdefault(point, None)
        if value != NO_REASON:
            reasons[point] = str(value)
    if lag is None:
        return Sample(device, at, values, reasons)
    return Sample(device, at + int(float(str(lag))), values, reasons, source_at=at)


def lines_of(text: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Whole lines with the number of their first: a quoted text may go over several."""
    held, began = "", 0
    for number, piece in enumerate(text, 1):
        held, began = (held + piece, began) if held else (piece, number)
        if _is_open(held):
            continue
        if held.strip() and not held.startswith("#"):
            yield began, held.rstrip("\r\n")
        held = ""
    if held.strip():
        yield began, held


def _is_open(text: str) -> bool:
    """Whether a quoted text of a field has begun and not ended."""
    head = _HEAD.match(text)
    return head is not None and len(_QUOTE.findall(text, head.end())) % 2 == 1
