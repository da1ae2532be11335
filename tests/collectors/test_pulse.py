from collectors.pulse import Pulse


def test_the_age_counts_from_the_last_beat() -> None:
    now = [100.0]
    pulse = Pulse(lambda: now[0])
    assert pulse.age() is None
    pulse.beat()
    now[0] = 107.5
    assert pulse.age() == 7.5
    pulse.beat()
    assert pulse.age() == 0.0
