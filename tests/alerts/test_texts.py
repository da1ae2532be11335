import pytest

from alerts.alarm import Severity, Transition
from alerts.texts import keys, text


def test_every_word_that_is_shown_exists_in_both_languages() -> None:
    wanted = {f"transition.{one.value}" for one in Transition}
    wanted |= {f"severity.{one.value}" for one in Severity}
    wanted |= {
        f"refused.{one}" for one in ("not_open", "still_active", "not_acknowledged", "note_missing")
    }
    assert wanted <= keys()
    for key in keys():
        assert text(key).zh.strip()
        assert text(key).en.strip()


def test_an_unknown_key_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        text("no.such")
