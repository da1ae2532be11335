"""The built page: its files and nothing beside them."""

import gzip
import os
from pathlib import Path

import pytest

from api.page import NOT_BUILT, Page
from tests.api.house import Built

INDEX = "<!doctype html><title>sitewatch</title>"


@pytest.fixture
def page(town: Built) -> Built:
    static = town.house.settings.static
    (static / "assets").mkdir()
    (static / "index.html").write_text(INDEX, encoding="utf-8")
    (static / "assets" / "app-1a2b.js").write_text("let a = 1;\n" * 500, encoding="utf-8")
    (static / ".secret").write_text("hidden", encoding="utf-8")
    (static.parent / "outside.txt").write_text("outside", encoding="utf-8")
    (static / "link.txt").symlink_to(static.parent / "outside.txt")
    return town


async def test_every_address_of_the_page_is_the_page(page: Built) -> None:
    async with page.client() as client:
        for path in ("/", "/alarms", "/sites/north/energy", "/index.html"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (200, INDEX), path
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_assets_are_packed_and_kept(page: Built) -> None:
    async with page.client() as client:
        answer = await client.get("/assets/app-1a2b.js")
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.text == "let a = 1;\n" * 500
        assert "immutable" in answer.headers["cache-control"]
        plain = await client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == answer.content
        assert (await client.head("/")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/assets/..%2f..%2foutside.txt",
        "/assets%2f..%2f..%2foutside.txt",
        "//etc/passwd.txt",
        "/%2fetc%2fhosts.txt",
        "/..\\outside.txt",
        "/link.txt",
        "/.secret",
        "/assets/gone.js",
        "/%00.txt",
        "/" + "x" * 5000 + ".txt",
    ],
)
async def test_nothing_beside_the_page(page: Built, path: str) -> None:
    async with page.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "outside" not in answer.text.replace(answer.json()["instance"], "")


async def test_the_interface_does_not_fall_back_to_the_page(page: Built) -> None:
    async with page.client() as client:
        for path in ("/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/sites", "/metrics/x"):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"] == "application/problem+json"
        for path in ("/alarms", "/api/v1/nothing"):
            assert (await client.post(path, json={})).status_code == 404


async def test_before_it_is_built_it_says_so(town: Built) -> None:
    async with town.client() as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.text) == (503, NOT_BUILT)


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text("one", encoding="utf-8")
    page = Page(tmp_path)
    assert page.answer("", "").body == b"one"
    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert page.answer("", "gzip").body == b"two"
    file.write_text("three" * 1000, encoding="utf-8")
    os.utime(file, ns=(2, 2))
    assert gzip.decompress(bytes(page.answer("", "gzip").body)) == b"three" * 1000
