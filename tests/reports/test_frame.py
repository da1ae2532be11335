"""The words around every report."""

from string import Formatter

from reports.document import SourceKind
from reports.frame import SHARES, SOURCE_COLUMNS, frame, word
from reports.texts import Language


def test_every_word_that_renderers_ask_for_is_there() -> None:
    keys = [*SHARES, *(f"source_{key}" for key in SOURCE_COLUMNS)]
    keys += [f"kind_{one.value}" for one in SourceKind]
    assert all(word(key, language) for key in keys for language in Language)


def test_both_languages_name_the_same_values() -> None:
    for key, label in frame().items():
        zh, en = (
            {name for _, name, *_ in Formatter().parse(text) if name}
            for text in (label.zh, label.en)
        )
        assert zh == en, key
