"""The catalogue of reports."""

from reports import order_columns, safety_columns
from reports.energy_columns import COLUMNS
from reports.quality import By
from reports.quality_columns import columns
from reports.render_unaccounted import COLUMNS as UNACCOUNTED
from reports.texts import Language, in_language, note_text, texts


def test_every_column_has_a_heading() -> None:
    quality = {key for by in By for key in columns(by)}
    every = {*COLUMNS, *quality, *safety_columns.COLUMNS, *UNACCOUNTED}
    every |= {*order_columns.COLUMNS}
    assert every == set(texts().columns)


def test_every_text_is_in_both_languages() -> None:
    catalogue = texts()
    named = (catalogue.titles, catalogue.columns, catalogue.words, catalogue.notes, catalogue.marks)
    for group in named:
        for key, label in group.items():
            assert in_language(label, Language.ZH).strip(), key
            assert in_language(label, Language.EN).strip(), key


def test_a_note_is_a_sentence_and_an_unknown_key_stays_visible() -> None:
    assert note_text("no_meter", Language.ZH).endswith("。")
    assert note_text("no_meter", Language.EN).endswith(".")
    assert note_text("what_is_this", Language.EN) == "what_is_this"
