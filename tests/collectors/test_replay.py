import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.capture import Block, Capture, Gap
from collectors.modbus_schema import Table
from collectors.replay import ReplayedDevice

CAPTURE = Capture(
    "made up",
    [
        Block(Table.INPUT, 10, (1, 2, 3)), Block(Table.INPUT, 13, (4,)),
        Block(Table.COIL, 0, (1, 0, 1)),
    ],
    [Gap(Table.INPUT, 20, 2, 4), Gap(Table.INPUT, 30, 1)],
)  # fmt: skip


def asked(
    function: int, address: int, count: int, *, unit: int = 1, capture: Capture = CAPTURE
) -> str | None:
    pdu = struct.pack(">BHH", function, address, count)
    answer = ReplayedDevice(capture).answer(unit, pdu)
    return None if answer is None else answer.hex()


@pytest.mark.parametrize(
    ("function", "address", "count", "answer"),
    [
        (4, 10, 3, "0406000100020003"),
        (4, 12, 2, "040400030004"),  # over two blocks that touch
        (4, 9, 2, "8402"), (4, 13, 2, "8402"), (3, 10, 1, "8302"), (4, 65535, 2, "8402"),
        (4, 10, 0, "8403"), (4, 10, 126, "8403"),
        (4, 20, 1, "8404"), (4, 19, 2, "8404"),  # as the device refused it
        (4, 30, 1, None), (4, 29, 3, None),  # as it was silent
        (1, 0, 3, "010105"), (2, 0, 1, "8202"),
        (5, 0, 0xFF00, "8501"), (6, 10, 1, "8601"), (16, 10, 1, "9001"), (23, 0, 1, "9701"),
    ],
)  # fmt: skip
def test_what_was_captured_and_nothing_else(
    function: int, address: int, count: int, answer: str | None
) -> None:
    assert asked(function, address, count) == answer


def test_another_unit_is_silent_behind_its_gateway() -> None:
    assert asked(4, 10, 1, unit=2) == "840b"


def test_a_device_that_answers_whole_values_only() -> None:
    blocks = [Block(Table.HOLDING, 0, (1, 2)), Block(Table.HOLDING, 2, (3, 4))]
    capture = Capture("made up", blocks, whole_blocks=True)
    assert asked(3, 2, 2, capture=capture) == "030400030004"
    assert asked(3, 0, 4, capture=capture) == "8302"
    assert asked(3, 0, 1, capture=capture) == "8302"


@given(st.integers(0, 255), st.binary(min_size=1, max_size=8))
def test_any_request_is_answered_or_refused(unit: int, pdu: bytes) -> None:
    answer = ReplayedDevice(CAPTURE).answer(unit, pdu)
    if answer is not None:
        read = answer[0] == pdu[0] and pdu[0] in (1, 2, 3, 4) and len(pdu) == 5
        assert read or (answer[0] == pdu[0] | 0x80 and len(answer) == 2)
