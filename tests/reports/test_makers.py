"""Every report there is has its catalogue, in both languages."""

from pathlib import Path
from string import Formatter

import pytest

from device_configs.yaml_file import read_yaml
from reports import report_texts as module
from reports.asked import asked_for
from reports.makers import MAKERS, OPTIONS, USUAL_PERIOD, choices_of, make_report
from reports.report_texts import report_texts
from tests.device_configs.estates import write
from tests.reports.charging_towns import TOWN
from tests.reports.estates import estate
from tests.reports.ledgers import REVISION, ledger, ms


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
        options = choices_of(kind, estate({}, []), None)
        assert {one.name: set(one.values) - one.names.keys() for one in options} == {
            name: set(text.values) for name, text in texts.items()
        }
        assert all(one.default is None or one.default in one.values for one in options)


def test_the_cost_can_be_compared_with_every_tariff_of_electricity(tmp_path: Path) -> None:
    tariff = "tariff: {0}\nname: {{zh: 甲, en: A}}\ncarrier: {1}\nversions:\n" \
        "  - {{from: 2026-01-01, source: s, confidence: P{2}}}\n"  # fmt: skip
    write(tmp_path, {
        "tariffs/own.yaml": tariff.format("own", "electricity", ""),
        "tariffs/tap.yaml": tariff.format("tap", "water\nunit: m3", ", tiers: [{price: 3}]"),
    })  # fmt: skip
    compare = choices_of("cost", TOWN, tmp_path)[-1]
    assert (compare.name, compare.default) == ("compare", None)
    assert {"own", "js_commercial_flat"} <= set(compare.values)
    assert "tap" not in compare.values
    assert compare.names["own"].en == "A"


@pytest.mark.parametrize(
    "kind", ["charging", "community", "consumption", "pv", "pv_charging", "statutory"]
)
def test_progress_rises_and_ends_at_one(kind: str) -> None:
    told: list[float] = []
    asked = asked_for(
        TOWN, None, ledger(), None, "2026-H1", now_ms=ms("2026-07-01 00:00"), revision=REVISION,
        progress=told.append,
    )  # fmt: skip
    make_report(kind, asked)
    assert len(told) >= 3
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] == 1.0
