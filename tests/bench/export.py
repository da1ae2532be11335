"""How long an export of a whole store takes, and with how much memory, beside the store's limit.

Run as `python -m tests.bench.export [--points N] [--form parquet|csv|lineprotocol]... [--keep DIR]
[--memory LIMIT]`. The history is that of `tests.bench.store`, and is left where `--keep` says.
"""

import argparse
import json
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_export import Export, TableFormat
from ingest.stores.exchange import export_lines
from ingest.stores.forms import Form
from tests.bench.rig import history

END = 2**60


def _say(case: str, **figures: object) -> None:
    print(json.dumps({"case": case, **figures}), flush=True)


def exported(store: DuckDbStore, file: Path, form: Form) -> int:
    """Write everything as `sitewatch export` does; returns how many readings."""
    if form is Form.LINE_PROTOCOL:
        return export_lines(
            store, file, store.devices(), (0, END),
            lambda _: ("electricity_meter", "centre"), lambda *_: None,
        )  # fmt: skip
    return store.export(Export(file, TableFormat(form.value), store.devices(), 0, END))


def main() -> None:
    """Run and print one JSON line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000_000, help="of history")
    parser.add_argument("--form", type=Form, action="append", choices=list(Form))
    parser.add_argument("--keep", type=Path, help="where the history stays for a later run")
    parser.add_argument("--memory", default="128MB", help="limit of the store")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.keep) as name:
        folder = Path(name)
        path = (given.keep or folder) / "history.duckdb"
        history.make(path, history.devices_of(given.points), _say)
        with closing(DuckDbStore(DuckDbSettings(path, memory_limit=given.memory))) as store:
            for form in given.form or [Form.PARQUET]:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                began = time.perf_counter()
                readings = exported(store, folder / "all", form)
                _say(
                    f"export as {form}",
                    readings=readings,
                    seconds=round(time.perf_counter() - began, 1),
                    megabytes=round((folder / "all").stat().st_size / 1e6),
                    peak_resident_mb_before=round(before),
                    peak_resident_mb=round(
                        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                    ),
                )


if __name__ == "__main__":
    main()
