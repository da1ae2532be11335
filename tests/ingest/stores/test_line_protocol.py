import math

from hypothesis import given, settings
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from collectors.sample import Reason, Sample, Value
from ingest.stores.line_protocol import head, line, text_field, times, value_field
from tests.ingest.samples import NOW

TEXT = st.text('ab"\\ ,=\n\r\té中{}', max_size=8)
NAMES = TEXT.filter(lambda text: text and not text.endswith("\\"))


def sample(seq: int = 1, **values: Value) -> Sample:
    return Sample("m1", NOW, values, seq=seq)


def test_a_sample_is_one_line() -> None:
    reasons = {"c": Reason.NO_ANSWER, "d": Reason.OUT_OF_RANGE}
    values: dict[str, Value] = {"a": 1, "b": True, "c": None, "d": 2.5, "e": "on", "f": None}
    found = Sample("p/1", NOW, values, reasons, source_at=NOW - 7, seq=5)
    assert str(line(found, head("fire_panel", "the hall", "p/1"), 9)) == (
        'fire_panel,device=p/1,site=the\\ hall a=1.0,b=true,c__reason="no_answer",d=2.5,'
        'd__reason="out_of_range",e="on",f__reason=" ",sample__lag=7.0 9'
    )


def test_numbers_are_always_float() -> None:
    assert value_field("a", 2**62) == "a=4.611686018427388e+18"
    assert value_field("a", False) == "a=false"


def test_a_sample_without_values_has_no_fields() -> None:
    assert line(sample(), "h", 1).fields == []


@settings(deadline=None)
@given(NAMES, NAMES, TEXT, st.floats(allow_nan=False, allow_infinity=False))
def test_escapes_as_the_makers_client_does(kind: str, tag: str, text: str, number: float) -> None:
    theirs = Point.from_dict(
        {"measurement": kind, "tags": {"device": tag, "site": "s"}, "fields": {"t": text}}
    )
    ours = f"{head(kind, 's', tag)} {text_field('t', text)}"
    assert ours == theirs.to_line_protocol()
    theirs = Point.from_dict({"measurement": "k", "fields": {tag: number}})
    name, value = theirs.to_line_protocol().removeprefix("k ").rsplit("=", 1)
    assert value_field(tag, number).rsplit("=", 1)[0] == name
    assert math.isclose(float(value), float(value_field(tag, number).rsplit("=", 1)[1]))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=40), st.integers(1, 10**16)
)
def test_no_two_samples_of_a_device_have_one_time(
    moments: list[tuple[int, int]], first: int
) -> None:
    numbered = [
        Sample(f"m{device}", NOW + ms, {"x": 1.0}, seq=first + n)
        for n, (ms, device) in enumerate(moments)
    ]
    history = [Sample(s.device, s.received_at, s.values) for s in numbered]
    for samples in (numbered, history):
        found = times(samples)
        assert [time // 1_000_000 for time in found] == [s.at for s in samples]
        keys = {(s.device, time) for s, time in zip(samples, found, strict=True)}
        assert len(keys) == len(samples)
    assert times(numbered[len(numbered) // 2 :]) == times(numbered)[len(numbered) // 2 :]
