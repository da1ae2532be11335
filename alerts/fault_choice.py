"""Rules of fault codes as they are for one device: with the codes and texts of its table. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from alerts.condition import Combination, State, Term
from alerts.fault_codes import FaultCodes
from alerts.rule import Rule
from alerts.window import Count, Occurrence
from device_configs.estate import Device, Estate
from device_configs.fault_codes import FaultTable

Tables = Mapping[str, FaultTable]
"""Point to its table."""


def tables_of(estate: Estate, device: Device) -> Tables:
    """The tables of a device's points: those that its profile names, else those of its kind."""
    names = {**device.profile.kind.fault_codes, **device.profile.fault_codes}
    return {
        point: estate.fault_tables[name]
        for point, name in names.items()
        if name in estate.fault_tables
    }


class FaultChoice:
    """Makes rules of fault codes for devices; the same rule for the same table is made once."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._made: dict[tuple[int, tuple[str, ...]], Rule | None] = {}

    def fitted(self, chosen: tuple[Rule, ...], device: str) -> tuple[Rule, ...]:
        """The rules of a device; those that mean no code of its tables are left out."""
        if not any(reads_codes(rule) for rule in chosen):
            return chosen
        entry = self._estate.devices.get(device)
        tables = tables_of(self._estate, entry) if entry is not None else {}
        return tuple(self._fitted(chosen, tables))

    def _fitted(self, chosen: Iterable[Rule], tables: Tables) -> Iterator[Rule]:
        names = tuple(f"{point}:{table.table}" for point, table in sorted(tables.items()))
        for rule in chosen:
            if not reads_codes(rule):
                yield rule
                continue
            key = (id(rule), names)
            if key not in self._made:
                self._made[key] = with_tables(rule, tables)
            made = self._made[key]
            if made is not None:
                yield made


def _terms(rule: Rule) -> tuple[Term, ...]:
    one = rule.condition
    return (*one.all, *one.any, *one.unless) if isinstance(one, Combination) else ()


def reads_codes(rule: Rule) -> bool:
    """Whether a rule depends on the table of its device."""
    condition = rule.condition
    return (
        isinstance(condition, FaultCodes)
        or (isinstance(condition, Count) and condition.of.fault_code is not None)
        or any(term.fault_code is not None for term in _terms(rule))
    )


def with_tables(rule: Rule, tables: Tables) -> Rule | None:
    """A rule with the codes of a device's tables; None where it means none of them."""
    condition = rule.condition
    table = tables.get(rule.point)
    if isinstance(condition, FaultCodes):
        state = None if table is None else _state(condition, table)
        if state is None or table is None:
            return None
        return replace(rule, condition=state, table=table)
    if isinstance(condition, Count) and condition.of.fault_code is not None:
        state = None if table is None else _state(condition.of.fault_code, table)
        if state is None:
            return None
        occurrence = Occurrence(state=state)
        return replace(rule, condition=condition.model_copy(update={"of": occurrence}))
    if isinstance(condition, Combination):
        return _combined(rule, condition, tables)
    return rule


def _combined(rule: Rule, condition: Combination, tables: Tables) -> Rule | None:
    every = tuple(_term(term, tables) for term in condition.all)
    some = tuple(one for term in condition.any if (one := _term(term, tables)) is not None)
    none = tuple(one for term in condition.unless if (one := _term(term, tables)) is not None)
    known = tuple(one for one in every if one is not None)
    if len(known) < len(every) or (condition.any and not some):
        return None
    return replace(rule, condition=Combination(all=known, any=some, unless=none))


def _term(term: Term, tables: Tables) -> Term | None:
    if term.fault_code is None:
        return term
    table = tables.get(term.point)
    state = None if table is None else _state(term.fault_code, table)
    return None if state is None else Term(point=term.point, state=state)


def _state(codes: FaultCodes, table: FaultTable) -> State | None:
    if codes.unknown:
        return State(differs=codes.others(table))
    meant = codes.of(table)
    return State(equals=meant) if meant else None
