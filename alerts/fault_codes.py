"""Which codes of a maker's table a rule means. Pure.

A rule says classes and severities; the codes are those of the table that the device's profile
names, or else its kind. So one set of rules serves every maker.
"""

from pydantic import model_validator

from device_configs.fault_codes import NO_FAULT, FaultClass, FaultSeverity, FaultTable
from device_configs.quantities import Strict


class FaultCodes(Strict):
    """True for the codes of a table that are of one of the classes and one of the severities."""

    classes: tuple[FaultClass, ...] = ()
    """Any where none is given."""
    severities: tuple[FaultSeverity, ...] = ()
    """Any but `info` where none is given."""
    unknown: bool = False
    """Whether codes that the table does not have are meant, too."""

    @model_validator(mode="after")
    def _something(self) -> "FaultCodes":
        if not (self.classes or self.severities or self.unknown):
            raise ValueError("give 'classes', 'severities' or 'unknown'")
        return self

    def of(self, table: FaultTable) -> tuple[int, ...]:
        """The codes of a table that are meant."""
        return tuple(
            one.code
            for one in table.codes
            if (not self.classes or one.fault_class in self.classes)
            and (one.severity in self.severities if self.severities else _alarms(one.severity))
        )

    def others(self, table: FaultTable) -> tuple[int, ...]:
        """The codes of a table that are not meant; code 0 is always one of them."""
        meant = set(self.of(table))
        return tuple(sorted({NO_FAULT, *(c.code for c in table.codes if c.code not in meant)}))


def _alarms(severity: FaultSeverity) -> bool:
    return severity is not FaultSeverity.INFO
