"""The contract of every store: the same tests against DuckDB and real InfluxDB servers."""

import random
from collections.abc import Mapping

import pytest

from collectors.sample import Lane, Quality, Reason, Sample, Value
from ingest.bus import Cursor
from ingest.stores.store import Aggregate, LatestValue, Reading, TimeSeriesStore
from tests.ingest.samples import FIRST, NOW
from tests.ingest.stores.conftest import Open

GOOD, SUSPECT, MISSING = Quality.GOOD, Quality.SUSPECT, Quality.MISSING
START = NOW // 3_600_000 * 3_600_000
END = START + 3_600_000


def written(
    number: int,
    at: int,
    values: Mapping[str, Value],
    reasons: Mapping[str, str] | None = None,
    device: str = "m1",
    source_at: int | None = None,
    lane: Lane = Lane.ROUTINE,
) -> Sample:
    return Sample(
        device, at, values, reasons or {}, lane, source_at, None, FIRST + number if number else 0
    )


def put(store: TimeSeriesStore, *samples: Sample) -> None:
    store.write(samples, Cursor().advanced(samples))


def raw(store: TimeSeriesStore, point: str, device: str = "m1") -> list[Reading]:
    return list(store.series(device, [point], START, END)[point])


def test_keeps_numbers_booleans_texts_and_what_is_unknown(store: TimeSeriesStore) -> None:
    values: dict[str, Value] = {
        "active_power": -1.25, "active_energy_import": 2**40, "fault": True, "running": False,
        "serial": 'a "quoted", \\ text\n中文 = 1', "empty": "", "voltage_l1": None, "zero": 0,
    }  # fmt: skip
    put(store, written(1, START, values, {"voltage_l1": Reason.NO_ANSWER}))
    found = store.series("m1", list(values), START, END)
    assert {name: [r.value for r in readings] for name, readings in found.items()} == {
        name: [value] for name, value in values.items()
    }
    assert isinstance(found["active_energy_import"][0].value, float)
    assert found["fault"][0].value is True
    assert found["running"][0].value is False
    assert {name: readings[0].quality for name, readings in found.items()} == {
        name: MISSING if value is None else GOOD for name, value in values.items()
    }
    assert {r.at for readings in found.values() for r in readings} == {START}


def test_keeps_the_quality_of_each_reading(store: TimeSeriesStore) -> None:
    put(
        store,
        written(1, START, {"x": 1.0}),
        written(2, START + 1, {"x": 2.0}, {"x": Reason.OUT_OF_RANGE}),
        written(3, START + 2, {"x": None}, {"x": Reason.REFUSED}),
        written(4, START + 3, {"x": None}),
        written(5, START + 4, {"y": 1.0}),
    )
    assert raw(store, "x") == [
        Reading(START, 1.0, GOOD),
        Reading(START + 1, 2.0, SUSPECT),
        Reading(START + 2, None, MISSING),
        Reading(START + 3, None, MISSING),
    ]


def test_a_series_is_half_open_ordered_and_limited(store: TimeSeriesStore) -> None:
    samples = [written(n + 1, START + n * 1000, {"x": float(n)}) for n in range(100)]
    random.Random(1).shuffle(samples)
    put(store, *samples)
    found = store.series("m1", ["x"], START + 10_000, START + 20_000)["x"]
    assert [r.value for r in found] == list(range(10, 20))
    found = store.series("m1", ["x"], START, END, limit=7)["x"]
    assert [r.value for r in found] == list(range(7))


def test_the_moment_is_the_devices_own_where_it_has_one(store: TimeSeriesStore) -> None:
    put(store, written(1, START + 5000, {"x": 1.0}, source_at=START + 1000))
    assert raw(store, "x") == [Reading(START + 1000, 1.0, GOOD)]


def test_unknown_devices_and_points_are_empty(store: TimeSeriesStore) -> None:
    put(store, written(1, START, {"x": 1.0}))
    assert store.series("stranger", ["x"], START, END) == {"x": []}
    assert store.series("m2", ["x"], START, END, 1000) == {"x": []}
    assert store.series("m1", ["x", "nothing"], START + 1, END) == {"x": [], "nothing": []}
    assert store.series("m1", [], START, END) == {}


