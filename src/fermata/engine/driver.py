"""Keeps PostgreSQL's driver out of a process whose store is a SQLite file.

dbos imports psycopg whatever its store is, and needs names of it only to judge an error of PostgreSQL's. That is a
tenth of a second of every start, and 9 MB of an idle server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_DRIVER = "psycopg"
_ERRORS = "psycopg.errors"
"""What dbos imports of it by name."""


class _StandIn(ModuleType):
    """Loads the module that it stands for once a name is asked of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # Python's own question, whether it has parts, at every `from psycopg import`.
        _take_away()  # Or it would find itself.
        return getattr(import_module(self.__name__), name)


@contextmanager
def driver_on_demand() -> Iterator[None]:
    """Let what is imported inside have a stand-in for the driver; nothing where the driver is loaded already.

    Whoever imports psycopg afterwards gets psycopg itself. For the start of a process: no other thread may import.
    """
    if _DRIVER not in sys.modules:
        driver, errors = _StandIn(_DRIVER), _StandIn(_ERRORS)
        driver.errors = errors  # type: ignore[attr-defined]  # as a package has its parts
        sys.modules |= {_DRIVER: driver, _ERRORS: errors}
    try:
        yield
    finally:
        _take_away()


def _take_away() -> None:
    for name in (_DRIVER, _ERRORS):
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
