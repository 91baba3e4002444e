"""The variables that a unit's files declare on disk, where systemd has not read them since they were changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from fermata.integrations.systemd.client import UnitInfo
from fermata.integrations.systemd.site import Site

_DROP_IN_FOLDERS = ("etc/systemd/system", "etc/systemd/system.control")
_LARGEST_BYTES = 64 * 1024
"""Of one file that declares a unit; what is larger is none that a person wrote."""


def read_declared(site: Site, unit: UnitInfo) -> dict[str, str]:
    """Return the variables that `Environment=` sets in a unit's files as they are on disk. Blocking.

    Drop-ins that were added since are read, too. Specifiers (`%i`) stay as they are written.
    """
    variables: dict[str, str] = {}
    for path in _list_paths(site, unit):
        for value in _list_settings(path):
            try:
                words = shlex.split(value)
            except ValueError:
                continue  # systemd, too, leaves out a line that it cannot read.
            if not words:
                variables.clear()  # An empty one takes back all before it (systemd.exec(5)).
            variables |= {name: text for name, equals, text in (word.partition("=") for word in words) if equals}
    return variables


def _list_paths(site: Site, unit: UnitInfo) -> Iterator[Path]:
    known = [site.place(path) for path in unit.paths]
    yield from known
    for folder in _DROP_IN_FOLDERS:
        for path in sorted((site.client.root / folder / f"{unit.id}.d").glob("*.conf")):
            if path not in known:
                yield path


def _list_settings(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST_BYTES).decode(errors="replace")
    except OSError:
        return
    for line in text.replace("\\\n", " ").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == "Environment":
            yield value.strip()
