"""Revisions of the estate and checks of files, over HTTP: nothing is ever taken up."""

import io
import zipfile
from pathlib import Path

import pytest

from records.people import Role
from records.revisions import accept, folder_files, history
from tests.api.house import Built, estate_in


@pytest.fixture
def kept(town: Built, tmp_path: Path) -> Path:
    """The folder, with two revisions of it."""
    estate_in(tmp_path)
    accept(town.house.engine, folder_files(tmp_path), "first", by="start", now_ms=town.clock())
    home = tmp_path / "estate.yaml"
    text = home.read_text(encoding="utf-8")
    home.write_text(text.replace("North hall", "Great hall"), encoding="utf-8")
    now = folder_files(tmp_path)
    accept(town.house.engine, now, "abc123", by="estate folder", now_ms=town.clock())
    town.person("wu", Role.INTEGRATOR)
    return tmp_path


async def test_revisions_with_who_when_and_what(town: Built, kept: Path) -> None:
    async with town.signed_in("wu") as wu:
        newest, oldest = (await wu.get("/api/v1/revisions")).json()
        found = (await wu.get("/api/v1/revisions/2/difference")).json()
        back = (await wu.get("/api/v1/revisions/1/difference?base=2")).json()
        first = (await wu.get("/api/v1/revisions/1/difference")).json()
        assert (await wu.get("/api/v1/revisions/7/difference")).status_code == 404
        assert (await wu.get("/api/v1/revisions/1/difference?base=7")).status_code == 404
    assert (newest["changed"], newest["accepted_by"], newest["current"]) == (
        ["estate.yaml"], "estate folder", True,
    )  # fmt: skip
    assert (oldest["number"], oldest["current"]) == (1, False)
    [file] = found["files"]
    assert found["base"] == 1
    assert [line for line in file["lines"] if line[0] in "+-"][-1].endswith("Great hall}}]")
    assert "North hall" in next(line for line in back["files"][0]["lines"] if line[0] == "+")
    assert (first["base"], {one["change"] for one in first["files"]}) == (None, {"added"})


async def test_a_file_is_checked_in_its_place_and_nothing_is_taken_up(
    town: Built, kept: Path
) -> None:
    before = folder_files(kept)
    async with town.signed_in("wu") as wu:
        body = {"files": {"all.yaml": "\n- {id: x, profle: y}\n"}}
        found = (await wu.post("/api/v1/estate/check", json=body)).json()
        same = {"files": {"estate.yaml": before["estate.yaml"].decode()}}
        good = (await wu.post("/api/v1/estate/check", json=same)).json()
        outside = {"files": {"../x.yaml": ""}}
        assert (await wu.post("/api/v1/estate/check", json=outside)).status_code == 422
    assert found["good"] is False
    assert {(one["file"], one["line"]) for one in found["faults"]} == {("devices/all.yaml", 2)}
    assert found["changed"] == ["devices/all.yaml"]
    assert (good["good"], good["faults"], good["changed"]) == (True, [], [])
    assert folder_files(kept) == before
    assert len(history(town.house.engine)) == 2


async def test_a_whole_folder_is_checked_as_an_archive(town: Built, kept: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("town/estate.yaml", (kept / "estate.yaml").read_bytes())
    async with town.signed_in("wu") as wu:
        address = "/api/v1/estate/check/archive"
        found = (await wu.post(address, content=packed.getvalue())).json()
        assert (await wu.post(address, content=b"no archive")).status_code == 422
    assert (found["good"], found["removed"]) == (True, ["devices/all.yaml"])


async def test_files_are_for_whoever_sees_the_whole_estate(town: Built, kept: Path) -> None:
    town.person("north", Role.INTEGRATOR, sites=("north",))
    body = {"files": {"estate.yaml": ""}}
    async with town.signed_in("north") as north:
        assert (await north.get("/api/v1/revisions")).status_code == 404
        assert (await north.get("/api/v1/revisions/1/difference")).status_code == 404
        assert (await north.post("/api/v1/estate/check", json=body)).status_code == 404
