"""Files of energy and temperature that somebody sends."""

import datetime as dt
import math

import pytest

from analysis.energy_file import EnergyFileError, by_step, read_energy


def never(_: dt.date) -> bool:
    return False


@pytest.mark.parametrize(
    "text",
    [
        "time,kWh,temperature\n2026-01-01,5,1.5\n",
        "\ufeff日期;用电量;气温\n2026/01/01;5;1.5\n",
        "Timestamp\tusage (kWh)\tOAT [degC]\tnote\n2026-01-01T00:00:00\t5\t1.5\tx\n",
    ],
)
def test_many_ways_to_write_a_row(text: str) -> None:
    (row,) = read_energy(text)
    assert row.start.isoformat() == "2026-01-01T00:00:00"
    assert (row.energy, row.temperature) == (5, 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 names no column of time"),
        ("time,kwh\n", "no column of temperature"),
        ("time,kwh,value,temp\n", "more than one column of energy"),
        ("time,kwh,temp\n2026-13-01,1,1\n", "line 2: '2026-13-01' is no time"),
        ("time,kwh,temp\n2026-01-01,1,1\n2026-01-02,x,1\n", "line 3: 'x' in 'kwh' is no number"),
        ("time,kwh,temp\n2026-01-01,1\n", "line 2 has 2 cells, not 3"),
        ("time,kwh,temp\n2026-01-01T00:00Z,1,1\n2026-01-01,1,1\n", "some times have a zone"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(EnergyFileError, match=message.replace("(", r"\(")):
        read_energy(text)


def test_an_empty_cell_is_unknown_and_so_is_its_day() -> None:
    lines = ["time,kwh,temp"]
    lines += [f"2026-01-0{day}T{hour:02d}:00,{day},{hour}" for day in (1, 2) for hour in range(24)]
    lines[30] = lines[30].replace(",2,", ",NA,")
    first, second = by_step(read_energy("\n".join(lines)), "day", never)
    assert (first.energy, first.temperature, first.known) == (24, 11.5, True)
    assert math.isnan(second.energy)
    hours = by_step(read_energy("\n".join(lines)), "hour", never)
    assert len(hours) == 48
    assert sum(one.known for one in hours) == 47


def test_a_day_that_lacks_a_row_is_unknown() -> None:
    lines = ["time,kwh,temp"]
    lines += [f"2026-01-0{day}T{hour:02d}:00,1,1" for day in (1, 2, 3) for hour in range(24)]
    del lines[40]
    assert [one.known for one in by_step(read_energy("\n".join(lines)), "day", never)] == [
        True, False, True,
    ]  # fmt: skip


def test_fahrenheit() -> None:
    (row,) = read_energy("time,kwh,temp\n2026-01-01,1,68\n", fahrenheit=True)
    assert row.temperature == pytest.approx(20)
