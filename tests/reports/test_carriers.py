"""Which counters make a carrier's figure."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from device_configs.carriers import Carrier
from device_configs.estate import Device
from reports.carriers import intake
from tests.reports.estates import device, estate

OUTSIDE = {"outside_boundary": "let"}


def water(name: str, place: str, role: str | None = None, of: str | None = None,
          **more: object) -> Device:  # fmt: skip
    metering: dict[str, object] = {"role": role, "of": of, **more}
    given = {"metering": metering} if role else {}
    return device(name, "water_meter", place, **given)  # type: ignore[arg-type]


def counted(devices: Sequence[Device], site: str = "c1") -> tuple[list[str], list[str]]:
    found = intake(estate({"c1": None, "c2": None}, devices), site, Carrier.WATER)
    return [one.device for one in found.counted], [one.device for one in found.outside]


def test_a_grid_meter_counts_and_those_below_do_not() -> None:
    meters = [water("w1", "c1", "grid"), water("w2", "c1", "submeter", "w1")]
    assert counted(meters) == (["w1"], [])


def test_without_a_grid_meter_the_topmost_count() -> None:
    meters = [water("w1", "c1", "submeter"), water("w2", "c1", "submeter", "w1"), water("w3", "c1")]
    assert counted(meters) == (["w1", "w3"], [])


def test_what_is_outside_is_taken_off_once() -> None:
    meters = [
        water("w1", "c1", "grid"),
        water("w2", "c1", "submeter", "w1", **OUTSIDE),
        water("w3", "c1", "submeter", "w2", **OUTSIDE),
        water("w4", "c1", "submeter", **OUTSIDE),
        water("w5", "c1", "grid", **OUTSIDE),
    ]
    assert counted(meters) == (["w1"], ["w2", "w4"])


@given(st.lists(st.sampled_from(["c1", "c2"]), min_size=1, max_size=6))
def test_the_whole_is_its_communities(places: list[str]) -> None:
    meters = [water(f"w{n}", place, "grid") for n, place in enumerate(places)]
    whole = set(counted(meters, "town")[0])
    parts = [set(counted(meters, one)[0]) for one in ("c1", "c2")]
    assert parts[0] | parts[1] == whole
    assert not parts[0] & parts[1]
