"""What a service says when it is there."""

import socket
from collections.abc import Callable
from importlib.metadata import version

from sitewatch.estate_folder import EstateFolder
from sitewatch.settings import ServiceSettings


def greet(
    loaded: EstateFolder,
    service: ServiceSettings,
    listening: socket.socket,
    say: Callable[[str], None],
) -> None:
    """Say what runs, and where the page is."""
    host, port = listening.getsockname()[:2]
    estate = loaded.estate
    say(f"sitewatch {version('sitewatch')}: {estate.id}, {len(estate.devices)} devices")
    say(f"page: {service.scheme}://{host}:{port}")
