"""The formats of files by which readings leave a store and come back."""

from collections.abc import Callable
from enum import StrEnum

from ingest.bus import IngestError


class Form(StrEnum):
    """The formats of these files."""

    PARQUET = "parquet"
    CSV = "csv"
    LINE_PROTOCOL = "lineprotocol"


ENDINGS = {".parquet": Form.PARQUET, ".csv": Form.CSV, ".lp": Form.LINE_PROTOCOL}
"""The format that the end of a file's name tells."""


Report = Callable[[int, int], None]
"""Is told how much is done of how much; may raise `AbandonedError`."""


class AbandonedError(IngestError):
    """Nobody waits any more for what is being done; it leaves nothing behind."""


class UnreadableFileError(IngestError):
    """A file to import is not what it should be; the text says where."""
