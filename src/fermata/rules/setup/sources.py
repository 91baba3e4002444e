"""Which paths of a repository make which service, as a compose file says. Pure.

Source: Compose specification (docs.docker.com/reference/compose-file, read 2026-11): `build`, `env_file`
and `volumes`, of which the short form that begins with `./` is a path.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

_MOST_SERVICES = 50


def list_sources(document: Mapping[str, Any], path: str) -> dict[str, list[str]]:
    """Return the paths of each service: what it is built from, its files of variables, and the compose file itself.

    Args:
        document: The compose file, as parsed.
        path: Where it lies, from the repository's top folder; all else is relative to its folder.

    Returns:
        Paths from the top folder, each once; those that leave it, or hold a variable, are left out.
    """
    services = document.get("services")
    if not isinstance(services, Mapping):
        return {}
    folder = posixpath.dirname(path)
    return {
        str(name): list(dict.fromkeys([*_list_inside(folder, str(name), service), path]))
        for name, service in list(services.items())[:_MOST_SERVICES]
        if isinstance(service, Mapping)
    }


def _list_inside(folder: str, name: str, service: Mapping[str, Any]) -> Iterator[str]:
    for word in _list_words(name, service):
        joined = posixpath.normpath(posixpath.join(folder, word))
        if "$" not in word and "://" not in word and not joined.startswith(("/", "..")):
            yield joined


def _list_words(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    build = service.get("build")
    context = build.get("context") if isinstance(build, Mapping) else build
    if isinstance(context, str):
        yield context
    elif "build" not in service:
        # Where somebody else builds the image, its folder is mostly called as the service, or as the image is.
        image = service.get("image")
        yield name
        if isinstance(image, str):
            yield re.split(r"[:@]", image.rpartition("/")[2])[0]
    files = service.get("env_file")
    for one in files if isinstance(files, list) else [files]:
        path = one.get("path") if isinstance(one, Mapping) else one
        if isinstance(path, str):
            yield path
    volumes = service.get("volumes")
    for one in volumes if isinstance(volumes, list) else ():
        source = one.get("source") if isinstance(one, Mapping) else str(one).partition(":")[0]
        if isinstance(source, str) and source.startswith("./"):
            yield source
