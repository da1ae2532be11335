"""Every report there is has its catalogue, in both languages."""

from string import Formatter

from device_configs.yaml_file import read_yaml
from reports import report_texts as module
from reports.makers import MAKERS, OPTIONS, USUAL_PERIOD
from reports.report_texts import report_texts


def test_every_maker_has_a_catalogue_and_every_catalogue_a_maker() -> None:
    folder = module._FOLDER
    kinds = {file.stem for file in folder.glob("*.yaml")} - {"shared"}
    assert kinds == set(MAKERS)


def test_both_languages_name_the_same_values() -> None:
    for file in [*module._FOLDER.glob("*.yaml")]:
        assert isinstance(read_yaml(file).data, dict)
    for kind in MAKERS:
        for key, label in report_texts(kind).notes.items():
            found = [
                {name for _, name, *_ in Formatter().parse(text)} for text in (label.zh, label.en)
            ]
            assert found[0] == found[1], f"{kind}: {key}"


def test_every_option_has_words_for_all_that_can_be_chosen() -> None:
    assert OPTIONS.keys() <= MAKERS.keys()
    assert USUAL_PERIOD.keys() <= MAKERS.keys()
    for kind in MAKERS:
        texts = report_texts(kind).options
        options = OPTIONS.get(kind, ())
        assert {one.name: set(one.values) for one in options} == {
            name: set(text.values) for name, text in texts.items()
        }
        assert all(one.default is None or one.default in one.values for one in options)
