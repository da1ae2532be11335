"""Passwords: how they are hashed, which are refused, and how one is made."""

import re
import secrets
from functools import cache
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml
from records.engine import RecordsError

_COMMON = Path(__file__).with_name("common_passwords.yaml")
_SIGNS = str.maketrans("@$!013457", "asioieast")
"""Signs and digits that people put for letters."""
MEMORY_KIB = 19_456
"""Memory of one hash. [KiB] Source: OWASP Password Storage Cheat Sheet, "Argon2id"."""
TIME_COST = 2
"""Passes over the memory; same source."""
PARALLELISM = 1
"""Lanes; same source."""
_TELLING = 4
"""Shorter names, as 李 or wu, stand in many words by chance. [characters]"""
MIN_LENGTH = 10
"""Shortest password [characters]; GB/T 22239-2019 8.1.4.1 asks for complexity, we for length."""
MAX_LENGTH = 256
"""Longest password [characters], so that hashing cannot be used to keep the machine busy."""


class _Common(Strict):
    words: list[str]
    walks: list[str]


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
    """Refuse a password that is too short, too long, too common or holds the user's name.

    Raises:
        WeakPasswordError: it is refused.
    """
    if len(password) < MIN_LENGTH:
        raise WeakPasswordError(f"a password has at least {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        raise WeakPasswordError(f"a password has at most {MAX_LENGTH} characters")
    if len(set(password)) < 4:
        raise WeakPasswordError("a password has at least 4 different characters")
    if len(username) >= _TELLING and username.casefold() in password.casefold():
        raise WeakPasswordError("a password does not contain the user's name")
    if _is_common(password):
        raise WeakPasswordError("this password is one of those that are tried first")


@cache
def _common() -> _Common:
    return _Common.model_validate(read_yaml(_COMMON).data)


def _is_common(password: str) -> bool:
    """Whether a password is made of common words, years and signs, or of a walk on the keys."""
    folded = password.casefold()
    words = "|".join(sorted(map(re.escape, _common().words), key=len, reverse=True))
    only_words = re.compile(rf"[\W\d_]*(?:(?:{words})[\W\d_]*)*")
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    if only_words.fullmatch(folded) or only_words.fullmatch(core.translate(_SIGNS)):
        return True
    keys = re.sub(r"[\W_]", "", folded)
    shortest = keys[: next(n for n in range(1, len(keys) + 1) if len(set(_cut(keys, n))) == 1)]
    return any(shortest in walk or shortest in walk[::-1] for walk in _common().walks)


def _cut(keys: str, length: int) -> list[str]:
    """The keys in pieces of a length; the last, where it is shorter, as it would have gone on."""
    pieces = [keys[at : at + length] for at in range(0, len(keys), length)]
    if pieces[0].startswith(pieces[-1]):
        pieces[-1] = pieces[0]
    return pieces


def make_password() -> str:
    """A random password that can be read out: five groups of four letters and digits."""
    # No 0/O, 1/l/i: it is typed from a terminal. 30 characters, 20 places: 98 bits.
    alphabet = "abcdefghjkmnpqrstuvwxyz2345679"
    groups = ("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))
    return "-".join(groups)
