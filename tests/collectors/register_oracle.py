"""What registers mean by docs/profiles.md, read from the profile's YAML: the fuzz tests' judge.

Shares no code with the collectors. It knows no caches, plans or short ways: a point's own addresses
are looked up and decoded, each time.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from device_configs.profile import LIBRARY

Cell = Callable[[str, int], int]
"""Table and wire address to what was served there; raises KeyError where nothing was."""
Value = float | int | bool | str | None
_FORMATS = {
    "uint16": "H", "int16": "h", "uint32": "I", "int32": "i", "uint64": "Q", "int64": "q",
    "float32": "f", "float64": "d",
}  # fmt: skip
_SIZES = {"bool": 1, "bcd16": 1, "bcd32": 2, "date_bytes": 3, "date_words": 6}
KINDS = Path(LIBRARY).parent / "kinds"


class NotServedError(Exception):
    """Something that the point needs was not read."""


def _units() -> dict[str, dict[str, Any]]:
    data = yaml.safe_load((KINDS.parent / "quantities.yaml").read_text(encoding="utf-8"))
    units: dict[str, dict[str, Any]] = data["units"]
    return units


_UNITS = _units()


def _convert(number: float, unit: str | None, stored: str | None) -> float:
    if unit is None or stored is None or unit == stored:
        return number
    found = _UNITS[stored][unit]
    if isinstance(found, dict):
        return number * float(found["factor"]) + float(found.get("offset", 0.0))
    return number * float(found)


class Oracle:
    """The points of one profile."""

    def __init__(self, name: str) -> None:
        self.document: dict[str, Any] = yaml.safe_load(
            (LIBRARY / f"{name}.yaml").read_text(encoding="utf-8")
        )
        self.section: dict[str, Any] = self.document["modbus"]
        self._kinds: dict[str, dict[str, Any]] = {}

    def entries(self, name: str, *, part: bool) -> Iterator[dict[str, Any]]:
        """Every way the profile reads a point: its own, then those of its variants."""
        group = self.document["parts"] if part else self.document
        variants = {} if part else self.document.get("variants", {})
        for points in (group["points"], *(variant["points"] for variant in variants.values())):
            for key, entry in points.items():
                if key == name or name in entry.get("bits", {}).values():
                    yield entry

    def values(self, name: str, cell: Cell, spec: Any, part: int | None = None) -> list[Value]:
        """What the point may be, by each way whose cells were all served."""
        found: list[Value] = []
        for entry in self.entries(name, part=part is not None):
            try:
                found.append(self._value(entry, name, cell, spec, part or 0))
            except KeyError:
                continue
        return found

    def cells(self, name: str, part: int | None = None) -> frozenset[tuple[str, int]]:
        """Every cell that the point depends on, in any variant."""
        used: set[tuple[str, int]] = set()

        def note(table: str, address: int) -> int:
            used.add((table, address))
            return 0

        for entry in self.entries(name, part=part is not None):
            shift = (part or 0) * int(entry.get("stride", 0))
            self._raw(entry, note, shift)
            if "add" in entry:
                self._raw(entry["add"], note, shift)
            for scale in _listed(entry.get("scale_from")):
                self._raw(scale, note, 0)
        return frozenset(used)

    def _value(
        self, entry: Mapping[str, Any], name: str, cell: Cell, spec: Any, part: int
    ) -> Value:
        shift = part * int(entry.get("stride", 0))
        kind = self._type(entry)
        raw = self._raw(entry, cell, shift)
        if raw is None or self._missing(entry, kind, raw):
            return None
        for scale in _listed(entry.get("scale_from")):
            self._raw(scale, cell, 0)
        if "add" in entry:
            rest = self._raw(entry["add"], cell, shift)
            if not isinstance(rest, (int, float)) or isinstance(raw, str):
                return None
            raw = raw + rest * entry["add"].get("scale", 1.0)
        for scale in _listed(entry.get("scale_from")):
            factor = _factor(self._raw(scale, cell, 0), scale)
            if factor is None or isinstance(raw, str) or raw is None:
                return None
            raw = raw * factor
        return _meaning(raw, entry, name, spec)

    def _type(self, entry: Mapping[str, Any]) -> str:
        table = entry.get("table", self.section.get("table", "holding"))
        return "bool" if table in {"coil", "discrete"} else str(entry.get("type", "uint16"))

    def _missing(self, entry: Mapping[str, Any], kind: str, raw: Value) -> bool:
        if isinstance(raw, bool):
            return False
        listed = [*entry.get("missing", ()), *self.section.get("missing", {}).get(kind, ())]
        return raw in listed

    def place(self, entry: Mapping[str, Any]) -> tuple[str, int]:
        """Table and wire address of its first cell."""
        section = self.section
        table = entry.get("table", section.get("table", "holding"))
        base = entry.get("address_base", section.get("address_base", 0))
        return str(table), int(entry["address"]) - int(base)

    def _raw(self, entry: Mapping[str, Any], cell: Cell, shift: int) -> Value:
        section, kind = self.section, self._type(entry)
        table, first = self.place(entry)
        count = int(entry.get("length") or _SIZES.get(kind) or struct.calcsize(_FORMATS[kind]) // 2)
        words = [cell(table, first + shift + n) for n in range(count)]
        if entry.get("byte_order", section.get("byte_order", "big")) == "little":
            words = [(word & 0xFF) << 8 | word >> 8 for word in words]
        if entry.get("word_order", section.get("word_order", "big")) == "little":
            words = words if kind in {"string", "date_bytes", "date_words"} else words[::-1]
        return _decoded(words, kind, entry.get("bytes"))


def _listed(scale: Any) -> Sequence[Mapping[str, Any]]:
    return [scale] if isinstance(scale, dict) else (scale or [])


def _decoded(words: Sequence[int], kind: str, part: Sequence[int] | None) -> Value:
    data = struct.pack(f">{len(words)}H", *words)
    if kind == "bool":
        return bool(words[0])
    if kind in _FORMATS:
        (number,) = struct.unpack(">" + _FORMATS[kind], data)
        return number if math.isfinite(number) else None
    if kind.startswith("bcd"):
        digits = data.hex()
        return int(digits) if digits.isdecimal() else None
    if kind.startswith("date"):
        return _date(list(data) if kind == "date_bytes" else list(words))
    if part is None and all(word == 0xFFFF for word in words):
        return None
    if part is not None:
        data = data[part[0] : part[0] + part[1]]
    if all(byte == 0xFF for byte in data):
        return None
    return data.split(b"\0")[0].decode("ascii", errors="replace").strip() or None


def _date(numbers: list[int]) -> Value:
    year, month, day, hour, minute, second = numbers
    year += 2000 if year < 100 else 0
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"


def _factor(raw: Value, scale: Mapping[str, Any]) -> float | None:
    if not isinstance(raw, (int, float)):
        return None
    if "factors" in scale:
        found = scale["factors"].get(int(raw))
        return None if found is None else float(found)
    use = scale.get("use", "factor")
    if use == "factor":
        return float(raw) if raw else None
    if not -12 <= raw <= 12:
        return None
    return float(10.0 ** (raw if use == "exponent" else -raw))


def _meaning(raw: Value, entry: Mapping[str, Any], name: str, spec: Any) -> Value:
    if isinstance(raw, (int, float)) and not math.isfinite(raw):
        return None
    if "cut" in entry:
        first, count = entry["cut"]
        raw = int(raw or 0) >> first & (1 << count) - 1
    if "any_cell" in entry:
        cells, invert = entry["any_cell"], bool(entry.get("invert"))
        width, first = cells["width"], cells.get("first", 0)
        held = {
            int(raw or 0) >> first + n * width & (1 << width) - 1 for n in range(cells["count"])
        }
        return bool(held & set(cells["of"])) != invert
    if "bits" in entry:
        bit = next(bit for bit, target in entry["bits"].items() if target == name)
        return bool(int(raw or 0) >> bit & 1)
    if "bit" in entry:
        return bool(int(raw or 0) >> entry["bit"] & 1) != bool(entry.get("invert"))
    if "values" in entry:
        return _looked_up(raw, entry["values"])
    if spec.type.value == "number":
        return _number(raw, entry, spec)
    if spec.type.value == "bool":
        return bool(raw) != bool(entry.get("invert")) if raw in (0, 1) else None
    return str(raw) if spec.type.value == "string" or str(raw) in spec.values else None


def _looked_up(raw: Value, values: Mapping[Any, Any]) -> Value:
    if isinstance(raw, bool):
        told: Value = values.get("true" if raw else "false", values.get(int(raw)))
        return told
    if isinstance(raw, float) and not raw.is_integer():
        return None
    key = int(raw) if isinstance(raw, (int, float)) else raw
    found: Value = values.get(key, values.get(str(key)))
    if found is None and isinstance(key, str) and key.lstrip("+-").isdecimal():
        found = values.get(int(key))
    return found


def _number(raw: Value, entry: Mapping[str, Any], spec: Any) -> Value:
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            return None
    if raw is None or isinstance(raw, bool):
        return None
    number = raw * entry.get("scale", 1.0) + entry.get("offset", 0.0)
    if entry.get("positive") == "export":
        number = -number
    number = _convert(number, entry.get("unit"), spec.unit)
    return number if math.isfinite(number) else None
