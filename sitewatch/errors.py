"""The errors of the wiring."""


class SitewatchError(Exception):
    """Root of the errors of this package; its text is one sentence that says what to do."""


class InvalidInputError(SitewatchError):
    """What was typed cannot be meant; ends with exit code 2."""


class PortInUseError(SitewatchError):
    """The page's port is taken."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__(f"port {port} on {host} is in use; stop what uses it or give another port")


class AlreadyRunningError(SitewatchError):
    """Another sitewatch works on the same data folder."""
