import msgspec

from ingest.durations import BOUNDS_S, Durations
from sitewatch.metric_values import Histogram, Value, histogram_of


def test_a_histogram_is_of_the_moment_at_which_it_was_made() -> None:
    durations = Durations()
    durations.add(0.003)
    durations.add(60.0)
    found = histogram_of(durations)
    durations.add(0.003)
    assert found.cumulative == (0, 0, *[1] * (len(BOUNDS_S) - 2), 2)
    assert found.total_s == 60.003


def test_values_go_over_a_socket_as_they_are() -> None:
    values: tuple[Value, ...] = (
        ("a", (), 3), ("b", ("x", "y"), 0.5), ("c", (), Histogram((0, 1), 0.25)),
    )  # fmt: skip
    encoded = msgspec.msgpack.encode(values)
    assert msgspec.msgpack.decode(encoded, type=tuple[Value, ...]) == values
