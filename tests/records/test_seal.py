"""Secrets at rest: nothing readable in the database, and a key that only its owner reads."""

from pathlib import Path

import pytest

from records.seal import Seal, SealError, new_seal, read_seal


def test_what_is_sealed_opens_with_this_key_only(tmp_path: Path) -> None:
    seal = read_seal(tmp_path / "secrets.key")
    sealed = seal.close("the secret")
    assert "the secret" not in sealed
    assert read_seal(tmp_path / "secrets.key").open(sealed) == "the secret"
    with pytest.raises(SealError, match="key file"):
        new_seal().open(sealed)
    with pytest.raises(SealError):
        seal.open(sealed[:-4] + "AAAA")


def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.key"
    read_seal(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [kept.name for kept in tmp_path.iterdir()] == ["secrets.key"]
    file.chmod(0o644)
    with pytest.raises(SealError, match="can be read by others"):
        read_seal(file)


def test_no_key_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="32 random bytes"):
        Seal(b"short")
    with pytest.raises(SealError, match="cannot be used"):
        read_seal(tmp_path / "missing" / "secrets.key")
