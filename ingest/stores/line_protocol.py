"""Samples as lines of InfluxDB's line protocol.

One measurement a kind, tags `device` and `site`, one field a point: numbers always float, booleans
as booleans, texts as strings; `<point>__reason` says why a value is missing or suspect. Source:
InfluxDB OSS v1 documentation, "Line protocol reference" (escaping, quoting, data types).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from collectors.sample import Sample, Value

REASON_SUFFIX = "__reason"
LAG_FIELD = "sample__lag"
"""Arrival minus the device's own time [ms]; only on samples that have a time of their own."""
NO_REASON = " "
"""Stands for a missing value without a reason: a question can only find what is not empty."""
NS_PER_MS = 1_000_000

_NAME = str.maketrans({",": "\\,", " ": "\\ ", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_KEY = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\=", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})


class Line(NamedTuple):
    """One line, its fields apart, so that a refused one can be tried field by field."""

    head: str
    """Measurement and tags."""
    fields: Sequence[str]
    time: int
    """[ns, UTC]"""

    def __str__(self) -> str:
        return f"{self.head} {','.join(self.fields)} {self.time}"


@lru_cache(10_000)
def head(kind: str, site: str, device: str) -> str:
    """Measurement and tags of a device's lines."""
    return f"{kind.translate(_NAME)},device={device.translate(_KEY)},site={site.translate(_KEY)}"


@lru_cache(10_000)
def _key(name: str) -> str:
    return f"{name.translate(_KEY)}="


def text_field(name: str, text: str) -> str:
    """A string field."""
    return f'{_key(name)}"{text.translate(_TEXT)}"'


def value_field(name: str, value: Value) -> str:
    """A field by the type of its value; None is not a value here."""
    if isinstance(value, bool):
        return f"{_key(name)}{'true' if value else 'false'}"
    if isinstance(value, str):
        return text_field(name, value)
    return f"{_key(name)}{float(value or 0.0)!r}"


def line(sample: Sample, head: str, time: int) -> Line:
    """One sample as a line; without any field where the sample has no value and no reason."""
    fields: list[str] = []
    reasons = sample.reasons
    for point, value in sample.values.items():
        if type(value) is float and not reasons:
            # Nearly every reading is one, and the store spends its time here.
            fields.append(f"{_key(point)}{value!r}")
            continue
        if value is not None:
            fields.append(value_field(point, value))
        if value is None or point in reasons:
            fields.append(text_field(point + REASON_SUFFIX, str(reasons.get(point, NO_REASON))))
    if fields and sample.source_at is not None:
        fields.append(value_field(LAG_FIELD, sample.received_at - sample.source_at))
    return Line(head, fields, time)


def times(samples: Iterable[Sample]) -> list[int]:
    """A time [ns] for each sample that no other sample of its device at that millisecond has.

    The nanoseconds below the millisecond come from the journal's number, so that a sample has the
    same time whenever it is written again, and those of one millisecond stay in order. Imported
    history has no number; there the order within the call decides.
    """
    found: list[int] = []
    imported: dict[tuple[str, int], int] = {}
    for sample in samples:
        below = sample.seq % NS_PER_MS
        if sample.seq == 0:
            key = (sample.device, sample.at)
            below = imported[key] = imported.get(key, -1) + 1
        found.append(sample.at * NS_PER_MS + below)
    return found
