from analysis.peers import expected_of_peers

RATINGS = {"a": 100.0, "b": 100.0, "c": 50.0, "d": 200.0, "e": 100.0}
SOUND: dict[str, float | None] = {"a": 20.0, "b": 40.0, "c": 20.0, "d": 80.0, "e": 40.0}


def test_an_inverter_is_held_against_the_others_by_rating() -> None:
    found = expected_of_peers(SOUND, RATINGS, "a")
    assert found is not None
    assert (found.amount, found.spread, found.count) == (40.0, 0.0, 4)
    assert found.missed(20.0, 0.8, 0)
    double = expected_of_peers(SOUND, RATINGS, "d")
    assert double is not None
    assert not double.missed(80.0, 0.8, 0)


def test_too_few_peers_say_nothing() -> None:
    few = {"a": 20.0, "b": 40.0, "c": 20.0}
    assert expected_of_peers(few, RATINGS, "a") is None
    assert expected_of_peers({**SOUND, "d": None, "e": None}, RATINGS, "a") is None
    assert expected_of_peers(SOUND, {"b": 100.0, "c": 50.0, "d": 200.0}, "a") is None
