import json
from pathlib import Path
from typing import Any

import pytest

from collectors.capture import Block, Gap, InvalidCaptureError, read_capture
from collectors.modbus_schema import Table
from tests.replay_server import CAPTURES


def written(folder: Path, document: object) -> Path:
    file = folder / "capture.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_blocks_refusals_and_silence(tmp_path: Path) -> None:
    capture = read_capture(
        written(
            tmp_path,
            {
                "device": "A meter", "unit": 7, "whatever": {"else": 1},
                "blocks": [{"fc": 4, "start": 2, "regs": [1, 0xFFFF]}],
                "refused": [{"fc": 4, "start": 9, "count": 2, "exception": 2}],
                "silent": [{"fc": 3, "start": 0, "count": 1}],
            },
        )
    )  # fmt: skip
    assert (capture.device, capture.unit, capture.whole_blocks) == ("A meter", 7, False)
    assert capture.blocks == [Block(Table.INPUT, 2, (1, 0xFFFF))]
    assert capture.gaps == [Gap(Table.INPUT, 9, 2, 2), Gap(Table.HOLDING, 0, 1, None)]


def test_values_of_two_registers(tmp_path: Path) -> None:
    capture = read_capture(written(tmp_path, {"u32": {"1004": 7, "1000": 0x12345}}))
    assert capture.whole_blocks
    assert capture.blocks == [
        Block(Table.HOLDING, 1000, (1, 0x2345)), Block(Table.HOLDING, 1004, (0, 7)),
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "aa55"])
def test_a_frame_of_the_wire(tmp_path: Path, prefix: str) -> None:
    frame = {"hex": prefix + "f70304000a00ffbeef", "fc": 3, "start": 30100}
    capture = read_capture(written(tmp_path, {"frames": {"one.hex": frame}}))
    assert capture.blocks == [Block(Table.HOLDING, 30100, (10, 255))]


def test_a_list_of_devices_asks_which(tmp_path: Path) -> None:
    items = [
        {"device": "First", "fc": 4, "start": 0, "response": "010404436633341b38"},
        {"device": "No registers", "payload": "{}"},
        {"device": "Third", "fc": 3, "wire_start": 5, "regs": [[1, 2], [3, 4]]},
        {"device": "Fourth", "fc": 3, "start": 1, "responses": ["0103020007f986", "00"]},
    ]
    file = written(tmp_path, {"items": items})
    with pytest.raises(InvalidCaptureError, match="--item: 1 First; 3 Third; 4 Fourth"):
        read_capture(file)
    assert read_capture(file, 1).blocks == [Block(Table.INPUT, 0, (0x4366, 0x3334))]
    assert read_capture(file, 3).blocks == [Block(Table.HOLDING, 5, (1, 2))]
    assert read_capture(file, 4).blocks == [Block(Table.HOLDING, 1, (7,))]
    with pytest.raises(InvalidCaptureError, match="choose one"):
        read_capture(file, 2)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "is no capture"),
        ({}, "no 'blocks'"),
        ({"items": [{"payload": "{}"}]}, "no Modbus registers"),
        ({"blocks": [{"fc": 6, "start": 0, "regs": [1]}]}, "blocks.0.fc"),
        ({"blocks": [{"fc": 3, "start": 0, "regs": [70000]}]}, "0 to 65535"),
        ({"blocks": [{"fc": 3, "start": 65535, "regs": [1, 2]}]}, "65535"),
        ({"frames": {"a": {"hex": "0103", "fc": 3, "start": 1}}}, "no answer to a read"),
    ],
)
def test_what_is_no_capture_is_one_sentence(tmp_path: Path, document: Any, message: str) -> None:
    file = written(tmp_path, document)
    with pytest.raises(InvalidCaptureError, match=message) as caught:
        read_capture(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidCaptureError, match="No such file"):
        read_capture(tmp_path / "none.json")
    (tmp_path / "b.json").write_bytes(b"\xd4\xc3")
    with pytest.raises(InvalidCaptureError, match="no JSON"):
        read_capture(tmp_path / "b.json")


@pytest.mark.needs_captures
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="no capture folder")
@pytest.mark.parametrize("file", sorted(CAPTURES.glob("*.json")), ids=lambda file: file.stem)
def test_every_capture_at_hand_is_understood(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    items = document.get("items", [None])
    served = 0
    for number in range(1, len(items) + 1):
        try:
            served += len(read_capture(file, number).blocks)
        except InvalidCaptureError as error:
            assert "items" in document, error  # noqa: PT017
    assert served or "payload" in document["items"][0]
