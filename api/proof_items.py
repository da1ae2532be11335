"""Proofs and elevators in the interface's shapes."""

import datetime as dt

from alerts.proofs import Done, ProofBook
from api.device_items import both
from api.items import moment
from api.schemas_proofs import ElevatorItem, Firm, ProofItem, ProofStanding
from device_configs.elevator_register import ElevatorRegister
from device_configs.kinds import Kind


def to_proof(done: Done) -> ProofItem:
    """One proof."""
    return ProofItem(
        id=done.id,
        device=done.device,
        kind=done.kind,
        done_on=done.done_on,
        next_due=done.next_due,
        with_parts=done.with_parts,
        by=done.by,
        note=done.note,
        created_at=moment(done.created_at),
        taken_back_by=done.taken_back_by,
        taken_back_at=None if done.taken_back_at is None else moment(done.taken_back_at),
    )


def to_standings(device: str, kind: Kind, book: ProofBook, today: dt.date) -> list[ProofStanding]:
    """How a device or part stands with every proof of its kind."""
    found = []
    for name, proof in kind.proofs.items():
        standing = book.standing(device, name)
        found.append(
            ProofStanding(
                kind=name,
                label=both(proof.label),
                source=proof.source,
                every_days=proof.every_days,
                done_on=standing.done_on,
                due_on=standing.due_on,
                overdue=standing.due_on is not None and today > standing.due_on,
            )
        )
    return found


def to_elevator(register: ElevatorRegister | None) -> ElevatorItem | None:
    """What the law knows of an elevator."""
    if register is None:
        return None
    firm = register.firm
    return ElevatorItem(
        registration_code=register.registration_code,
        maker_code=register.maker_code,
        factory_number=register.factory_number,
        rescue_code=register.rescue_code,
        firm=Firm(name=both(firm.name), phone=firm.phone) if firm is not None else None,
        load_kg=register.load_kg,
        floors=register.floors,
        stops=register.stops,
    )
