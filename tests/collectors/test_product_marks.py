from collectors.modbus_schema import WordType
from collectors.product_marks import ProductMark, product_marks

TEXT = ProductMark(vendor="V", address=1, type=WordType.STRING, length=3, source="made up")
CODE = ProductMark(vendor="V", address=1, names={77: "M7"}, source="made up")


def test_a_text_is_what_the_device_calls_itself() -> None:
    assert TEXT.product([0x4D37, 0x2D41, 0]) == "M7-A"
    assert TEXT.product([0x4D37, 0, 0]) is None, "two letters may be anything"
    assert TEXT.product([0xFFFF, 0xFFFF, 0xFFFF]) is None
    assert TEXT.product([0x0102, 0x8384, 0x4142]) is None


def test_a_code_is_looked_up() -> None:
    assert CODE.product([77]) == "V M7"
    assert CODE.product([78]) is None


def test_the_marks_of_the_library_name_their_source() -> None:
    assert all(mark.source and mark.vendor for mark in product_marks())
    assert {mark.vendor for mark in product_marks()} == {"ABB", "Carlo Gavazzi"}
