"""Quarter-hour intervals from counters: the consumer `intervals` of the journal."""

from ingest.bus import Log
from ingest.interval_ledger import IntervalLedger
from ingest.interval_tables import CONSUMER
from ingest.ledger_writer import LedgerWriter

PACE_S = 2.0
"""How long the consumer gathers before it writes; each write waits for the disk once. [s]"""


class IntervalWriter(LedgerWriter[IntervalLedger]):
    """Makes intervals of the readings in the journal."""

    def __init__(
        self, ledger: IntervalLedger, bus: Log, *, pace_s: float = PACE_S, batch: int = 20_000
    ) -> None:
        super().__init__(ledger, CONSUMER, bus, pace_s=pace_s, batch=batch)
