"""The texts of reports, by key and language, from `text.yaml`."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml

_FILE = Path(__file__).with_name("text.yaml")


class Language(StrEnum):
    """The languages of a report."""

    ZH = "zh"
    EN = "en"


class Texts(Strict):
    """The whole catalogue."""

    titles: Mapping[str, Label]
    columns: Mapping[str, Label]
    words: Mapping[str, Label]
    notes: Mapping[str, Label]
    marks: Mapping[str, Label]
    """What may be wrong with a balance, in a sentence."""


@cache
def texts() -> Texts:
    """The catalogue, read once."""
    return Texts.model_validate(read_yaml(_FILE).data)


def in_language(label: Label, language: Language) -> str:
    """One text in one language."""
    return label.zh if language is Language.ZH else label.en


def note_text(key: str, language: Language) -> str:
    """The sentence behind a note of a report; the key itself where the catalogue has none."""
    label = texts().notes.get(key)
    return key if label is None else in_language(label, language)
