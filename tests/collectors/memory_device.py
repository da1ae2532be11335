"""A device whose registers are noise, the same for the same seed."""

import random
from collections.abc import Sequence

from collectors.modbus_schema import Table


class MemoryDevice:
    """The `Registers` of it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    async def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Whatever is asked for is there."""
        highest = 1 if table.is_bits else 0xFFFF
        return [
            random.Random(f"{self._seed}{table}{at}").randint(0, highest)
            for at in range(address, address + count)
        ]
