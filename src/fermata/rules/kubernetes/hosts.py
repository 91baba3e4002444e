"""Hosts that configuration names: in a variable, an argument or a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://(?:[^@/\s\"']{0,200}@)?([A-Za-z0-9](?:[\w.-]{0,251}\w)?)(?::(\d{1,5}))?")
_PAIR = re.compile(r"(?<![\w./:@-])([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):(\d{2,5})(?![\w.:-])")
_PORT = re.compile(r":\d\d")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
# Words of a variable's name that say that its value is where something is reached.
_REACHED = frozenset(
    {
        "ADDR",
        "ADDRESS",
        "BACKEND",
        "BROKER",
        "BROKERS",
        "DSN",
        "ENDPOINT",
        "HOST",
        "HOSTNAME",
        "HOSTS",
        "NODES",
        "PEERS",
        "SERVER",
        "SERVERS",
        "SERVICE",
        "SVC",
        "TARGET",
        "UPSTREAM",
        "URI",
        "URL",
    }
)
_OWN = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "host.docker.internal"})  # noqa: S104 - Left out, not bound to.
_WORD = re.compile(r"[A-Z0-9]+")
_NUMBER = re.compile(r"[\d.]+")


class Host(NamedTuple):
    """A host that something is reached at."""

    name: str
    port: int | None
    is_sure: bool
    """Whether its form says that it is a host; else only a service of that name makes it one."""
    has_scheme: bool = False


def find_hosts(value: str, key: str = "") -> Iterator[Host]:
    """Return the hosts that a value names, in order; the machine itself is none.

    Args:
        value: Of a variable, an argument or a file.
        key: The variable's name, which tells whether a single word is a host.
    """
    found: set[tuple[str, int | None]] = set()
    # Most values hold neither, and without it nothing can match.
    for pattern in _list_patterns(value) if ":" in value else ():
        for match in pattern.finditer(value):
            host, port = match[1], int(match[2]) if match[2] else None
            if host in _OWN or any(host == name and port in (None, old) for name, old in found):
                continue
            found.add((host, port))
            yield Host(host, port, pattern is _URL or not _NUMBER.fullmatch(host), pattern is _URL)
    if found:
        return
    last = _read_key(key)
    for part in value.split(",") if last else ():
        name = part.strip()
        if _HOST.fullmatch(name) and name not in _OWN and not name.isdigit():
            yield Host(name, None, is_sure=last in ("HOST", "HOSTNAME", "ADDR", "ADDRESS"))


def _list_patterns(value: str) -> Iterator[re.Pattern[str]]:
    if "://" in value:
        yield _URL
    if _PORT.search(value) is not None:
        yield _PAIR


@lru_cache(maxsize=1024)
def _read_key(key: str) -> str:
    """Return the last word of a variable's name that says that its value is where something is reached, else nothing.

    The workloads of a cluster are told dozens of variables of the same few names.
    """
    words = _WORD.findall(key.upper())
    return words[-1] if words and words[-1] != "NAME" and not _REACHED.isdisjoint(words) else ""


def sibling_port(key: str) -> str:
    """Return the variable that holds the port where another holds the host; empty when its name suggests none."""
    head, _, last = key.rpartition("_")
    return f"{head}_PORT" if head and last.upper() in ("HOST", "HOSTNAME", "ADDR", "ADDRESS", "SERVER") else ""
