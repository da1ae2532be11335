"""Passwords: how they are hashed, which are refused, and how one is made."""

import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from records.engine import RecordsError

MEMORY_KIB = 19_456
"""Memory of one hash. [KiB] Source: OWASP Password Storage Cheat Sheet, "Argon2id"."""
TIME_COST = 2
"""Passes over the memory; same source."""
PARALLELISM = 1
"""Lanes; same source."""
MIN_LENGTH = 10
"""Shortest password [characters]; GB/T 22239-2019 8.1.4.1 asks for complexity, we for length."""
MAX_LENGTH = 256
"""Longest password [characters], so that hashing cannot be used to keep the machine busy."""


class WeakPasswordError(RecordsError):
    """The password is one that must not be used; the message says why."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash(
        (Argon2Hasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM),)
    )


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _hasher().hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Whether a password has this hash; without a hash it takes as long, and is false."""
    if len(password) > MAX_LENGTH:
        password, hashed = "", None
    try:
        right = _hasher().verify(password, hashed or _nobody())
    except PwdlibError as error:
        raise RecordsError("a stored password hash cannot be read; reset that password") from error
    return right and hashed is not None


def check_password(password: str, username: str) -> None:
    """Refuse a password that is too short, too long, the user's name or one repeated character.

    Raises:
        WeakPasswordError: it is refused.
    """
    if len(password) < MIN_LENGTH:
        raise WeakPasswordError(f"a password has at least {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        raise WeakPasswordError(f"a password has at most {MAX_LENGTH} characters")
    if len(set(password)) < 4:
        raise WeakPasswordError("a password has at least 4 different characters")
    if username and username.casefold() in password.casefold():
        raise WeakPasswordError("a password does not contain the user's name")


def make_password() -> str:
    """A random password that can be read out: five groups of four letters and digits."""
    # No 0/O, 1/l/i: it is typed from a terminal. 30 characters, 20 places: 98 bits.
    alphabet = "abcdefghjkmnpqrstuvwxyz2345679"
    groups = ("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))
    return "-".join(groups)
