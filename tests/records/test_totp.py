"""One-time codes, by the test vectors of the standard."""

import base64

import pytest

from records import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, seconds // totp.STEP_S, digits=8) == code


def test_a_phone_may_be_one_step_off_and_a_code_holds_once() -> None:
    step = 60_000_000
    now_ms = step * totp.STEP_S * 1000
    for off in (-1, 0, 1):
        code = totp.code_at(RFC_SECRET, step + off)
        assert totp.step_of(RFC_SECRET, code, now_ms, -1) == step + off
        assert totp.step_of(RFC_SECRET, code, now_ms, step + off) is None
    for off in (-2, 2):
        assert totp.step_of(RFC_SECRET, totp.code_at(RFC_SECRET, step + off), now_ms, -1) is None
    for wrong in ("", "12345", "abcdef", "１２３４５６", "0" * 1000):
        assert totp.step_of(RFC_SECRET, wrong, now_ms, -1) is None


def test_secrets_differ_and_the_address_is_escaped() -> None:
    assert totp.make_secret() != totp.make_secret()
    assert len(base64.b32decode(totp.make_secret())) == totp.SECRET_BYTES
    found = totp.uri("ABC", "王&secret=x", "sitewatch")
    assert found.startswith("otpauth://totp/sitewatch:%E7%8E%8B%26secret%3Dx?secret=ABC&")
