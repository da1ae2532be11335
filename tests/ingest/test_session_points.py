"""Which devices have sessions, and what a sample says of them."""

from collectors.sample import Reason, Sample, Value
from ingest.session_points import connectors, seen_of
from ingest.sessions import Seen, Status
from tests.reports import estates

NOW = 1_795_363_200_000
STATES = ("state", "active_energy_total", "session_energy")
TOWN = estates.estate(
    {"c1": None},
    [
        estates.device("pile", "ev_charger", "c1", points=STATES),
        estates.device("bools", "ev_charger", "c1", points=("plugged", "charging")),
        estates.device("counts", "ev_charger", "c1", points=("active_energy_total",)),
        estates.device("two", "ev_charger", "c1", points=(), parts=("c1", "c2")),
        estates.device("powers", "ev_charger", "c1", points=("active_power",)),
        estates.device("m1", "electricity_meter", "c1"),
    ],
)


def test_a_pile_or_its_connectors_have_sessions() -> None:
    found = connectors(TOWN)
    assert set(found) == {"pile", "bools", "counts", "two/c1", "two/c2"}
    assert [name for name, one in found.items() if one.by_energy] == ["counts", "two/c1", "two/c2"]
    assert found["bools"].terms is None
    assert found["pile"].states == {"state"}


def test_a_sample_in_the_units_of_the_book() -> None:
    pile = connectors(TOWN)["pile"]
    values: dict[str, Value] = {
        "state": "charging",
        "active_energy_total": 12.5,
        "session_energy": 3,
    }
    seen = seen_of(pile, Sample("pile", NOW, values))
    assert seen is not None
    assert (seen.status, seen.count, seen.told) == (Status.CHARGING, 12_500, 3_000)
    assert seen_of(pile, Sample("pile", NOW, {"active_power": 7000.0})) is None


def test_an_unknown_state_is_lost_and_a_doubtful_value_says_nothing() -> None:
    pile = connectors(TOWN)["pile"]
    lost = Sample("pile", NOW, {"state": None}, {"state": Reason.NO_ANSWER})
    found = seen_of(pile, lost)
    assert found is not None
    assert found.lost
    assert found.status is None
    doubtful = Sample("pile", NOW, {"active_energy_total": 5.0},
                      {"active_energy_total": Reason.TOO_FAST})  # fmt: skip
    assert seen_of(pile, doubtful) is None


def test_a_clock_that_cannot_be_right_says_nothing() -> None:
    pile = connectors(TOWN)["pile"]
    sample = Sample("pile", NOW, {"state": "available"}, source_at=1000)
    assert seen_of(pile, sample) is None
    bools = connectors(TOWN)["bools"]
    found = seen_of(bools, Sample("bools", NOW, {"plugged": True}))
    assert found == Seen(NOW, plugged=True)
