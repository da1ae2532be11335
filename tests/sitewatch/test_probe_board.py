from hypothesis import given
from hypothesis import strategies as st

from collectors.probe import Probe, ProbedDevice, ProbedPoint, ProbeQuality
from collectors.recorded_registers import MadeRequest
from collectors.sample import Reason
from sitewatch.probe_board import Board

KEY = ("p", "voltage_l1")
MISSING = ProbedPoint(None, "V", ProbeQuality.MISSING, Reason.NO_ANSWER, ())


def good(value: float) -> ProbedPoint:
    return ProbedPoint(value, "V", ProbeQuality.GOOD, None, (1,))


def seen(point: ProbedPoint, *requests: MadeRequest) -> Probe:
    return Probe("p", [ProbedDevice("p", "electricity_meter", {"voltage_l1": point})], requests)


def test_a_value_that_was_not_read_again_stays_with_its_age() -> None:
    board = Board().heard(seen(good(230.0)), 1.0).heard(seen(MISSING), 2.0)
    row = board.rows[KEY]
    assert (row.point.value, row.heard_at, row.now_missing) == (230.0, 1.0, True)
    back = board.heard(seen(good(230.0)), 3.0).rows[KEY]
    assert (back.heard_at, back.now_missing) == (3.0, False)


def test_a_value_that_never_was_has_no_age() -> None:
    row = Board().heard(seen(MISSING), 1.0).rows[KEY]
    assert (row.heard_at, row.point.reason) == (None, Reason.NO_ANSWER)


def test_the_first_value_is_no_change() -> None:
    first = Board().heard(seen(MISSING), 1.0).heard(seen(good(1.0)), 2.0)
    assert first.rows[KEY].changed_at < 0
    assert first.heard(seen(good(2.0)), 3.0).rows[KEY].changed_at == 3.0


def test_what_the_readings_cost() -> None:
    asked = MadeRequest(4, 0, 2, 1.5)
    silent = MadeRequest(4, 2, 2, 100.0, "unit 1 does not answer", Reason.NO_ANSWER)
    refused = MadeRequest(4, 9, 2, 1.0, "unit 1 refuses 9", Reason.REFUSED)
    board = Board().heard(seen(good(1.0), asked, refused), 1.0).lost("gone", (silent,), 2.0)
    totals = board.totals
    assert (totals.readings, totals.failed, totals.requests) == (2, 1, 3)
    assert (totals.timeouts, totals.refused, totals.last_ms) == (1, 1, 2.5)
    assert board.lost("gone", (), 5.0).away_since == 2.0
    assert board.heard(seen(good(1.0)), 6.0).away_since is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 500)), min_size=1, max_size=20))
def test_an_age_is_never_younger_than_the_last_good_reading(values: list[float | None]) -> None:
    board, last, newest = Board(), None, None
    for now, value in enumerate(values, 1):
        board = board.heard(seen(MISSING if value is None else good(value)), float(now))
        if value is not None:
            last, newest = float(now), value
    row = board.rows[KEY]
    assert (row.heard_at, row.point.value) == (last, newest)
    assert row.now_missing == (values[-1] is None and last is not None)
