from pathlib import Path

from alerts import duty_book
from collectors.simulator.make_estate import FOLDER
from records.engine import make_engine, reading, sqlite_url
from sitewatch.data_folder import own
from sitewatch.demo_people import give_people
from sitewatch.settings import Settings


def test_the_list_is_loaded_once_and_what_people_changed_stays(tmp_path: Path) -> None:
    with own(tmp_path / "data") as data:
        give_people(FOLDER / "duty.yaml", Settings(), data)
        other = tmp_path / "duty.yaml"
        other.write_text("contacts: [{id: li, name: Li}]", encoding="utf-8")
        give_people(other, Settings(), data)
        engine = make_engine(sqlite_url(data.records))
        with reading(engine) as connection:
            listed = duty_book.listed(connection)
        engine.dispose()
    assert {team.id for team in listed.teams} == {"lifts", "fire", "power", "safety-officer"}
    assert "li" not in {one.id for one in listed.contacts}
