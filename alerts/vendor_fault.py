"""What the maker says of a fault code, as it is kept with the alarm: his table may change later."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alerts.alarm import VendorFault
from alerts.rule import Rule
from collectors.sample import Value
from device_configs.quantities import Label


def column(rule: Rule, value: Value) -> Mapping[str, object] | None:
    """The column of an alarm that a value raises; None where the value is no fault code."""
    found = rule.vendor_fault(value)
    return None if found is None else asdict(found) | {"text": found.text.model_dump()}


def from_json(stored: Mapping[str, Any] | None) -> VendorFault | None:
    """What was stored; None where the alarm is of no fault code."""
    return VendorFault(**{**stored, "text": Label(**stored["text"])}) if stored else None
