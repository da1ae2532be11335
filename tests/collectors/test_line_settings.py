"""Settings of a line, and what is said of those that are wrong."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from collectors.driver import CollectorsError
from collectors.line_settings import bad_file, checked, text_of
from device_configs.quantities import Strict


class Given(Strict):
    port: int = 1
    secret: SecretStr = SecretStr("")


class WrongError(CollectorsError):
    pass


def test_the_first_fault_is_named_and_no_secret_is() -> None:
    assert checked(Given, "pump", {"port": 7}, WrongError).port == 7
    with pytest.raises(WrongError, match=r"^setting pump\.port: ") as caught:
        checked(Given, "pump", {"port": "hush-1234", "secret": "hush"}, WrongError)
    assert "hush" not in str(caught.value)


def test_a_file_that_is_gone_or_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "list"
    with pytest.raises(WrongError, match=r"^setting pump\.file: .*list: No such file"):
        text_of(file, "pump.file", WrongError)
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(WrongError, match=r"list: is not UTF-8 text$"):
        text_of(file, "pump.file", WrongError)
    file.write_text("充电桩\n", encoding="utf-8")
    assert text_of(file, "pump.file", WrongError) == "充电桩\n"


def test_what_a_library_said_of_a_file_is_kept(tmp_path: Path) -> None:
    said = bad_file("pump.key", tmp_path / "key", OSError(13, "Permission denied"), WrongError)
    assert str(said) == f"setting pump.key: {tmp_path / 'key'}: Permission denied"
    assert isinstance(said, WrongError)
