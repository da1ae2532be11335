"""The PDUs of SMPP 3.4 that an alarm needs: bind, submit_sm, enquire_link and delivery receipts."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

GENERIC_NACK = 0x8000_0000
BIND_TRANSCEIVER = 0x0000_0009
SUBMIT_SM = 0x0000_0004
DELIVER_SM = 0x0000_0005
UNBIND = 0x0000_0006
ENQUIRE_LINK = 0x0000_0015
RESPONSE = 0x8000_0000
"""Set in the command of every answer (SMPP 3.4, table 5-1)."""
_HEADER = struct.Struct(">IIII")
HEADER_BYTES = _HEADER.size
LONGEST_PDU = 65_536
"""A longer length is no SMPP. [B] [P]"""
_VERSION = 0x34
_UCS2 = 0x08
"""`data_coding` of UCS-2 (SMPP 3.4, section 5.2.19)."""
_UDHI = 0x40
"""`esm_class` with a user data header (SMPP 3.4, section 5.2.12)."""
_RECEIPT = 0x04
_KIND_OF_MESSAGE = 0x3C
"""`esm_class` of a delivery receipt, and the bits it is in (SMPP 3.4, section 5.2.12)."""
SINGLE_BYTES = 140
"""User data of one short message [B] (3GPP TS 23.040, section 9.2.3.24)."""
PART_BYTES = 134
"""The same beside the six bytes of a concatenation header [B] (section 9.2.3.24.1)."""
_RECEIPTED_ID = 0x001E
"""Optional parameter `receipted_message_id` (SMPP 3.4, section 5.3.2.12)."""
_FIELDS = re.compile(rb"id:(?P<id>\S*).*?stat:(?P<stat>\w+)", re.DOTALL)
"""Text of a receipt (SMPP 3.4, appendix B)."""


class PduError(ValueError):
    """Bytes that are no PDU."""


@dataclass(frozen=True)
class Pdu:
    """One PDU."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        length = HEADER_BYTES + len(self.body)
        return _HEADER.pack(length, self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True)
class DeliveryReceipt:
    """What the centre reports of one short message."""

    id: str
    state: str
    """`DELIVRD`, `EXPIRED`, `UNDELIV`, `REJECTD` ... (SMPP 3.4, appendix B)"""


def read_header(data: bytes) -> tuple[int, Pdu]:
    """Bytes of the body, and the PDU without it.

    Raises:
        PduError: the length cannot be.
    """
    length, command, status, sequence = _HEADER.unpack(data)
    if not HEADER_BYTES <= length <= LONGEST_PDU:
        raise PduError(f"a PDU of {length} bytes")
    return length - HEADER_BYTES, Pdu(command, status, sequence)


def _text(value: str) -> bytes:
    return value.encode("ascii", errors="replace") + b"\0"


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Body of bind_transceiver (SMPP 3.4, section 4.1.5)."""
    names = _text(system_id) + _text(password) + _text(system_type)
    return names + bytes((_VERSION, 0, 0)) + b"\0"


def submit_body(sender: str, phone: str, data: bytes, *, is_part: bool) -> bytes:
    """Body of submit_sm (SMPP 3.4, section 4.4.1) in UCS-2 with a delivery receipt asked for."""
    international = phone.startswith("+")
    destination = bytes((1 if international else 0, 1)) + _text(phone.removeprefix("+"))
    fixed = bytes((_UDHI if is_part else 0, 0, 0))
    no_times = b"\0\0"
    return (
        b"\0" + b"\0\0" + _text(sender) + destination + fixed + no_times
        + bytes((1, 0, _UCS2, 0, len(data))) + data
    )  # fmt: skip


def split(text: str, reference: int) -> Sequence[bytes]:
    """A text as user data of one or more short messages; no character is cut in half."""
    whole = text.encode("utf-16-be")
    if len(whole) <= SINGLE_BYTES:
        return [whole]
    parts, part = [], b""
    for character in text:
        data = character.encode("utf-16-be")
        if len(part) + len(data) > PART_BYTES:
            parts.append(part)
            part = b""
        part += data
    parts.append(part)
    total = len(parts)
    return [
        bytes((5, 0, 3, reference & 0xFF, total, number)) + one
        for number, one in enumerate(parts, start=1)
    ]


def message_id(body: bytes) -> str:
    """The identifier in the answer to submit_sm (SMPP 3.4, section 4.4.2)."""
    return body.partition(b"\0")[0].decode("ascii", errors="replace")


def read_receipt(body: bytes) -> DeliveryReceipt | None:
    """The delivery receipt in a deliver_sm; None where it is a message or cannot be read."""
    try:
        place = body.index(b"\0") + 1
        for _ in range(2):
            place = body.index(b"\0", place + 2) + 1
        kind = body[place]
        place = body.index(b"\0", place + 3) + 1
        place = body.index(b"\0", place) + 1
        length = body[place + 4]
        text = body[place + 5 : place + 5 + length]
        found = _FIELDS.search(text)
    except (ValueError, IndexError):
        return None
    if kind & _KIND_OF_MESSAGE != _RECEIPT or found is None:
        return None
    named = _optional(body[place + 5 + length :], _RECEIPTED_ID)
    name = named.rstrip(b"\0") if named else found["id"]
    return DeliveryReceipt(name.decode(errors="replace"), found["stat"].decode())


def _optional(data: bytes, tag: int) -> bytes | None:
    while len(data) >= 4:
        found, length = struct.unpack_from(">HH", data)
        if found == tag:
            return data[4 : 4 + length]
        data = data[4 + length :]
    return None
