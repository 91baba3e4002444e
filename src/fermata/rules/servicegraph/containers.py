"""Containers of a Docker engine as a partial graph: the services that they are, and the calls that they are told of.

A node is a compose service, whose containers are its replicas; what compose did not start is a node by its own name.
Each is read as the entry of a compose file that it could have come from. Other than in a file, it is known who reaches
whom: a name counts for those alone that are in a network with its bearer.

Sources: Docker Engine API 1.41 to 1.47, "Inspect a container"; docker/compose, `pkg/api/labels.go`; both read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.kit.digging import dig_count, dig_list, dig_map, dig_maps, dig_text
from fermata.rules.servicegraph.compose import add_calls, add_service, mark_background
from fermata.rules.servicegraph.configured import Place, find_named
from fermata.rules.servicegraph.kinds import is_telemetry
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, PartialGraph

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_DEPENDS_ON = "com.docker.compose.depends_on"
_NAMELESS = frozenset({"bridge", "host", "none"})
"""Networks without a name server of their own: what is in them finds others by address and by link."""
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
"""The name of a volume that nobody gave one: it ends with its container."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The containers that are one service. The first one speaks for all."""

    project: str
    service: str
    members: tuple[Mapping[str, Any], ...]

    @property
    def first(self) -> Mapping[str, Any]:
        return self.members[0]

    @property
    def is_on_host(self) -> bool:
        """Answer whether it has the host's own network, and so reaches what any network publishes."""
        return dig_text(self.first, "HostConfig", "NetworkMode") == "host"


@dataclass(frozen=True, slots=True)
class _Name:
    """A name or an address under which one network knows a service."""

    network: str
    text: str
    node: str
    project: str


def read_containers(
    containers: Iterable[Mapping[str, Any]], images: Iterable[Mapping[str, Any]] = (), *, source: str
) -> PartialGraph:
    """Return the graph that containers tell of.

    Args:
        containers: As the engine's API inspects them.
        images: Theirs, alike. What an image brings names no stranger: `REDIS_DOWNLOAD_URL` is where it was built from.
        source: What the engine is called in the settings.
    """
    graph = PartialGraph(source, Basis.LIVE)
    containers = [item for item in containers if _name_of(item)]
    groups = _name_groups(_group(containers))
    nodes = {_name_of(item): name for name, group in groups.items() for item in group.members}
    services = {name: _write_service(group, groups) for name, group in groups.items()}
    brought = {dig_text(image, "Id"): _list_variables(image) for image in images}
    telemetry = {name for name, group in groups.items() if is_telemetry(_find_image(group), group.service)}
    names = [each for name, group in groups.items() for each in _list_names(name, group)]
    joined = {dig_text(item, "Id"): item for item in containers}
    for name, group in groups.items():
        if name not in telemetry:
            # A shell in the container, or a program with such settings, puts the container's variables in.
            add_service(graph, name, services[name], services[name]["environment"])
            node = graph.nodes[name]
            node.namespace = group.project
            node.aliases |= {one for item in group.members if (one := _name_of(item)) != name}
    for name, group in groups.items():
        if name not in telemetry:
            known = _list_known(name, groups, names, _list_networks(group, joined))
            for alias, target in _list_links(group):
                if target in nodes:
                    known[alias] = nodes[target]
            hidden = groups.keys() - set(known.values())
            own = _drop_brought(services[name], brought.get(dig_text(group.first, "Image"), ()), known)
            add_calls(graph, name, own, known, telemetry | hidden, services[name]["environment"])
    if telemetry:
        graph.notes.append(f"telemetry is left out: {', '.join(sorted(telemetry)[:8])}")
    mark_background(graph, services)
    return graph


def _name_of(container: Mapping[str, Any]) -> str:
    return dig_text(container, "Name").removeprefix("/")


def _label(container: Mapping[str, Any], key: str) -> str:
    return dig_text(container, "Config", "Labels", key)


def _list_variables(item: Mapping[str, Any]) -> list[str]:
    return [text for text in dig_list(item, "Config", "Env") if isinstance(text, str)]


def _group(containers: Iterable[Mapping[str, Any]]) -> list[_Group]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in containers:
        service = _label(item, _SERVICE)
        key = (_label(item, _PROJECT), service) if service else ("", _name_of(item))
        found.setdefault(key, []).append(item)
    return [
        _Group(project, service, tuple(sorted(members, key=_is_down))) for (project, service), members in found.items()
    ]


def _is_down(container: Mapping[str, Any]) -> bool:
    return dig_text(container, "State", "Status") != "running"


def _name_groups(groups: Sequence[_Group]) -> dict[str, _Group]:
    """Return the groups by node: the service's name, with its project where two have one of that name."""
    places: dict[str, int] = {}
    for group in groups:
        name = clean_name(group.service)
        places[name] = places.get(name, 0) + 1
    named: dict[str, _Group] = {}
    for group in groups:
        name = clean_name(group.service)
        is_shared = places[name] > 1 and group.project
        named.setdefault(clean_name(f"{name}.{group.project}") if is_shared else name, group)
    return named


