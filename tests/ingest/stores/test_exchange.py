import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sample import Reason, Sample, Value
from ingest.bus import Cursor
from ingest.stores.duckdb import DuckDbStore
from ingest.stores.duckdb_database import DuckDbSettings
from ingest.stores.duckdb_export import Export, TableFormat
from ingest.stores.exchange import export_lines, read_samples
from ingest.stores.forms import ENDINGS, Form, UnreadableFileError
from ingest.stores.line_protocol import head, line
from ingest.stores.line_protocol_read import lines_of, sample_of
from tests.ingest.samples import NOW

DAY = 86_400_000
TEXT = 'a "quoted", \\ text\n中文 = 1'
HISTORY = [
    Sample("m1", NOW, {"power": 1.5, "fault": True, "state": TEXT, "empty": "", "gone": None}),
    Sample("m1", NOW, {"power": 2.5}),
    Sample("m1", NOW + 1, {"power": None, "fault": False}, {"power": Reason.NO_ANSWER}),
    Sample("m1", NOW + 9, {"power": 3.0}, {"power": Reason.OUT_OF_RANGE}, source_at=NOW + 5),
    Sample("m1", NOW + 80 * DAY, {"power": 4.0, "state": "on"}),
    Sample('panel-1/p "1", x=2', NOW, {"smoke": True}),
    Sample("m2", NOW, {"power": -1e-9}),
]


def filled(path: Path, samples: Sequence[Sample] = HISTORY) -> DuckDbStore:
    store = DuckDbStore(DuckDbSettings(path))
    for sample in samples:
        store.write([sample], Cursor())
        store.seal()
        store.compactor.step()
    return store


def content(store: DuckDbStore) -> list[Sample]:
    everything = (store.samples(device, -(2**62), 2**62) for device in store.devices())
    return [sample for portions in everything for portion in portions for sample in portion]


def export(store: DuckDbStore, file: Path, form: Form, start: int = 0, end: int = 2**60) -> int:
    if form is Form.LINE_PROTOCOL:
        span = (start, end)
        return export_lines(
            store, file, store.devices(), span, lambda _: ("meter", "a, b"), lambda *_: None
        )
    return store.export(Export(file, TableFormat(form.value), store.devices(), start, end))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    with closing(filled(tmp_path / "store.duckdb")) as opened:
        yield opened


def test_what_was_stored_comes_out_as_samples(store: DuckDbStore) -> None:
    expected = sorted(HISTORY, key=lambda sample: (sample.device, sample.at))
    assert content(store) == expected


@pytest.mark.parametrize("form", list(Form))
def test_an_export_comes_back_whole_and_once(
    store: DuckDbStore, tmp_path: Path, form: Form
) -> None:
    file = tmp_path / f"out '1'.{form.value}"
    assert export(store, file, form) == 13
    assert list(tmp_path.glob("*.new")) == []
    with closing(DuckDbStore(DuckDbSettings(tmp_path / "other.duckdb"))) as other:
        added = [other.add_missing(portion) for portion in read_samples(file, form)]
        assert sum(added) == 13
        assert content(other) == content(store)
        assert sum(other.add_missing(portion) for portion in read_samples(file, form)) == 0
        assert content(other) == content(store)


@pytest.mark.parametrize("form", list(Form))
def test_only_the_time_that_is_asked_for(store: DuckDbStore, tmp_path: Path, form: Form) -> None:
    file = tmp_path / "some"
    assert export(store, file, form, NOW + 1, NOW + 80 * DAY) == 3
    moments = [sample.at for portion in read_samples(file, form) for sample in portion]
    assert moments == [NOW + 1, NOW + 5]
    assert export(store, file, form, 0, 1) == 0
    assert [sample for portion in read_samples(file, form) for sample in portion] == []


def test_a_reading_that_came_twice_is_stored_twice_and_a_third_is_new(store: DuckDbStore) -> None:
    again = Sample("m2", NOW, {"power": -1e-9})
    assert store.add_missing([again, again]) == 1
    assert store.add_missing([again, again]) == 0
    other = [Sample("m2", NOW, {"power": True}), Sample("m2", NOW, {"power": 7.0, "new": 1.0})]
    assert store.add_missing(other) == 3


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "device,point\nm1,x\n", "at_ms"),
        ("a.csv", "", "a.csv"),
        ("a.parquet", "no parquet", "a.parquet"),
        ("a.lp", "m,device=m1,site=s x=1 12\nm,site=s x=1 12\n", "a.lp:2: it has no tag"),
        ("a.lp", "m,device=m1,site=s x=abc 12\n", "a.lp:1: 'abc' is no value"),
        ("a.lp", "m,device=m1,site=s x=1\n", "a.lp:1: it does not end with a time"),
        ("a.lp", 'm,device=m1,site=s x="open 12\n', "a.lp:1: .* is no value"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(UnreadableFileError, match=message):
        list(read_samples(file, ENDINGS[file.suffix]))


def test_a_row_of_no_known_type_is_refused(store: DuckDbStore, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    export(store, file, Form.CSV)
    text = file.read_text()
    file.write_text(text.replace(",bool,", ",nonsense,"))
    with pytest.raises(UnreadableFileError, match="empty or wrong"):
        list(read_samples(file, Form.CSV))


PRINTABLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\\")
PRINTED = st.text(PRINTABLE, min_size=1, max_size=6)
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=9), st.none()
)


@given(
    device=PRINTED,
    values=st.dictionaries(st.sampled_from(["x", "y y", "z,z=", "q"]), VALUES, min_size=1),
    lag=st.none() | st.integers(-(10**6), 10**6),
)
def test_a_line_is_read_as_it_was_written(
    device: str, values: dict[str, Value], lag: int | None
) -> None:
    source_at = None if lag is None else NOW - lag
    sample = Sample(device, NOW, values, {}, source_at=source_at)
    written = f"{line(sample, head('kind, a', 'site=1', device), sample.at * 1_000_000 + 17)}\n"
    [(_, found)] = lines_of(io.StringIO(written, newline="\n"))
    assert sample_of(found) == sample
