"""Addresses of the Internet Protocol, told from names."""

from __future__ import annotations

import ipaddress


def is_address(host: str) -> bool:
    """Answer whether a host is an address, of either version, and no name. Without brackets and port."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
