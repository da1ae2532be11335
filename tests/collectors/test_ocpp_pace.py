"""How fast a pile may speak."""

from collectors.ocpp_pace import Pace


def test_what_was_saved_is_free_and_the_rest_waits_its_time() -> None:
    pace = Pace(2.0)
    assert [pace.wait_s(0.0) for _ in range(20)] == [0.0] * 20
    assert [pace.wait_s(0.0) for _ in range(3)] == [0.5, 1.0, 1.5]
    assert pace.wait_s(10.0) == 0.0
    assert pace.wait_s(9.0) == 0.0, "a clock that goes back gives nothing"
