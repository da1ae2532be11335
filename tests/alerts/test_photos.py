"""A photo is told by its content: JPEG, PNG, WebP, and nothing else."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import BadPhotoError
from alerts.photos import MAX_SIDE, Picture, picture_of
from tests.alerts.pictures import jpeg, png, webp

LOSSY = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640 | 0x4000, 480)
LOSSLESS = b"\x2f" + struct.pack("<I", (640 - 1) | (480 - 1) << 14)
EXTENDED = b"\0\0\0\0" + (640 - 1).to_bytes(3, "little") + (480 - 1).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (png(30, 20), Picture("image/png", 30, 20)),
        (jpeg(), Picture("image/jpeg", 4000, 3000)),
        (jpeg(8, 9, b"\xff\xff\xe0\x00\x03x\xff\x01"), Picture("image/jpeg", 8, 9)),
        (webp(b"VP8 ", LOSSY), Picture("image/webp", 640, 480)),
        (webp(b"VP8L", LOSSLESS), Picture("image/webp", 640, 480)),
        (webp(b"VP8X", EXTENDED), Picture("image/webp", 640, 480)),
    ],
)
def test_the_three_kinds(content: bytes, found: Picture) -> None:
    assert picture_of(content) == found


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(20), b"%PDF-1.7",
        b"<html><script>alert(1)</script>", b"\xff\xd8\xffhello", b"\x89PNG\r\n\x1a\n" + bytes(30),
        webp(b"ICCP", bytes(30)), webp(b"VP8L", b"\0" * 9), webp(b"VP8 ", bytes(20)),
        png(MAX_SIDE + 1), jpeg(0, 5), b"\xff\xd8\xff\xe0\x00\x01", png()[:20], jpeg()[:12],
        webp(b"VP8X", EXTENDED[:8]),
    ],
)  # fmt: skip
def test_what_is_none(content: bytes) -> None:
    with pytest.raises(BadPhotoError):
        picture_of(content)


@given(
    st.sampled_from([png(), jpeg(), webp(b"VP8X", EXTENDED), webp(b"VP8 ", LOSSY), b""]),
    st.integers(0, 60), st.binary(max_size=40),
)  # fmt: skip
def test_whatever_comes_is_a_picture_or_refused(start: bytes, cut: int, rest: bytes) -> None:
    try:
        found = picture_of(start[:cut] + rest)
    except BadPhotoError:
        return
    assert 0 < found.width <= MAX_SIDE
    assert 0 < found.height <= MAX_SIDE
