"""Which path a gateway sends where: read from ingresses and from the configuration files of gateways.

The files are those of Spring Cloud Gateway, nginx, Traefik, Envoy and Istio's virtual services; each is read line by
line for paths and for the backends that follow or precede them, since a whole parser for each would know no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fermata.rules.kubernetes.objects import maps_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_WORTH = ("uri:", "proxy_pass", "prefix:", "PathPrefix(", "location ")
"""What a file holds that routes requests; other config maps are not read."""
_ROUTE_ID = re.compile(r"^\s*-?\s*id:\s*[\"']?([\w.-]+)")
_URI = re.compile(
    r"^\s*-?\s*(?:uri|url|proxy_pass|host|cluster):?\s+[\"']?(?:(?:lb|https?|ws|grpc)://)?"
    r"((?:\$\{[^}]*\})?[^\s\"';{]*)"
)
_PATH = re.compile(
    r"^\s*-?\s*(?:Path=|path:\s*|prefix:\s*|location\s+(?:[=~^*]+\s+)?|.*PathPrefix\(`)[\"']?(/[^\s\"'`;{]*)"
)
_PLACEHOLDER = re.compile(r"^\$\{([^:}]+)(?::-?([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """Requests for a path go to a host."""

    owner: KubeObject
    """What declares it: an ingress or a config map."""
    path: str
    host: str
    """Without scheme, port and placeholders."""
    port: int | None
    name: str = ""
    """The route's own name, where it has one."""


def list_routes(cluster: Cluster) -> tuple[Route, ...]:
    """Return the routes of all ingresses and of the gateways' files, in the order they are written."""
    return cluster.remember(_gather_routes)


def _gather_routes(cluster: Cluster) -> tuple[Route, ...]:
    found = [route for ingress in cluster.list("Ingress") for route in _read_ingress(ingress)]
    for config in cluster.list("ConfigMap"):
        for text in config.get_map("data").values():
            if isinstance(text, str) and any(word in text for word in _WORTH):
                found += _read_file(config, text)
    return tuple(found)


def _read_ingress(ingress: KubeObject) -> Iterator[Route]:
    for rule in ingress.get_maps("spec", "rules"):
        http = rule.get("http")
        for path in maps_of(http.get("paths")) if isinstance(http, dict) else []:
            backend = path.get("backend")
            name, port = _read_backend(backend if isinstance(backend, dict) else {})
            if name:
                yield Route(ingress, str(path.get("path") or "/"), name, port)


def _read_backend(backend: Mapping[str, Any]) -> tuple[str, int | None]:
    service = backend.get("service")
    if isinstance(service, dict):
        port = service.get("port")
        number = port.get("number") if isinstance(port, dict) else None
        return str(service.get("name") or ""), number if isinstance(number, int) else None
    port = backend.get("servicePort")  # networking.k8s.io/v1beta1, which old clusters still answer with.
    return str(backend.get("serviceName") or ""), port if isinstance(port, int) else None


@dataclass(slots=True)
class _Draft:
    name: str = ""
    path: str = ""
    target: str = ""


def _read_file(config: KubeObject, text: str) -> Iterator[Route]:
    """Yield the routes of a file: a new one begins where the draft already has what the next line brings."""
    draft = _Draft()
    if "proxy_pass" in text:
        text = text.replace("{", "{\n").replace(";", ";\n")  # Blocks on one line are blocks, too.
    for line in text.split("\n"):
        for field, pattern in (("name", _ROUTE_ID), ("path", _PATH), ("target", _URI)):
            match = pattern.match(line)
            if match is None:
                continue
            if getattr(draft, field):
                yield from _finish(config, draft)
                draft = _Draft()
            setattr(draft, field, match[1])
            break
    yield from _finish(config, draft)


def _finish(config: KubeObject, draft: _Draft) -> Iterator[Route]:
    if not draft.path or not draft.target:
        return
    match = _PLACEHOLDER.match(draft.target)
    target = (match[2] or "") + draft.target[match.end() :] if match is not None else draft.target
    host, _, rest = target.partition("/")[0].partition(":")
    port = re.match(r"\d+", rest)
    if host and not host.startswith("$"):
        yield Route(config, draft.path, host, int(port[0]) if port is not None else None, draft.name)
