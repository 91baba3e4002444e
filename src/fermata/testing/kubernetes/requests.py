"""Requests as the emulator records them, and where each points. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.testing.kubernetes.answers import bad_request, no_such_path
from fermata.testing.kubernetes.resources import SERVED, Served

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    """Without its query."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """Return the media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def read(self) -> Any:
        """Return the body's value; JSON or, as apply allows, YAML. `None` for an empty one.

        Raises:
            Refusal: 400 when it is neither.
        """
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            pass
        try:
            return YAML(typ="safe", pure=True).load(self.body)
        except YAMLError as error:
            raise bad_request("error parsing the body") from error


@dataclass(frozen=True, slots=True)
class Place:
    """What a path points at."""

    served: Served
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    def find_verb(self, method: str) -> str:
        """Return RBAC's verb for a method here."""
        return _VERBS.get(method, "get" if self.name else "list")


def find_place(path: str) -> Place:
    """Return what a path points at.

    Raises:
        Refusal: 404 for what no server has, or this one does not serve.
    """
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    served = next((one for one in SERVED if (one.group, one.version, one.plural) == (group, version, rest[0])), None)
    if served is None or len(rest) > 3 or (namespace and not served.is_namespaced):
        raise no_such_path()
    padded = [*rest[1:], "", ""]
    if padded[0] and served.is_namespaced and not namespace:
        raise no_such_path()
    return Place(served, namespace, padded[0], padded[1])
