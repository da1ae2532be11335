"""What a connector does, from statuses and transactions that come in any order."""

from collectors.ocpp_connector import (
    ConnectorStanding,
    begun,
    charging,
    ended,
    rebooted,
    socket_stated,
    stated,
)

FRESH = ConnectorStanding()


def status(standing: ConnectorStanding, at: int, word: str) -> ConnectorStanding:
    return stated(standing, at, word, "NoError", None)


def test_a_status_counts_more_than_a_transaction() -> None:
    busy = status(FRESH, 100, "SuspendedEV")
    assert begun(busy, 110, "Charging") == (busy, ())
    free = status(busy, 200, "Available")
    assert ended(free, 210, "Finishing") == (free, ())


def test_a_transaction_speaks_where_no_status_does() -> None:
    standing, said = begun(status(FRESH, 10, "Preparing"), 20, "Charging")
    assert said == ((20, "Charging"),)
    standing, said = ended(standing, 30, "Finishing")
    assert said == ((30, "Finishing"),)
    assert standing.word == "Finishing"


def test_the_car_of_an_unseen_transaction_had_left_before_the_next() -> None:
    standing, _ = begun(FRESH, 100, "Charging")
    standing, _ = ended(standing, 200, "Finishing")
    again, said = begun(standing, 300, "Charging")
    assert said == ((299, "Available"), (300, "Charging"))
    assert begun(again, 300, "Charging")[1] == ((300, "Charging"),), "told again"
    seen = status(standing, 250, "Preparing")
    assert begun(seen, 300, "Charging")[1] == ((300, "Charging"),)


def test_what_comes_late_does_not_change_the_present() -> None:
    standing = status(status(FRESH, 100, "Available"), 900, "Available")
    standing, said = begun(standing, 300, "Charging")
    assert said == ((300, "Charging"),)
    standing, said = ended(standing, 400, "Finishing")
    assert said == ((400, "Finishing"),)
    assert standing.word == "Available"


def test_nothing_holds_after_a_boot() -> None:
    standing = rebooted(status(FRESH, 10, "Charging"), 20)
    assert standing.word is None
    assert ended(standing, 15, "Finishing")[1] == ((15, "Finishing"),)
    assert status(standing, 30, "Available").word == "Available"


def test_an_evse_is_what_its_sockets_and_its_car_are() -> None:
    standing, word = socket_stated(FRESH, 1, 1, "Occupied")
    assert word == "Occupied"
    standing, said = charging(standing, 2, "Charging")
    assert said == ((2, "Charging"),)
    standing, word = socket_stated(standing, 3, 2, "Available")
    assert word == "Charging"
    standing, _ = ended(standing, 4, "Finishing")
    standing, word = socket_stated(standing, 5, 1, "Available")
    assert word == "Available"
    standing, word = socket_stated(standing, 6, 2, "Faulted")
    assert word == "Faulted"
    assert charging(standing, 7, "Charging")[1] == ()
