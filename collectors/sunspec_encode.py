"""Stored values to the registers of a SunSpec device: for simulators and tests. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.convert import Raw, to_raw
from collectors.registers import EncodeError, encode
from collectors.sample import Value
from collectors.sunspec import address_of
from collectors.sunspec_models import (
    Group,
    ModelPoint,
    Reference,
    SunSpecType,
    group_of,
    groups,
    locate,
    unimplemented,
)
from device_configs.profile import Profile, ProfilePoint

_FINEST = {"A": -2, "V": -1, "Hz": -2, "PF": -3, "DCA": -2, "DCV": -1, "Tmp": -1}
"""The power of ten a scale factor begins with; it grows until the values fit. 0 for the others."""
_LARGEST_POWER = 10


@dataclass
class _Model:
    id: int
    group: Group
    words: list[int]
    powers: dict[str, int]


def encode_chain(
    profile: Profile,
    values: Mapping[str, Value],
    models: Sequence[int] = (1, 103, 160),
    modules: int = 2,
    base: int = 40000,
) -> dict[int, int]:
    """The holding registers of a SunSpec device that shows these values, by wire address.

    Everything that is not given is 'not implemented'.

    Args:
        profile: A SunSpec profile.
        values: Point name to stored value.
        models: The models of the chain, in this order.
        modules: Repeated blocks of the models that have them.
        base: Where the chain begins.

    Raises:
        EncodeError: a model is not in the tables, or a value does not fit.
    """
    made = [_empty(model, modules) for model in models]
    by_group = {group_of(model.id) or "": model for model in made}
    wanted: dict[str, list[tuple[Reference, Raw]]] = {}
    for point in profile.points.values():
        for value in _given(point, values):
            reference = _reference(point, by_group, modules)
            if reference is not None:
                raw = _raw(point, reference, value)
                wanted.setdefault(reference.group, []).append((reference, raw))
    for name, model in by_group.items():
        _fill(model, wanted.get(name, []))
    return _laid_out(made, base)


def _empty(model: int, modules: int) -> _Model:
    name = group_of(model)
    if name is None:
        raise EncodeError(f"model {model} is not in the tables")
    group = groups()[name]
    size = group.extent
    if group.repeat is not None:
        size = group.repeat.at + group.repeat.size * modules
    # 0x8000 is what the registers between the points hold (SunSpec type pad).
    made = _Model(model, group, [0x8000] * size, {})
    for point in group.points.values():
        _put(made.words, point, point.at, None)
    if group.repeat is not None:
        for number in range(modules):
            at = group.repeat.at + number * group.repeat.size
            for point in group.repeat.points.values():
                _put(made.words, point, at + point.at, None)
        count = group.points[group.repeat.count]
        _put(made.words, count, count.at, modules)
    made.words[:2] = [model, size - 2]
    return made


def _given(point: ProfilePoint, values: Mapping[str, Value]) -> Iterator[Value]:
    """The value to encode, if any; single bits become the integer that carries them."""
    if point.mapping.bits:
        held = {bit: values[name] for bit, name in point.mapping.bits.items() if name in values}
        if held:
            yield sum(1 << bit for bit, value in held.items() if value)
    elif values.get(point.name) is not None:
        yield values[point.name]


def _reference(point: ProfilePoint, models: Mapping[str, _Model], modules: int) -> Reference | None:
    for reference in address_of(point).references:
        if reference.group in models and (reference.module or 0) <= modules:
            return reference
    return None


def _raw(point: ProfilePoint, reference: Reference, value: Value) -> Raw:
    where, _ = locate(reference)
    if where.symbols:
        meant = {key for key, meaning in point.mapping.values.items() if meaning == value}
        for number, symbol in where.symbols.items():
            if symbol in meant:
                return number
        raise EncodeError(f"{reference.point} has no state {value!r}")
    try:
        return to_raw(value, point)
    except ValueError as error:
        raise EncodeError(str(error)) from error


def _fill(model: _Model, wanted: Sequence[tuple[Reference, Raw]]) -> None:
    for reference, raw in wanted:
        point, _ = locate(reference)
        if isinstance(point.sf, str) and isinstance(raw, (int, float)):
            power = model.powers.get(point.sf, _FINEST.get(point.sf.removesuffix("_SF"), 0))
            while not _fits(raw, power, point) and power < _LARGEST_POWER:
                power += 1
            model.powers[point.sf] = power
    for name, power in model.powers.items():
        scale = model.group.points[name]
        _put(model.words, scale, scale.at, power)
    for reference, raw in wanted:
        point, at = locate(reference)
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            power = model.powers.get(point.sf, 0) if isinstance(point.sf, str) else point.sf or 0
            raw = raw / 10.0**power if power else raw
        _put(model.words, point, at, raw)


def _fits(raw: float, power: int, point: ModelPoint) -> bool:
    null = unimplemented(point.type)
    signed = point.word_type.value.startswith("int")
    limit = 1 << point.words * 16 - signed
    number = round(raw / 10.0**power)
    return -limit * signed <= number < limit and number != null


def _put(words: list[int], point: ModelPoint, at: int, raw: Raw) -> None:
    if raw is None:
        raw = unimplemented(point.type)
    if point.type is SunSpecType.STRING:
        encoded = encode(raw, point.word_type, length=point.size)
    else:
        encoded = encode(raw, point.word_type)
    words[at : at + len(encoded)] = encoded


def _laid_out(models: Sequence[_Model], base: int) -> dict[int, int]:
    words = [0x5375, 0x6E53]
    for model in models:
        words += model.words
    words += [0xFFFF, 0]
    return dict(enumerate(words, base))
