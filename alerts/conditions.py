"""Every condition that a rule can have, under the name it has in a file."""

from alerts.condition import (
    ByService,
    Combination,
    Missing,
    Refused,
    Silence,
    State,
    Threshold,
    Together,
    Unlisted,
)
from alerts.deviation import Deviation
from alerts.expression import Expression
from alerts.fault_codes import FaultCodes
from alerts.window import Count, Increase, Rate

OfPoint = Threshold | State | Missing
"""Judged by one value of one point."""
OfFacts = Combination | Expression
"""Judged by the last values of several points."""
Condition = (
    OfPoint
    | FaultCodes
    | OfFacts
    | Rate
    | Increase
    | Count
    | Deviation
    | Together
    | Silence
    | Refused
    | Unlisted
    | ByService
)
NAMES = (
    "threshold", "state", "fault_code",
    "silence", "combination", "expression", "rate", "increase", "count",
    "deviation", "together", "missing", "refused", "unlisted", "by_service",
)  # fmt: skip
"""The settings of which a rule has exactly one."""
OF_A_POINT = frozenset({
    "threshold", "state", "fault_code", "combination", "expression", "missing", "rate", "increase",
    "count", "deviation",
})  # fmt: skip
"""Those whose rule names its point."""
