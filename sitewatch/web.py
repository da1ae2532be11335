"""The server of the page: uvicorn on a socket of our own; a taken port is one clear sentence."""

import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from sitewatch.errors import PortInUseError, SitewatchError
from sitewatch.settings import ServiceSettings

GRACE_S = 2
"""How long open streams may hold up a stop; uvicorn's default is for ever. [s]"""


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take the port.

    Raises:
        PortInUseError: somebody else has it.
        SitewatchError: the address is not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host, port) from error
        raise SitewatchError(f"cannot listen on {host}: {error.strerror}") from error
    return taken


def make_server(app: FastAPI, service: ServiceSettings) -> uvicorn.Server:
    """A server for the app, to be run with `serve(sockets=[...])`; `check_tls` comes before."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
        forwarded_allow_ips=[*service.trusted_proxies],
        ssl_certfile=service.cert_file,
        ssl_keyfile=service.key_file,
    )
    return _Server(config)
