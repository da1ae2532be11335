"""Durations as a person writes them in a file."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema


def _duration(data: object) -> object:
    """Read `5s`, `2min`, `1h` or a number of seconds."""
    if isinstance(data, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|min|h|d)", data)):
        seconds = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}[match.group(2)]
        return float(match.group(1)) * seconds
    return data


_WRITTEN_DURATION = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|min|h|d)$"},
    ]
}
Seconds = Annotated[
    float, BeforeValidator(_duration), Field(gt=0), WithJsonSchema(_WRITTEN_DURATION)
]
"""A duration in a file: `5s`, `2min`, `1h`, or seconds as a number. [s]"""
