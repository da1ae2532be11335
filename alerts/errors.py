"""The errors of this package: one root, and what a caller can do about each."""


class AlertsError(Exception):
    """Root of the errors of this package."""


class AlarmNotFoundError(AlertsError):
    """There is no alarm of this number."""

    def __init__(self, alarm: int) -> None:
        self.alarm = alarm
        super().__init__(f"there is no alarm {alarm}")


class DrillNotFoundError(AlertsError):
    """There is no drill of this number."""

    def __init__(self, drill: int) -> None:
        self.drill = drill
        super().__init__(f"there is no drill {drill}")


class ProofNotFoundError(AlertsError):
    """There is no proof of this number."""

    def __init__(self, proof: int) -> None:
        self.proof = proof
        super().__init__(f"there is no proof {proof}")


class WindowNotFoundError(AlertsError):
    """There is no maintenance window of this number."""

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(f"there is no maintenance window {window}")


class WorkOrderNotFoundError(AlertsError):
    """There is no work order of this number."""

    def __init__(self, order: int) -> None:
        self.order = order
        super().__init__(f"there is no work order {order}")


class BadPhotoError(AlertsError):
    """What was sent is no photo that is taken; the message says why."""


class NotAllowedError(AlertsError):
    """The alarm's state forbids it; `key` names the sentence in `text.yaml` that says why."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class SendError(AlertsError):
    """A channel could not deliver.

    `permanent` means that trying again cannot help; `blocked_s`, that the provider takes nothing
    more from this sender, or for this address, for so long. [s]
    """

    def __init__(
        self, message: str, *, permanent: bool = False, blocked_s: float | None = None
    ) -> None:
        self.permanent = permanent
        self.blocked_s = blocked_s
        super().__init__(message)
