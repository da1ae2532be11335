"""MQTT payloads as faulty devices and gateways write them: spoiled in structure or in bytes."""

import json
import random
from collections.abc import Callable, Sequence

from collectors.json_path import steps
from collectors.mqtt_profile import address_of
from collectors.payload_plan import TopicPlan, path_of
from device_configs.profile import Profile

_ODD: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 2, 255, 65535, 2**31, 2**53, 2**63, -(2**63) - 1, 10**400, 0.1,
    -0.0, 1e308, float("nan"), float("inf"), -float("inf"), "", " ", "0", "1", "1.0", "true",
    "False", "ON", "online", "nan", "1e999", "-", "1_000", "１２", "\ud800", "\x00", "三号楼",
    [], {}, [1], {"value": 1}, "x" * 2000, "9" * 400, [[[]]],
)  # fmt: skip
"""What stands where a number, a boolean or a word is expected."""


_METHODS = ("NotifyStatus", "NotifyStatus", "NotifyFullStatus", "NotifyEvent", None)


class PayloadSpoiler:
    """Makes payloads of one topic of a profile by chance, always the same for a seed."""

    def __init__(self, profile: Profile, plan: TopicPlan, chance: random.Random) -> None:
        self.chance = chance
        self.paths = [
            path_of(reading.point, place, "0")
            for reading in plan.readings
            for place in address_of(reading.point).places
        ]
        self.words = [
            str(raw)
            for point in profile.points.values()
            for raw in (*point.mapping.values, *point.mapping.missing)
        ] + ["true", "false", "online", "offline", "0", "1", "23.5"]

    def payload(self) -> bytes:
        """One payload."""
        made = self.chance.choice((self._object, self._object, self._object, self._text))()
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            made = self.chance.choice(_BYTES)(self.chance, made)
        return made

    def value(self) -> object:
        """One value, often a fitting one."""
        chance = self.chance
        kind = chance.randrange(5)
        if kind == 0:
            return chance.choice(_ODD)
        if kind == 1:
            return chance.choice(self.words)
        if kind == 2:
            return chance.randint(-5, 300)
        return round(chance.uniform(-50, 500), 2) if kind == 3 else chance.random() < 0.5

    def _object(self) -> bytes:
        data: dict[str, object] = {}
        for path in self.paths:
            if self.chance.random() < 0.7:
                self._put(data, path)
        for key in ("ts", "seq", "event_id", "code", "phase", "state", "time"):
            if self.chance.random() < 0.4:
                data[key] = self.chance.choice(
                    (self.value(), 1_764_000_000_123, "raise", "clear", 9, "09")
                )
        wrapped: object = data if self.chance.random() < 0.95 else [data]
        if self.chance.random() < 0.2:
            # As products that speak JSON-RPC wrap what they notify.
            wrapped = {"method": self.chance.choice(_METHODS), "params": data}
        return json.dumps(wrapped, ensure_ascii=self.chance.random() < 0.5).encode(
            "utf-8", errors="surrogatepass"
        )

    def _put(self, data: dict[str, object], path: str) -> None:
        """Put a value where the path looks, or at the top by the path's last name."""
        names = steps(path) or (path,)
        here = data
        for name in names[:-1]:
            below = here.setdefault(str(name), {})
            if not isinstance(below, dict):
                return
            here = below
        here[str(names[-1])] = self.value()

    def _text(self) -> bytes:
        text = self.value()
        written = text if isinstance(text, str) else json.dumps(text)
        return written.encode("utf-8", errors="surrogatepass")


def _flip(chance: random.Random, data: bytes) -> bytes:
    made = bytearray(data or b"{}")
    made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _lose(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.randint(1, 5) :]


def _insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    odd = chance.choice((b"\x00", b"\xff", b'"', b"{", b"}", b",", b"\\u0000", b"NaN", b"1e999"))
    return data[:at] + odd + data[at:]


def _twice(chance: random.Random, data: bytes) -> bytes:
    return data + chance.choice((b"", b"\n", b",")) + data


def _mark(chance: random.Random, data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def _chinese(chance: random.Random, data: bytes) -> bytes:
    return data.replace(b"}", '"三号楼":"走廊"}'.encode("gb18030"), 1)


def _deep(chance: random.Random, data: bytes) -> bytes:
    depth = chance.choice((3, 100, 2000))
    return b"[" * depth + data + b"]" * depth


def _same_key(chance: random.Random, data: bytes) -> bytes:
    return data[:-1] + b"," + data[1:] if len(data) > 2 else data


_BYTES: Sequence[Callable[[random.Random, bytes], bytes]] = (
    _flip, _flip, _cut, _lose, _insert, _twice, _mark, _chinese, _deep, _same_key,
)  # fmt: skip
