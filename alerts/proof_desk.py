"""Proofs for people: noted and taken back, each deed one transaction. All calls block."""

from collections.abc import Sequence

from alerts import proof_rows
from alerts.alarm_database import AlarmDatabase
from alerts.holdings import Noted
from alerts.proof_rows import WantedProof
from alerts.proofs import Done, ProofBook
from device_configs.estate import Estate


class ProofDesk:
    """Where people note what they have done to devices."""

    def __init__(self, database: AlarmDatabase) -> None:
        self._database = database

    def note(self, wanted: WantedProof, by: str, now_ms: int, also: Noted[Done]) -> Done:
        """Note a proof that was checked; `also` is called in the same transaction."""
        with self._database.writing(now_ms) as (connection, _):
            done = proof_rows.note(connection, wanted, by, now_ms)
            also(connection, done)
        return done

    def take_back(self, number: int, by: str, now_ms: int, also: Noted[Done]) -> Done:
        """Let a proof that was noted by mistake count no more.

        Raises:
            ProofNotFoundError: there is none of this number.
            NotAllowedError: it was taken back already.
        """
        with self._database.writing(now_ms) as (connection, _):
            done = proof_rows.take_back(connection, number, by, now_ms)
            also(connection, done)
        return done

    def one(self, number: int) -> Done:
        """One proof.

        Raises:
            ProofNotFoundError: there is none of this number.
        """
        with self._database.reading() as connection:
            return proof_rows.find(connection, number)

    def of(self, estate: Estate, device: str, limit: int) -> tuple[ProofBook, Sequence[Done]]:
        """How a device stands, and its newest proofs with those of its parts."""
        with self._database.reading() as connection:
            noted = proof_rows.about(connection, device.partition("/")[0])
            return ProofBook(estate, noted), proof_rows.listed(connection, device, limit)
