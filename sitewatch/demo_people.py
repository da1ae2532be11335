"""The demo's people: its duty list is loaded once, into a database that has none."""

from pathlib import Path

from alerts import duty_book
from ingest.clock import wall_clock_ms
from records.audit import SYSTEM
from records.engine import transaction
from sitewatch.commands.duty import read_list
from sitewatch.data_folder import DataFolder
from sitewatch.records_database import open_records
from sitewatch.settings import Settings


def give_people(file: Path, settings: Settings, data: DataFolder) -> None:
    """Load a duty list, unless somebody is in the database already."""
    listed = read_list(file)
    with open_records(settings, data) as engine, transaction(engine) as connection:
        if not duty_book.listed(connection).contacts:
            duty_book.replace(connection, listed, SYSTEM, wall_clock_ms())
