"""Differences of revisions, without secrets."""

import pytest

from api.revision_items import MAX_COMPARED, file_differences, masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password: hunter2", "password: •••"),
        ("{mqtt: {broker_password: 'a, b', t: x}}", "{mqtt: {broker_password: •••, t: x}}"),
        ('api_key: "q#1" # note', "api_key: •••"),
        ("url: mqtt://me:pw@host:1883", "url: mqtt://me:•••@host:1883"),
        ("tokens: [a]", "tokens: [a]"),
        ("place: centre", "place: centre"),
    ],
)  # fmt: skip
def test_values_that_are_secrets_by_their_names_are_masked(line: str, shown: str) -> None:
    assert masked(line).startswith(shown)
    assert "hunter2" not in masked(line)


def test_every_file_that_differs_with_its_lines() -> None:
    before = {"a.yaml": b"x: 1\ny: 2\n", "gone.yaml": b"z: 1\n", "same.yaml": b"s\n"}
    after = {"a.yaml": b"x: 1\ny: 3\n", "new.yaml": b"n: 1\n", "same.yaml": b"s\n"}
    found = {one.file: one for one in file_differences(before, after)}
    assert {name: one.change for name, one in found.items()} == {
        "a.yaml": "changed", "gone.yaml": "removed", "new.yaml": "added",
    }  # fmt: skip
    assert found["a.yaml"].lines == ["@@ -1,2 +1,2 @@", " x: 1", "-y: 2", "+y: 3"]


def test_a_file_that_is_too_large_is_named_only() -> None:
    [found] = file_differences({}, {"a.yaml": b"x" * (MAX_COMPARED + 1)})
    assert (found.change, found.lines) == ("added", None)
