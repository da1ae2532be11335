"""What OCPP itself says of a message: its actions and schemas, as the `ocpp` library has them.

Of the library these are used and nothing else. What makes calls in it is not.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass

from ocpp.messages import get_validator
from ocpp.v16 import call as v16_call
from ocpp.v201 import call as v201_call

from collectors.ocpp_frames import Version

_CALL = 2
_LONGEST = 200
"""Of a remark. [characters]"""


class Schemas:
    """The actions of each version, whoever may say them, and what their payloads are like."""

    def __init__(self) -> None:
        modules = {Version.V16: v16_call, Version.V201: v201_call}
        self._actions = {
            version: frozenset(name for name, one in vars(module).items() if is_dataclass(one))
            for version, module in modules.items()
        }

    def knows(self, version: Version, action: str) -> bool:
        """Whether a version has an action."""
        return action in self._actions[version]

    def fault(self, version: Version, action: str, payload: Mapping[str, object]) -> str | None:
        """In what a payload is not as the schema of its action says; None where it is."""
        if not self.knows(version, action):
            return None
        validator = get_validator(_CALL, action, version.value)
        found = next(validator.iter_errors(dict(payload)), None)
        return None if found is None else str(found.message)[:_LONGEST]
