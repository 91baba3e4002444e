"""Prometheus, Alertmanager, Loki and Grafana on this machine: each asked who it is, by a path that needs no login.

Only addresses of this machine are asked (from within a pod also the usual ones of its cluster), and only with GET: a
port says nothing about who listens there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from fermata.flows.setup.surroundings import Surroundings
from fermata.rules.setup.findings import Found

INTAKE = "/v1/alerts/alertmanager"
"""What an Alertmanager's configuration holds once it sends to a Fermata."""
_IN_CLUSTER = (
    ("prometheus", "http://prometheus-operated.monitoring.svc:9090"),
    ("prometheus", "http://prometheus-server.monitoring.svc:80"),
    ("prometheus", "http://prometheus-k8s.monitoring.svc:9090"),
    ("alertmanager", "http://alertmanager-operated.monitoring.svc:9093"),
    ("alertmanager", "http://alertmanager-main.monitoring.svc:9093"),
    ("loki", "http://loki.monitoring.svc:3100"),
    ("loki", "http://loki-gateway.monitoring.svc:80"),
)
"""Where the usual charts and the operator put them, for a pod in the cluster (kube-prometheus, the charts `prometheus`,
`kube-prometheus-stack` and `loki`)."""
_TIMEOUT_S = 2.0
_LARGEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be one of them."""

    system: str
    url: str
    container: str = ""
    """The container it is in, if it is in one."""

    @property
    def place(self) -> str:
        """Return where it is, in words."""
        return f"{self.url}, the container {self.container}" if self.container else self.url


@dataclass(frozen=True, slots=True)
class _Kind:
    path: str
    describe: Callable[[Candidate, Mapping[str, Any]], Found | None]


async def find_servers(surroundings: Surroundings, others: Iterable[Candidate] = ()) -> list[Found]:
    """Return those that answer as what they are thought to be, each system at most once; the first one wins.

    Args:
        others: Addresses that something else told of, such as published ports of containers. They come first.
    """
    usual = [Candidate(system, f"http://127.0.0.1:{port}") for system, port in surroundings.ports]
    inside = [Candidate(system, url) for system, url in _IN_CLUSTER] if surroundings.service_account else []
    candidates = [*others, *inside, *usual]
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False) as http:
        asked = await asyncio.gather(*(_ask(http, candidate) for candidate in candidates))
        found: dict[str, Found] = {}
        for one in asked:
            if one is not None:
                found.setdefault(one.system, one)
    return list(found.values())


async def _ask(http: httpx2.AsyncClient, candidate: Candidate) -> Found | None:
    kind = _KINDS[candidate.system]
    try:
        async with asyncio.timeout(_TIMEOUT_S), http.stream("GET", candidate.url + kind.path) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_BYTES:
                    return None
        if answer.status_code in {401, 403}:
            return _describe_locked(candidate)
        said = json.loads(body) if answer.status_code == 200 else None
    except (httpx2.HTTPError, TimeoutError, ValueError):
        return None
    return kind.describe(candidate, said) if isinstance(said, Mapping) else None


def _describe_locked(candidate: Candidate) -> Found | None:
    """Prometheus and Loki may ask for a login; who else listens there may, too, so that it is only told."""
    if candidate.system not in {"prometheus", "loki"}:
        return None
    problem = "it asks for a login: set its token, or username and password, by env: or file:"
    return Found(candidate.system, f"{candidate.system.capitalize()} perhaps, at {candidate.url}", problem=problem)


def _describe_prometheus(candidate: Candidate, said: Mapping[str, Any]) -> Found | None:
    data = said.get("data")
    if said.get("status") != "success" or not isinstance(data, Mapping) or "goVersion" not in data:
        return None
    detail = _say_version(data)
    return Found("prometheus", f"Prometheus at {candidate.place}", detail=detail, section={"url": candidate.url})


def _describe_alertmanager(candidate: Candidate, said: Mapping[str, Any]) -> Found | None:
    version = said.get("versionInfo")
    if not isinstance(version, Mapping) or "cluster" not in said:
        return None
    config = said.get("config")
    original = str(config.get("original") or "") if isinstance(config, Mapping) else ""
    title = f"Alertmanager at {candidate.place}; it sends, and nothing is asked of it"
    if INTAKE in original:
        return Found("alertmanager", title, detail=f"{_say_version(version)}, sends to Fermata already", is_wired=True)
    return Found("alertmanager", title, detail=_say_version(version))


def _describe_loki(candidate: Candidate, said: Mapping[str, Any]) -> Found | None:
    if "goVersion" not in said or "version" not in said:
        return None
    section = {"url": candidate.url}
    return Found("loki", f"Loki at {candidate.place}", detail=_say_version(said), section=section)


def _describe_grafana(candidate: Candidate, said: Mapping[str, Any]) -> Found | None:
    if said.get("database") != "ok" or "version" not in said:
        return None
    step = "In Grafana: Alerting, Contact points, Webhook (docs/systems/grafana.md)"
    return Found("grafana", f"Grafana at {candidate.place}", detail=_say_version(said), next_steps=(step,))


def _say_version(said: Mapping[str, Any]) -> str:
    return f"version {said.get('version') or 'unknown'}"


_KINDS: Mapping[str, _Kind] = {
    "prometheus": _Kind("/api/v1/status/buildinfo", _describe_prometheus),
    "alertmanager": _Kind("/api/v2/status", _describe_alertmanager),
    "loki": _Kind("/loki/api/v1/status/buildinfo", _describe_loki),
    "grafana": _Kind("/api/health", _describe_grafana),
}


def find_candidate(image: str, host: str, port: int, container: str) -> Candidate | None:
    """Return the address behind a container's published port, when its image is one of them."""
    name = urlsplit(f"//{image}").path.rpartition("/")[2] or image
    name = name.partition(":")[0].partition("@")[0].lower()
    system = next((system for system in _KINDS if name == system or name.startswith(f"{system}-")), None)
    if system is None:
        return None
    own = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return Candidate(system, f"http://{f'[{own}]' if ':' in own else own}:{port}", container)
