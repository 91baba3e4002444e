"""Loads modules that an idle process goes without, when they are needed: the rules of diagnosis and of language.

Through here, and one at a time. Packages whose parts lean on each other are found half done by a second thread that
imports them at the same moment: Python gives it what there is, and its import fails.
"""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module

_turn = threading.Lock()


def load(name: str) -> None:
    """Load a module, so that importing it is instant from now on. Blocks while another thread loads."""
    with _turn:
        import_module(name)


def load_aside(name: str) -> asyncio.Future[None]:
    """Begin to load a module in a thread, and return what to await before it is imported. On a running event loop.

    Whoever else this loop serves need not wait for it.
    """
    return asyncio.get_running_loop().run_in_executor(None, load, name)
