"""SMS through a carrier's gateway by SMPP 3.4: works without internet where the carrier has a line.

One bound connection is kept; long texts go as several short messages with a concatenation header.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Self

from alerts.channels import smpp_pdu as pdu
from alerts.channels.message import Message, Receipt, Report, ReportState
from alerts.channels.smpp_session import SmppSession, SmppSettings, open_session
from alerts.channels.wording import Wording

LONGEST = 3 * pdu.PART_BYTES
"""Bytes of a text: three short messages. [B] [P]"""
_KEPT = 10_000
"""Receipts that are kept until somebody asks."""
_ON_THE_WAY = frozenset({"ENROUTE", "ACCEPTD"})
_DELIVERED = "DELIVRD"
"""States of a receipt (SMPP 3.4, appendix B)."""


class Smpp:
    """Sends alarms by SMS. Close it at the end."""

    def __init__(self, settings: SmppSettings, wording: Wording) -> None:
        self._settings = settings
        self._wording = wording
        self._session: SmppSession | None = None
        self._opening = asyncio.Lock()
        self._reference = 0
        self._receipts: OrderedDict[str, str] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, parameters: Mapping[str, object], message: Message) -> Receipt | None:
        """Send one text.

        Raises:
            SendError: a part of it was not taken.
        """
        language = str(parameters.get("language", "zh"))
        text = self._wording.short(message, language, LONGEST, "utf-16-be")
        session = await self._bound()
        self._reference = (self._reference + 1) & 0xFF
        parts = pdu.split(text, self._reference)
        ids = []
        for part in parts:
            body = pdu.submit_body(
                self._settings.sender, str(parameters["phone"]), part, is_part=len(parts) > 1
            )
            ids.append(pdu.message_id((await session.request(pdu.SUBMIT_SM, body)).body))
        return Receipt(",".join(ids)) if all(ids) else None

    async def report(
        self, parameters: Mapping[str, object], receipt: Receipt, sent_at_ms: int
    ) -> Report | None:
        """What the receipts say that came: delivered only when every part was."""
        await self._bound()
        states = [self._receipts.get(one, "") for one in receipt.id.split(",")]
        failed = [one for one in states if one and one != _DELIVERED]
        if failed:
            return Report(ReportState.UNDELIVERED, failed[0])
        return Report(ReportState.DELIVERED, _DELIVERED) if all(states) else None

    async def _bound(self) -> SmppSession:
        async with self._opening:
            if self._session is None or not self._session.is_open:
                if self._session is not None:
                    await self._session.close()
                    self._session = None
                self._session = await open_session(self._settings, self._keep)
            return self._session

    def _keep(self, receipt: pdu.DeliveryReceipt) -> None:
        if receipt.state in _ON_THE_WAY:
            return
        self._receipts[receipt.id] = receipt.state
        while len(self._receipts) > _KEPT:
            self._receipts.popitem(last=False)
