"""What a photo is, told by its content and not by its name: JPEG, PNG or WebP, with its size."""

import struct
from dataclasses import dataclass

from alerts.errors import BadPhotoError

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
MAX_SIDE = 20_000
"""Longest side of a photo. [px]"""
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_SOF = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
"""Markers of JPEG frames: ITU-T T.81, table B.1."""
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""JPEG markers without a length: TEM and RST, ITU-T T.81, table B.1."""


@dataclass(frozen=True)
class Picture:
    """What the content of a photo says of itself."""

    media_type: str
    width: int
    height: int
    """[px]"""


def picture_of(content: bytes) -> Picture:
    """Read the head of a photo.

    Raises:
        BadPhotoError: it is none of the three, cut off, or too large a picture.
    """
    try:
        found = _read(content)
    except (struct.error, IndexError) as error:
        raise BadPhotoError("the photo is cut off") from error
    if found is None:
        raise BadPhotoError("this is no JPEG, PNG or WebP picture")
    if not 0 < found.width <= MAX_SIDE or not 0 < found.height <= MAX_SIDE:
        raise BadPhotoError(f"a photo has at most {MAX_SIDE} pixels a side")
    return found


def _read(content: bytes) -> Picture | None:
    if content.startswith(_JPEG):
        return _jpeg(content)
    if content.startswith(_PNG):
        # ISO/IEC 15948, clause 11.2.2: IHDR comes first, with width and height.
        kind, width, height = struct.unpack_from(">4sII", content, 12)
        return Picture("image/png", width, height) if kind == b"IHDR" else None
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    return None


def _jpeg(content: bytes) -> Picture | None:
    at = 2
    while True:
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _SOF:
            # ITU-T T.81, clause B.2.2: precision, lines, samples in a line.
            _, height, width = struct.unpack_from(">BHH", content, at + 4)
            return Picture("image/jpeg", width, height)
        if length < 2:
            return None
        at += 2 + length


def _webp(content: bytes) -> Picture | None:
    """RFC 9649, clauses 2.5 to 2.7: the first chunk says how the picture is coded."""
    chunk, body = content[12:16], content[20:]
    if chunk == b"VP8 ":
        # RFC 6386, clause 9.1: three bytes of frame tag, the start code, 14 bits for each side.
        code, width, height = struct.unpack_from("<3sHH", body, 3)
        found = Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
        return found if code == b"\x9d\x01\x2a" else None
    if chunk == b"VP8L":
        signature, bits = struct.unpack_from("<BI", body)
        found = Picture("image/webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
        return found if signature == 0x2F else None
    if chunk == b"VP8X":
        wide, high = body[4:7], body[7:10]
        if len(high) < 3:
            raise IndexError("the chunk is cut off")
        return Picture(
            "image/webp", int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
        )
    return None
