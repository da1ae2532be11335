"""Proofs: what was done to a device, when and by whom; the rescue of people who are trapped."""

import datetime as dt
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path

from alerts.alarm import Alarm
from alerts.holdings import Noted
from alerts.proof_rows import WantedProof
from alerts.proofs import Done, check_proof, proof_of
from api.alarm_items import to_alarm_item
from api.auth import Asking, Caller
from api.errors import Refusal
from api.estate_index import EstateIndex
from api.house import House
from api.items import moment
from api.parts_of_app import Behind, IndexOfNow
from api.proof_items import to_elevator, to_proof, to_standings
from api.routes.alarms import find_alarm
from api.schemas import AlarmItem
from api.schemas_proofs import DeviceProofs, ProofItem, ProofRequest, RescueRequest
from device_configs.estate import local_day
from device_configs.kinds import Kind
from records import audit

router = APIRouter(tags=["proofs"])
Id = Annotated[int, Path(ge=1, le=2**53)]
_MOST = 200
"""Proofs in one answer, the newest."""


def _kind(index: EstateIndex, caller: Caller, device: str) -> Kind:
    """The kind of a device or part that the caller may see."""
    index.device(device, caller.visible(index.estate))
    kind = index.kind_of(device)
    if kind is None:
        raise Refusal("not_found", f"there is no device {device!r}")
    return kind


def _today(house: House, index: EstateIndex) -> dt.date:
    return local_day(index.estate, moment(house.now_ms()))


@router.get("/devices/{device:path}/proofs")
def get_proofs(device: str, caller: Asking, house: Behind, index: IndexOfNow) -> DeviceProofs:
    """What was done to a device, and until when that is good; of an elevator, its register."""
    kind = _kind(index, caller, device)
    found = index.estate.devices[device.partition("/")[0]]
    book, listed = house.alarms.proofs.of(index.estate, device, _MOST)
    visible = caller.visible(index.estate)
    return DeviceProofs(
        elevator=to_elevator(found.entry.elevator) if "/" not in device else None,
        standings=to_standings(device, kind, book, _today(house, index)),
        proofs=[to_proof(one) for one in listed if index.place_of(one.device) in visible],
    )


@router.post("/devices/{device:path}/proofs", status_code=201)
def post_proof(
    device: str, request: ProofRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> ProofItem:
    """Note that something was done to a device: a test, a maintenance, an inspection."""
    proof = proof_of(_kind(index, caller, device), request.kind)
    check_proof(proof, request.done_on, request.next_due, _today(house, index))
    if request.with_parts and "/" in device:
        raise Refusal("invalid", "with_parts: a part has no parts")
    note = (request.note or "").strip() or None
    wanted = WantedProof(
        device, request.kind, request.done_on, request.next_due, request.with_parts, note
    )
    now = house.now_ms()
    also = _proof_audited(caller, "proof.noted", now)
    return to_proof(house.alarms.proofs.note(wanted, caller.actor.name, now, also))


@router.post("/proofs/{proof}/take-back")
def post_proof_take_back(proof: Id, caller: Asking, house: Behind, index: IndexOfNow) -> ProofItem:
    """Let a proof that was noted by mistake count no more; it stays in the list."""
    known = house.alarms.proofs.one(proof)
    place = index.place_of(known.device)
    if place is None or place not in caller.visible(index.estate):
        raise Refusal("not_found", f"there is no proof {proof}")
    now = house.now_ms()
    also = _proof_audited(caller, "proof.taken_back", now)
    return to_proof(house.alarms.proofs.take_back(proof, caller.actor.name, now, also))


@router.post("/alarms/{alarm}/rescue")
def post_alarm_rescue(
    alarm: Id, request: RescueRequest, caller: Asking, house: Behind, index: IndexOfNow
) -> AlarmItem:
    """Say how far the rescue of trapped people is; once more changes nothing."""
    find_alarm(house, caller, index, alarm)
    now, note = house.now_ms(), (request.note or "").strip() or None

    def also(connection: sa.Connection, found: Alarm) -> None:
        detail = {"rule": found.rule, "device": found.device, "note": note}
        action = f"rescue.{request.step.value}"
        audit.append(connection, caller.actor, action, str(found.id), now, detail)

    return to_alarm_item(
        house.alarms.rescue(alarm, request.step, caller.actor.name, note, now, also)
    )


def _proof_audited(caller: Caller, action: str, now: int) -> Noted[Done]:
    """The audit row of what is done to a proof, written with it or not at all."""

    def write(connection: sa.Connection, done: Done) -> None:
        detail = {
            "device": done.device, "kind": done.kind, "done_on": done.done_on.isoformat(),
            "next_due": None if done.next_due is None else done.next_due.isoformat(),
            "with_parts": done.with_parts, "note": done.note,
        }  # fmt: skip
        audit.append(connection, caller.actor, action, str(done.id), now, detail)

    return write
