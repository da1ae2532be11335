"""What a counter looks like once it has been on the wire: rounded as its registers round it.

The past must end where the live readings begin: a register of 0.1 kWh rounds down what the model
knows to the last watt hour, and a counter may not step back between the two.
"""

import numpy as np

from collectors.convert import Raw, to_values
from collectors.modbus_schema import Address, WordType
from collectors.sample import Value
from collectors.simulator.charging import PileState
from collectors.simulator.noise import Floats
from device_configs.estate import Device
from device_configs.profile import ProfilePoint

_NARROW = np.float32


def as_read(point: ProfilePoint, values: Floats) -> list[Value]:
    """The values of a counter as the driver would have read them."""
    mapping = point.mapping
    raw = ((values - point.to_stored.offset) / point.to_stored.factor - mapping.intercept) / (
        mapping.slope
    )
    found: list[Value] = []
    last: Raw = None
    for number in _rounded(point, raw):
        if not found or number != last:
            last = number
            value, _ = to_values(number, point)[point.name]
        found.append(value)
    return found


def as_told(device: Device, state: PileState) -> str:
    """The state of a pile in its product's words: many have none for a car that is full."""
    known = device.profile.points["state"].mapping.values.values()
    if state is PileState.FINISHED and state.value not in known:
        return PileState.CONNECTED.value
    return state.value


def _rounded(point: ProfilePoint, raw: Floats) -> list[Raw]:
    address = point.address
    if not isinstance(address, Address):
        # SunSpec accumulators of this chain and the counts over MQTT are whole numbers.
        return [int(number) for number in np.rint(raw).tolist()]
    if address.add is not None:
        whole = np.floor(raw)
        rest = ((raw - whole) / address.add.scale).astype(_NARROW).astype(np.float64)
        return list((whole + rest * address.add.scale).tolist())
    if address.type is WordType.FLOAT64:
        return list(raw.tolist())
    if address.type is WordType.FLOAT32:
        return list(raw.astype(_NARROW).astype(np.float64).tolist())
    return [int(number) for number in np.rint(raw).tolist()]
