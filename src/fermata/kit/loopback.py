"""Ports of this machine that nobody else is likely to take."""

from __future__ import annotations

import secrets
import socket


def bind_free_port() -> socket.socket:
    """Return a socket that is bound to a free loopback port, and does not listen.

    The port lies below the range the system hands to outgoing connections, any of which could take it in the moment in
    which nobody holds it.
    """
    while True:
        candidate = socket.socket()
        try:
            candidate.bind(("127.0.0.1", 20000 + secrets.randbelow(12000)))
        except OSError:
            candidate.close()
        else:
            return candidate
