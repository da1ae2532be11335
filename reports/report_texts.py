"""The catalogue of one kind of report: `text/<kind>.yaml` over the words that all share."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from device_configs.quantities import Label, Strict
from device_configs.yaml_file import read_yaml
from reports.document import Note
from reports.texts import Language, in_language

_FOLDER = Path(__file__).with_name("text")


class OptionTexts(Strict):
    """A choice and what can be chosen."""

    label: Label
    values: Mapping[str, Label]


class ReportTexts(Strict):
    """What people read in one kind of report; every key that its sheets use."""

    title: Label
    sheets: Mapping[str, Label]
    columns: Mapping[str, Label]
    rows: Mapping[str, Label] = {}
    """Names of rows that are not devices or sites; makers put the label into the cell."""
    notes: Mapping[str, Label] = {}
    """Sentences; `{name}` is replaced by the note's value of that name."""
    options: Mapping[str, OptionTexts] = {}
    """Choices (`reports.options`), by name."""
    about: Label | None = None
    """What the report is for, in a sentence."""


@cache
def report_texts(kind: str) -> ReportTexts:
    """The catalogue of a kind of report, read once; what it lacks stands in `text/shared.yaml`."""
    own = read_yaml(_FOLDER / f"{kind}.yaml").data
    shared = read_yaml(_FOLDER / "shared.yaml").data
    if not (isinstance(own, dict) and isinstance(shared, dict)):
        raise TypeError(f"text/{kind}.yaml is a table of texts")
    merged = {
        key: {**shared.get(key, {}), **own.get(key, {})} for key in ("sheets", "columns", "rows",
                                                                     "notes")
    }  # fmt: skip
    return ReportTexts.model_validate({**own, **merged})


def note_sentence(kind: str, note: Note, language: Language) -> str:
    """A note in words."""
    text = in_language(report_texts(kind).notes[note.key], language)
    for name, value in note.values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
