"""Which codes a rule means, by classes and severities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.fault_codes import FaultCodes
from device_configs.fault_codes import FaultClass, FaultSeverity, library_tables

TABLES = library_tables()
GB = TABLES["gb_t_24476_2017"]


def test_classes_and_severities_choose_together() -> None:
    doors = FaultCodes(classes=(FaultClass.DOOR,))
    assert doors.of(GB) == (2, 3)
    assert FaultCodes(severities=(FaultSeverity.MEDIUM,)).of(GB) == (6, 7, 8)
    assert FaultCodes(classes=(FaultClass.INFO,)).of(GB) == ()
    with pytest.raises(ValidationError):
        FaultCodes()


@given(
    st.sampled_from(sorted(TABLES)),
    st.lists(st.sampled_from(list(FaultClass)), max_size=3),
    st.lists(st.sampled_from(list(FaultSeverity)), max_size=3),
)
def test_every_code_is_meant_or_not_and_zero_never_by_default(
    name: str, classes: list[FaultClass], severities: list[FaultSeverity]
) -> None:
    table = TABLES[name]
    codes = FaultCodes(classes=tuple(classes), severities=tuple(severities), unknown=True)
    meant, others = set(codes.of(table)), set(codes.others(table))
    assert meant | others >= {one.code for one in table.codes}
    assert 0 in others
    if FaultSeverity.INFO not in severities:
        assert not meant & others
