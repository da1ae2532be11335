"""The tables of fault codes: what is wrong in one is said, and the library is whole."""

from pathlib import Path

import pytest

from collectors.registry import SCHEMAS
from device_configs.fault_codes import FaultClass, FaultSeverity, library_tables, load_fault_tables
from device_configs.faults import InvalidConfigError
from device_configs.kinds import kinds
from device_configs.profile import load_profiles

TABLE = """
table: own
label: {zh: 自有, en: Own}
source: the maker's manual, page 7
verified: document
codes:
"""
CODE = "  - {{code: {code}, label: {{zh: 甲, en: A}}, class: {cls}, severity: {severity}}}\n"


def _load(folder: Path, *codes: str, head: str = "") -> None:
    (folder / "own.yaml").write_text(head + TABLE + "".join(codes), encoding="utf-8")
    load_fault_tables([folder])


def _code(code: int = 5, cls: str = "door", severity: str = "high") -> str:
    return CODE.format(code=code, cls=cls, severity=severity)


def test_every_table_of_the_library_has_labels_and_sources() -> None:
    tables = library_tables()
    assert "gb_t_24476_2017" in tables
    for table in tables.values():
        assert table.source
        for one in table.codes:
            assert one.label.zh, (table.table, one.code)
            assert one.label.en, (table.table, one.code)


def test_profiles_and_kinds_name_tables_that_are_there() -> None:
    named = [name for kind in kinds().values() for name in kind.fault_codes.values()]
    profiles = load_profiles(SCHEMAS).values()
    named += [name for one in profiles for name in one.fault_codes.values()]
    assert named
    assert set(named) <= set(library_tables())


def test_a_city_has_the_codes_of_the_standard_and_its_own() -> None:
    table = library_tables()["chongqing"]
    found = table.find(93)
    assert found is not None
    assert found.fault_class is FaultClass.ENTRAPMENT
    moved = table.find(5)
    assert moved is not None
    assert moved.severity is FaultSeverity.EMERGENCY
    assert table.find(12) is None


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([_code(), _code()], "code 5 is given twice"),
        ([_code(cls="entrapment")], "class entrapment is emergency"),
        ([_code(cls="unintended_movement", severity="medium")], "is emergency"),
        ([_code(0)], "code 0 is no fault"),
        ([_code(cls="doors")], "class"),
        ([_code(-1)], "code"),
    ],
)
def test_what_is_wrong_is_said_with_its_file(tmp_path: Path, codes: list[str], said: str) -> None:
    with pytest.raises(InvalidConfigError) as error:
        _load(tmp_path, *codes)
    assert said in str(error.value)
    assert "own.yaml" in str(error.value)


def test_a_table_extends_one_that_is_there_and_never_itself(tmp_path: Path) -> None:
    for above in ("nobody", "own"):
        with pytest.raises(InvalidConfigError, match="to extend"):
            _load(tmp_path, _code(), head=f"extends: {above}")


def test_a_folder_replaces_a_table_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        TABLE.replace("own", "chongqing", 1) + _code(7), encoding="utf-8"
    )
    table = load_fault_tables([tmp_path])["chongqing"]
    assert [one.code for one in table.codes] == [7]


def test_an_estate_with_a_profile_that_names_no_table_is_refused(tmp_path: Path) -> None:
    from device_configs.estate import load_estate

    (tmp_path / "devices").mkdir()
    (tmp_path / "profiles").mkdir()
    (tmp_path / "estate.yaml").write_text(
        "estate: t\ncommunities: [{id: c, role: centre, name: {zh: 中, en: C}}]\n", encoding="utf-8"
    )
    library = Path(load_profiles(SCHEMAS)["generic_elevator_mqtt"].file).read_text(encoding="utf-8")
    own = library.replace("profile: generic_elevator_mqtt", "profile: own_lift", 1)
    own = own.replace("\npoints:\n", "\nfault_codes: {fault_code: chongqin}\npoints:\n", 1)
    (tmp_path / "profiles" / "own.yaml").write_text(own, encoding="utf-8")
    (tmp_path / "devices" / "a.yaml").write_text(
        "[{id: l, profile: own_lift, place: c, link: {mqtt: {}}}]", encoding="utf-8"
    )
    with pytest.raises(InvalidConfigError, match="there is no table 'chongqin'; did you mean"):
        load_estate(tmp_path, SCHEMAS)