def _find_image(group: _Group) -> str:
    """Return the image's name; empty for one without, and for what compose built, which is called like the service."""
    image = dig_text(group.first, "Config", "Image")
    plain = image.partition(":")[0]
    own = {f"{group.project}{sign}{group.service}" for sign in "-_"}
    return "" if image.startswith("sha256:") or (group.project and plain in own) else image


def _write_service(group: _Group, groups: Mapping[str, _Group]) -> dict[str, Any]:
    """Return a service as an entry of a compose file; what it waits for is named by its node."""
    first = group.first
    nodes = {other.service: name for name, other in groups.items() if other.project == group.project}
    variables = (text.partition("=") for text in _list_variables(first))
    waits = (text.split(":") for text in _label(first, _DEPENDS_ON).split(","))
    return {
        "image": _find_image(group),
        "environment": {name: value for name, _, value in variables},
        "command": dig_map(first, "Config").get("Cmd"),
        "entrypoint": dig_map(first, "Config").get("Entrypoint"),
        "deploy": {"replicas": len(group.members)},
        "healthcheck": {"test": dig_list(first, "Config", "Healthcheck", "Test") or ["NONE"]},
        "mem_limit": dig_count(first, "HostConfig", "Memory") or None,
        "volumes": list(_list_volumes(first)),
        "ports": list(dig_map(first, "HostConfig", "PortBindings")),
        "expose": list(dig_map(first, "Config", "ExposedPorts")),
        "depends_on": {nodes[name]: {"condition": "".join(how[:1])} for name, *how in waits if name in nodes},
        "links": [alias for alias, _ in _list_links(group)],
    }


def _drop_brought(service: Mapping[str, Any], brought: Collection[Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry without the variables that its image brings, but for those that name a service."""
    variables = service["environment"]
    same = {name: value for name, value in variables.items() if f"{name}={value}" in brought}
    kept = {each.key for each in find_named(same.items(), Place(known), are_files=True)}
    return {**service, "environment": {name: variables[name] for name in variables if name not in same or name in kept}}


def _list_volumes(container: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for mount in dig_maps(container, "Mounts"):
        source = dig_text(mount, "Name") or dig_text(mount, "Source")
        if mount.get("RW") is not False and _ANONYMOUS.fullmatch(source) is None:
            yield {"type": dig_text(mount, "Type"), "source": source, "target": dig_text(mount, "Destination")}


def _list_names(name: str, group: _Group) -> Iterator[_Name]:
    """Yield all names and addresses of a service, with the network that knows each."""
    for item in group.members:
        for network, endpoint in dig_map(item, "NetworkSettings", "Networks").items():
            texts = [dig_text(endpoint, "IPAddress"), dig_text(endpoint, "GlobalIPv6Address")]
            if network not in _NAMELESS:
                told = (*dig_list(endpoint, "Aliases"), *dig_list(endpoint, "DNSNames"))
                texts += [group.service, _name_of(item), *(text for text in told if isinstance(text, str))]
            yield from (_Name(network, clean_name(text), name, group.project) for text in texts if text)


def _list_networks(group: _Group, joined: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the networks that a service is in; one that shares another container's is where that one is."""
    mode = dig_text(group.first, "HostConfig", "NetworkMode")
    other = joined.get(mode.removeprefix("container:"), group.first)
    return set(dig_map(other, "NetworkSettings", "Networks"))


def _list_known(name: str, groups: Mapping[str, _Group], names: Iterable[_Name], networks: set[str]) -> dict[str, str]:
    """Return host name -> node as one service sees them: its own project's first, where others are called alike."""
    group = groups[name]
    known: dict[str, str] = {}
    near = [each for each in names if each.network in networks]
    for each in sorted(near, key=lambda each: each.project != group.project):
        known.setdefault(each.text, each.node)
    seen = set(known.values())
    for other, its in groups.items():
        # What it waits for is named by its node. What has the host's network is in none with what it waits for.
        is_beside = bool(group.project) and its.project == group.project and (group.is_on_host or its.is_on_host)
        if other in seen or is_beside:
            known.setdefault(other, other)
    return known


def _list_links(group: _Group) -> Iterator[tuple[str, str]]:
    """Yield alias and container of `/shop-db:/shop-web/db`, and of a network's `shop-db:db`."""
    endpoints = dig_map(group.first, "NetworkSettings", "Networks").values()
    told = [
        *dig_list(group.first, "HostConfig", "Links"),
        *(text for one in endpoints for text in dig_list(one, "Links")),
    ]
    for text in told:
        target, sign, alias = str(text).partition(":")
        if sign:
            yield clean_name(alias.rpartition("/")[2]), target.strip("/")
