"""Time-based one-time codes (RFC 6238) as authenticator apps on phones make them."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_S = 30
"""How long a code is the code. [s] Source: RFC 6238, section 5.2."""
DIGITS = 6
"""Digits of a code. Source: RFC 4226, section 5.3, its least."""
SECRET_BYTES = 20
"""Bytes of a secret. Source: RFC 4226, section 4, R6: 160 bits are recommended."""
SLACK_STEPS = 1
"""How many steps a phone's clock may be off. Source: RFC 6238, section 5.2: at most one."""


def make_secret() -> str:
    """A random secret, in base32 as people type it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step. Source: RFC 4226, section 5.3; RFC 6238, section 4.2."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: str, code: str, now_ms: int, after: int) -> int | None:
    """The step that a code belongs to; None where it is none of now, or not after step `after`.

    Every candidate is compared in constant time. A code holds once: the caller keeps the step.
    """
    now = now_ms // 1000 // STEP_S
    given = code.encode()
    found = None
    for step in range(now - SLACK_STEPS, now + SLACK_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and step > after:
            found = step
    return found


def uri(secret: str, username: str, issuer: str) -> str:
    """The address that an authenticator app takes from a QR code."""
    label = f"{quote(issuer, safe='')}:{quote(username, safe='')}"
    query = urlencode({"secret": secret, "issuer": issuer, "period": STEP_S, "digits": DIGITS})
    return f"otpauth://totp/{label}?{query}"
