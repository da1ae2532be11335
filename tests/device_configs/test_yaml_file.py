from pathlib import Path

import pytest

from device_configs.faults import InvalidConfigError
from device_configs.yaml_file import read_yaml


def _read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    return read_yaml(file).data


def test_scalars_follow_yaml_1_2(tmp_path: Path) -> None:
    text = "a: on\nb: no\nc: true\nd: 0x1F\ne: 1e6\nf: 1.5\ng: 012\nh: 2026-11-23\ni: 1_000\n"
    assert _read(tmp_path, text) == {
        "a": "on", "b": "no", "c": True, "d": 31, "e": 1e6, "f": 1.5, "g": 12,
        "h": "2026-11-23", "i": "1_000",
    }  # fmt: skip


def test_a_key_given_twice_is_a_fault_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        _read(tmp_path, "a: 1\nb: {c: 1,\n  c: 2}\n")
    (fault,) = caught.value.faults
    assert (fault.line, fault.field) == (3, "c")
    assert "twice" in fault.message


@pytest.mark.parametrize("text", ["a: [1\n", "a: b: c\n", "\ta: 1\n", "a: !!python/object:x 1\n"])
def test_what_is_not_yaml_is_one_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        _read(tmp_path, text)
    assert len(caught.value.faults) == 1


def test_a_file_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_bytes(b"a: \xff\xfe")
    with pytest.raises(InvalidConfigError, match="not UTF-8"):
        read_yaml(file)
    with pytest.raises(InvalidConfigError, match=r"c\.yaml: No such file"):
        read_yaml(tmp_path / "c.yaml")


def test_an_empty_file_is_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, "# only a comment\n") is None
