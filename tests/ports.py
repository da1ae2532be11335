"""Free ports of the loopback for servers that a test starts, stops and starts again.

They lie below those that the system gives to outgoing connections: a port from among these may be
taken by any connection of any process while its server is stopped, and the server then cannot come
back to it.
"""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 15_000


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    below = _first_of_connections()
    if below - _LOWEST < 1000:
        return _given(count)
    found: list[int] = []
    while len(found) < count:
        # Not seeded: tests beside this one must not ask for the same.
        port = random.SystemRandom().randrange(_LOWEST, below)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _first_of_connections() -> int:
    """The lowest port of outgoing connections (ip(7), 'ip_local_port_range')."""
    try:
        return int(_RANGE.read_text("ascii").split()[0])
    except OSError:
        return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _given(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for opened in sockets:
        opened.bind(("127.0.0.1", 0))
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
