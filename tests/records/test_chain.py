"""A chain is whole only as it was written; every change of it shows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from records.chain import Head, Link, seal, verify

_FIELDS = st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=3)
_CONTENTS = st.lists(_FIELDS, min_size=1, max_size=8)


def chained(contents: list[list[object]], step: int = 1) -> list[Link]:
    """A chain as it is written."""
    links: list[Link] = []
    previous = Head().hash
    for number, content in enumerate(contents, 1):
        fields = [number * step, *content]
        sealed = seal(fields, previous)
        links.append(Link(number * step, fields, previous, sealed))
        previous = sealed
    return links


@given(_CONTENTS, st.integers(1, 3))
def test_what_was_written_is_whole_also_with_holes_in_its_numbers(
    contents: list[list[object]], step: int
) -> None:
    links = chained(contents, step)
    verdict = verify(links)
    assert verdict.whole
    assert (verdict.rows, verdict.head) == (len(links), Head(links[-1].seq, links[-1].hash))
    assert all(verify(links, Head(one.seq, one.hash)).whole for one in links)


@given(_CONTENTS, st.data())
def test_a_row_that_was_changed_or_taken_out_or_put_elsewhere_shows(
    contents: list[list[object]], data: st.DataObject
) -> None:
    links = chained(contents)
    kept = Head(links[-1].seq, links[-1].hash)
    at = data.draw(st.integers(0, len(links) - 1))
    changed = [*links]
    changed[at] = replace(changed[at], fields=[*changed[at].fields, "more"])
    assert not verify(changed).whole
    assert not verify([*links[:at], *links[at + 1 :]], kept).whole
    assert not verify([*links, links[at]]).whole
    resealed = [*links]
    fields = [*links[at].fields, "more"]
    resealed[at] = Link(links[at].seq, fields, links[at].previous, seal(fields, links[at].previous))
    assert not verify(resealed, kept).whole


def test_rows_that_are_only_cut_off_show_against_a_kept_head() -> None:
    links = chained([["a"], ["b"], ["c"]])
    assert verify(links[:2]).whole
    assert verify(links[:2], Head(3, links[2].hash)).faults == (
        "row 3, whose hash was kept, is missing",
    )
    assert verify(links, Head(2, "0" * 64)).faults == ("row 2 is not the one whose hash was kept",)
