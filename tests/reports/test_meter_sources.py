"""The meters behind a report."""

from device_configs.estate_entries import VirtualMeterEntry
from device_configs.virtual_meters import virtual_meter
from reports.document import SourceKind
from reports.meter_sources import meter_sources
from tests.reports.estates import device, estate


def test_devices_parts_and_formulas_are_named_each_once() -> None:
    town = estate({"c1": None}, [device("pile", "ev_charger", "c1", parts=("c1",))])
    entry = {"id": "rest", "place": "c1", "name": {"zh": "其余", "en": "The rest"},
             "formula": "pile.active_energy_total"}  # fmt: skip
    virtual = virtual_meter(VirtualMeterEntry.model_validate(entry))
    town = type(town)(
        town.id, town.name, town.timezone, town.sites, town.devices, {}, {"rest": virtual}
    )
    found = meter_sources(town, ["rest", "pile/c1", "rest"], "r1")
    assert [(one.id, one.name.en, one.detail, one.version) for one in found] == [
        ("meter rest", "The rest", "rest", "r1"), ("meter pile/c1", "pile", "pile/c1", "r1"),
    ]  # fmt: skip
    assert {one.kind for one in found} == {SourceKind.METER}
