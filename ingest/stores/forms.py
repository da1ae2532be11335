"""The formats of files by which readings leave a store and come back."""

from enum import StrEnum

from ingest.bus import IngestError


class Form(StrEnum):
    """The formats of these files."""

    PARQUET = "parquet"
    CSV = "csv"
    LINE_PROTOCOL = "lineprotocol"


ENDINGS = {".parquet": Form.PARQUET, ".csv": Form.CSV, ".lp": Form.LINE_PROTOCOL}
"""The format that the end of a file's name tells."""


class UnreadableFileError(IngestError):
    """A file to import is not what it should be; the text says where."""
