"""The memory of a simulated Modbus device: the model's values as registers."""

from collections.abc import Mapping, Sequence

from collectors.modbus_schema import Table
from collectors.register_memory import encode_values
from collectors.sample import Value
from collectors.simulator.model import Model
from collectors.simulator.sunspec_image import sunspec_memory
from device_configs.estate import Device

FRESH_MS = 200
"""How long a device's values stay as they are, so that a reading in several requests is one."""

Memory = Mapping[Table, Mapping[int, int]]


class RegisterImage:
    """The registers of one device, made when they are asked for."""

    def __init__(self, model: Model, device: Device) -> None:
        self.device = device
        self._model = model
        self._memory: Memory = {}
        self._made_ms = -FRESH_MS
        self._version = -1
        # Nothing but an incident changes a panel, and its detectors are many.
        self._still = device.profile.kind.kind == "fire_panel"

    def read(self, table: Table, address: int, count: int, now_ms: int) -> Sequence[int] | None:
        """The registers or bits at an address; None where the device has none there.

        Unused registers between used ones read 0, as those of most products do.

        Raises:
            EncodeError: a value does not fit its registers.
        """
        cells = self.memory(now_ms).get(table)
        if not cells or address < min(cells) or address + count - 1 > max(cells):
            return None
        return [cells.get(at, 0) for at in range(address, address + count)]

    def memory(self, now_ms: int) -> Memory:
        """All registers.

        Raises:
            EncodeError: a value does not fit its registers.
        """
        fresh = self._still or 0 <= now_ms - self._made_ms < FRESH_MS
        if not (fresh and self._version == self._model.version):
            self._memory = self._encode(now_ms)
            self._made_ms, self._version = now_ms, self._model.version
        return self._memory

    def _encode(self, now_ms: int) -> Memory:
        values = self._model.values(self.device.id, now_ms)
        if self.device.profile.protocol == "sunspec":
            known = {name: value for name, value in values.items() if value is not None}
            return sunspec_memory(self.device.profile, known)
        return encode_values(self.device.profile, values, self._parts())

    def _parts(self) -> Mapping[int, Mapping[str, Value]]:
        parts = self.device.profile.parts
        if parts is None:
            return {}
        names = parts.ids()
        return {
            place: self._model.part_values(self.device.id, name) for place, name in enumerate(names)
        }
