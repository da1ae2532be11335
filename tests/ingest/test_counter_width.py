"""Where a counter rolls over: by its profile's word, else by its width on the wire."""

import pytest

from device_configs.kinds import kinds
from device_configs.point_mapping import PointMapping, Verified
from device_configs.profile import ProfilePoint
from device_configs.quantities import Strict, conversion
from ingest.counter_width import span_of


class Wire(Strict):
    """An address with a type."""

    type: str = "uint16"
    scale_from: tuple[int, ...] = ()


def span(wire: Wire, mapping: dict[str, object]) -> int | None:
    spec = kinds()["electricity_meter"].point("active_energy_import")
    assert spec is not None
    given = PointMapping.model_validate(mapping)
    to_stored = conversion("kWh", "Wh")
    point = ProfilePoint("x", spec, given, to_stored, wire, Verified.DOCUMENT)
    return span_of(point, "active_energy")


@pytest.mark.parametrize(
    ("wire", "mapping", "kwh"),
    [
        (Wire(type="uint32"), {"scale": 0.01}, 42_949_672.96),
        (Wire(type="uint16"), {}, 65_536),
        (Wire(type="bcd32"), {"scale": 0.1}, 10_000_000),
        (Wire(type="uint32"), {"cut": (0, 24)}, 16_777_216),
        (Wire(type="float32"), {"rolls_over_at": 1_000_000}, 1_000_000),
        (Wire(type="uint32"), {"rolls_over_at": 999_999.99}, 999_999.99),
    ],
)
def test_a_counter_ends_where_its_digits_do(
    wire: Wire, mapping: dict[str, object], kwh: float
) -> None:
    assert span(wire, mapping) == round(kwh * 1_000_000)


@pytest.mark.parametrize(
    ("wire", "mapping"),
    [
        (Wire(type="float32"), {}),
        (Wire(type="uint64"), {}),
        (Wire(type="int32"), {}),
        (Wire(type="uint32", scale_from=(7,)), {}),
        (Wire(type="uint32"), {"offset": 1.0}),
        (Wire(type="uint32"), {"positive": "export"}),
    ],
)
def test_where_the_end_is_not_known_none_is_assumed(wire: Wire, mapping: dict[str, object]) -> None:
    assert span(wire, mapping) is None


def test_a_point_that_the_profile_does_not_list_has_no_width() -> None:
    assert span_of(None, "active_energy") is None
