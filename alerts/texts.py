"""The sentences of this package in Chinese and English, from `text.yaml`."""

from functools import cache
from pathlib import Path

from device_configs.quantities import Label
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("text.yaml")


@cache
def _texts() -> dict[str, Label]:
    data = read_yaml(_FILE).data
    return {key: Label.model_validate(value) for key, value in dict(data or {}).items()}  # type: ignore[call-overload]


def text(key: str) -> Label:
    """A sentence by its key; `KeyError` where there is none."""
    return _texts()[key]


def keys() -> frozenset[str]:
    """All keys."""
    return frozenset(_texts())