def test_an_empty_store_answers(store: TimeSeriesStore) -> None:
    assert store.cursor() == Cursor()
    assert store.latest() == []
    assert raw(store, "x") == []
    assert store.series("m1", ["x"], START, END, 60_000) == {"x": []}
    store.write([], Cursor())


def test_two_samples_of_a_device_in_one_millisecond_both_stay(store: TimeSeriesStore) -> None:
    put(
        store,
        written(998, START, {"x": 1.0, "y": 5.0}),
        written(999, START, {"x": 2.0}),
        written(1000, START, {"x": None}, {"x": Reason.NO_ANSWER}),
        written(1001, START, {"x": 3.0}),
    )
    assert [r.value for r in raw(store, "x")] == [1.0, 2.0, None, 3.0]
    assert [r.value for r in raw(store, "y")] == [5.0]
    assert {v.point: v.value for v in store.latest()} == {"x": 3.0, "y": 5.0}
    assert store.series("m1", ["x"], START, END, 1000, Aggregate.LAST)["x"][0].value == 3.0


def test_a_replay_writes_nothing_twice(opened: Open) -> None:
    samples = [written(n + 1, START + n // 3, {"x": float(n)}) for n in range(30)]
    samples += [
        written(n + 31, START + n // 3, {"x": True}, device="panel-1/p1", lane=Lane.SAFETY)
        for n in range(30)
    ]
    with opened() as store:
        store.write(samples, Cursor().advanced(samples))
        store.write(samples, Cursor().advanced(samples))
        store.write(samples[:10], Cursor().advanced(samples[:10]))
    with opened() as store:
        store.write(samples[20:40], Cursor().advanced(samples))
        assert [r.value for r in raw(store, "x")] == [float(n) for n in range(30)]
        assert len(raw(store, "x", "panel-1/p1")) == 30


def test_history_without_numbers_is_written_whatever_the_cursor(store: TimeSeriesStore) -> None:
    put(store, written(500, START + 50, {"x": 50.0}))
    history = [written(0, START + n // 2, {"x": float(n)}) for n in range(10)]
    store.write(history, store.cursor())
    assert [r.value for r in raw(store, "x")] == [*map(float, range(10)), 50.0]
    assert store.cursor() == Cursor(0, FIRST + 500)


def test_the_cursor_is_kept_by_lane(opened: Open) -> None:
    with opened() as store:
        store.write([], Cursor(FIRST + 7, 2**52))
        assert store.cursor() == Cursor(FIRST + 7, 2**52)
    with opened() as store:
        assert store.cursor() == Cursor(FIRST + 7, 2**52)


def test_everything_is_there_after_opening_again(opened: Open) -> None:
    with opened() as store:
        put(store, written(1, START, {"x": 1.0}))
    with opened() as store:
        put(store, written(2, START + 1, {"x": 2.0, "serial": "new"}))
    with opened() as store:
        assert [r.value for r in raw(store, "x")] == [1.0, 2.0]
        assert [r.value for r in raw(store, "serial")] == ["new"]


def test_late_data_takes_its_place(store: TimeSeriesStore) -> None:
    put(store, written(1, START + 5000, {"x": 5.0}))
    put(store, written(2, START + 6000, {"x": 1.0}, source_at=START + 1000))
    assert [r.value for r in raw(store, "x")] == [1.0, 5.0]
    assert [v.value for v in store.latest()] == [5.0]


def stepped(store: TimeSeriesStore, point: str, aggregate: Aggregate) -> list[Reading]:
    return list(store.series("m1", [point], START, END, 60_000, aggregate)[point])


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (Aggregate.MEAN, 2.0),
        (Aggregate.MIN, 0.0),
        (Aggregate.MAX, 5.0),
        (Aggregate.LAST, 1.0),
        (Aggregate.COUNT, 3),
    ],
)
def test_numbers_are_aggregated_without_what_is_missing(
    store: TimeSeriesStore, aggregate: Aggregate, expected: float
) -> None:
    put(
        store,
        written(1, START, {"x": 0.0}),
        written(2, START + 1000, {"x": 5.0}),
        written(3, START + 2000, {"x": 1.0}),
        written(4, START + 3000, {"x": None}, {"x": Reason.NO_ANSWER}),
        written(5, START + 180_000, {"x": 9.0}),
        written(6, START + 240_000, {"x": 1.0}, {"x": Reason.OUT_OF_RANGE}),
        written(7, START + 300_000, {"x": None}, {"x": Reason.NO_ANSWER}),
    )
    one = 1 if aggregate is Aggregate.COUNT else 1.0
    nine = 1 if aggregate is Aggregate.COUNT else 9.0
    assert stepped(store, "x", aggregate) == [
        Reading(START, expected, GOOD),
        Reading(START + 180_000, nine, GOOD),
        Reading(START + 240_000, one, SUSPECT),
        Reading(START + 300_000, 0 if aggregate is Aggregate.COUNT else None, MISSING),
    ]


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_what_is_no_number_gives_its_last_value(
    store: TimeSeriesStore, aggregate: Aggregate
) -> None:
    put(
        store,
        written(1, START, {"state": "available", "fault": True}),
        written(2, START + 1000, {"state": "charging", "fault": False}),
        written(3, START + 2000, {"state": None}, {"state": Reason.NO_ANSWER}),
    )
    counting = aggregate is Aggregate.COUNT
    assert stepped(store, "state", aggregate) == [
        Reading(START, 2 if counting else "charging", GOOD)
    ]
    assert stepped(store, "fault", aggregate) == [Reading(START, 2 if counting else False, GOOD)]


def test_steps_begin_at_the_start_that_is_asked_for(store: TimeSeriesStore) -> None:
    put(store, *(written(n + 1, START + n * 1000, {"x": float(n)}) for n in range(60)))
    start = START + 7000
    found = store.series("m1", ["x"], start, START + 45_000, 20_000, Aggregate.COUNT)["x"]
    assert found == [Reading(start, 20, GOOD), Reading(start + 20_000, 18, GOOD)]
    found = store.series("m1", ["x"], start, END, 10_000, Aggregate.MIN, limit=3)["x"]
    assert [r.value for r in found] == [7.0, 17.0, 27.0]


def test_the_newest_value_of_every_point_comes_back_whole(store: TimeSeriesStore) -> None:
    put(
        store,
        written(1, START + 10, {"x": 1.0, "y": 2, "z": "on"}, source_at=START),
        written(2, START + 20, {"x": None}, {"x": Reason.GARBLED}),
        written(3, START + 31, {"z": "off"}, {"z": Reason.FUTURE}, source_at=START + 30),
        written(4, START + 5, {"fire": False}, device="panel-1", lane=Lane.SAFETY),
        written(5, START + 6, {"smoke": True}, device="panel-1/p001", lane=Lane.SAFETY),
    )
    found = {(v.device, v.point): v for v in store.latest()}
    assert found == {
        (v.device, v.point): v
        for v in [
            LatestValue("m1", "x", None, MISSING, "garbled", None, START + 20),
            LatestValue("m1", "y", 2.0, GOOD, None, START, START + 10),
            LatestValue("m1", "z", "off", SUSPECT, "future", START + 30, START + 31),
            LatestValue("panel-1", "fire", False, GOOD, None, None, START + 5),
            LatestValue("panel-1/p001", "smoke", True, GOOD, None, None, START + 6),
        ]
    }
    assert len(store.latest()) == len(found)


def test_names_from_the_wire_cannot_break_in(store: TimeSeriesStore) -> None:
    names = ["panel-1/p'1", 'panel-1/p"1', "panel-1/p 1,x=2", "panel-1/p;DROP", "panel-1/p\\'1"]
    samples = [
        written(n + 1, START, {"smoke": n % 2 == 0}, device=name) for n, name in enumerate(names)
    ]
    put(store, *samples)
    for number, name in enumerate(names):
        assert [r.value for r in raw(store, "smoke", name)] == [number % 2 == 0]
    assert {v.device for v in store.latest()} == set(names)
    assert raw(store, "smoke", "panel-1/x' OR 'a' = 'a") == []
