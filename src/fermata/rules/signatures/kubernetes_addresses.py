"""Addresses that lead astray: what workloads are configured to call, and where gateways send which path.

Optional parts of a system are often configured though they are not installed: an address that names nothing is a fault
only when its workload says so in its log, or when it is nearly the name of a service that the workload does not call
otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.databases import list_database_troubles
from fermata.rules.signatures.kubernetes_complaints import FailedCall, list_failed_calls
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.kubernetes_services import find_protocol_mismatches, list_doors, list_offered
from fermata.rules.signatures.routes import Route, list_routes
from fermata.rules.signatures.tls import find_missing_secrets, list_tls_troubles

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.dependencies import Dependency
    from fermata.rules.kubernetes.objects import KubeObject

_SERVERS = ("Deployment", "StatefulSet", "DaemonSet")
_ENDING = re.compile(r"_?(?:ADDR|ADDRESS|HOST|HOSTNAME|URL|URI|ENDPOINT|SERVER|TARGET)$", re.IGNORECASE)
_SHORT = 3
"""Letters that are too few for a likeness to mean anything."""
_LONG_DOMAIN = 4
"""Letters of a top-level domain that is still taken for one; longer ones are rare in configuration."""


def _find_addresses(cluster: Cluster) -> Iterable[Claim]:
    return cluster.remember(_judge_addresses)


def _judge_addresses(cluster: Cluster) -> tuple[Claim, ...]:
    return tuple(_claim_addresses(cluster))


def _claim_addresses(cluster: Cluster) -> Iterator[Claim]:
    for call in cluster.dependencies():
        failed = _list_failed(cluster, call)
        fault = _judge_unknown(cluster, call, failed) if call.service is None else _judge_port(cluster, call)
        if fault:
            where = f"{call.host}:{call.port}" if call.port is not None else call.host
            name = f" in {call.key}" if call.key else ""
            yield Claim(
                cause="service_env_var_address_mismatch",
                subject=call.caller.entity,
                text=f"{call.caller.name} calls {where}{name}, {fault}.",
                confidence=0.95 if failed else 0.8,
                quotes=cite_first(call.where, *(item.complaint.quote for item in failed[:1])),
                explains=explain(cluster, call.caller),
                person_must=f"Correct {call.key or 'the address'} of {call.caller.name}.",
            )


def _list_failed(cluster: Cluster, call: Dependency) -> list[FailedCall]:
    return [
        item
        for item in list_failed_calls(cluster)
        if item.caller is call.caller and item.host in (call.host, call.service.name if call.service else "")
    ]


def _judge_unknown(cluster: Cluster, call: Dependency, failed: Sequence[FailedCall]) -> str:
    """Return what is wrong with an address that names no service; empty when nothing is."""
    name, _, rest = call.host.partition(".")
    if rest and not _is_inside(cluster, call, name, rest):
        return ""
    if not cluster.has_list("Service", call.caller.namespace) or _is_workload(cluster, call):
        return ""
    elsewhere = cluster.find("Service", name)
    if elsewhere is not None:
        return f"but the service {name} is in the namespace {elsewhere.namespace}"
    missed = _list_missed(cluster, call, name)
    if failed and not missed:
        return "which is the name of no service"
    return f"which is the name of no service; {missed[0]} is one" if missed else ""


def _is_inside(cluster: Cluster, call: Dependency, name: str, rest: str) -> bool:
    """Answer whether a name of several parts is one of the cluster: with a namespace, known or not."""
    space, _, end = rest.partition(".")
    if end.startswith("svc") or space in cluster.namespaces:
        return True
    # A service's name and one more part that is no top-level domain, which are short and have no hyphen.
    known = cluster.find("Service", name, call.caller.namespace) is not None
    return known and not end and (len(space) > _LONG_DOMAIN or "-" in space)


def _is_workload(cluster: Cluster, call: Dependency) -> bool:
    """Answer whether the host is what a workload is called: then it is a service that is missing."""
    return any(cluster.find(kind, call.host, call.caller.namespace) is not None for kind in _SERVERS)


def _list_missed(cluster: Cluster, call: Dependency, host: str) -> list[str]:
    """Return the services that a workload does not call otherwise, named nearly like the host or the variable."""
    called = {item.service.name for item in cluster.callees(call.caller) if item.service is not None}
    services = [item for item in cluster.list("Service", call.caller.namespace) if item.name not in called]
    key = _squash(_ENDING.sub("", call.key))
    near = [
        item.name
        for item in services
        if item.name != call.caller.name and (_is_near(item.name, host) or _is_called(_squash(item.name), key))
    ]
    fitting = [item.name for item in services if item.name in near and call.port in list_offered(item)]
    return fitting or near


def _squash(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _is_called(service: str, key: str) -> bool:
    """Answer whether a variable is called after a service, as CATALOG_SERVICE_ADDR after catalog or catalogservice."""
    bare = key.removesuffix("service").removesuffix("svc")
    return len(key) > _SHORT and (service == key or (len(bare) > _SHORT and service.startswith(bare)))


def _is_near(one: str, other: str) -> bool:
    """Answer whether a name is another with one part added or left out, or with one or two letters changed."""
    short, long = sorted((one, other), key=len)
    if long.startswith(short) or long.endswith(short):
        return len(short) > _SHORT
    if len(long) - len(short) > 2 or len(short) <= _SHORT + 1:
        return False
    # Letters that do not stand where they should, from both ends: enough for what fingers and editors do.
    head = _count_equal(short, long)
    tail = min(_count_equal(short[::-1], long[::-1]), len(short) - head)
    return len(long) - head - tail <= 2


def _count_equal(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _judge_port(cluster: Cluster, call: Dependency) -> str:
    """Return what is wrong with the port of an address that names a service; empty when nothing is."""
    service = call.service
    if service is None or call.port is None:
        return ""
    offered = list_offered(service)
    if not offered or call.port in offered:
        return ""
    pods = cluster.pods_selected_by(service)
    asked = {item.port for item in cluster.dependencies() if item.service is service and item.caller is not call.caller}
    if call.port in {door.number for pod in pods[:1] for door in list_doors(pod)} and not asked & offered:
        # The one who listens and the one who calls agree; the service is between them.
        is_headless = (service.printed.get("CLUSTER-IP") or service.get("spec", "clusterIP")) == "None"
        return "" if is_headless or len(asked - {None}) <= 1 else f"and the service offers {_join(offered)} only"
    return f"and the service {service.name} offers {_join(offered)} only"


def _join(ports: Iterable[int]) -> str:
    return ", ".join(str(port) for port in sorted(ports))


def _find_unserved(cluster: Cluster) -> Iterable[Claim]:
    for call in cluster.dependencies():
        if call.service is not None or not cluster.is_absent("Service", call.host, call.caller.namespace):
            continue
        workload = next(
            (found for kind in _SERVERS if (found := cluster.find(kind, call.host, call.caller.namespace))), None
        )
        if workload is None or cluster.services_for(workload) or not cluster.pods_of(workload):
            continue
        failed = _list_failed(cluster, call)
        yield Claim(
            cause="missing_service",
            subject=workload.entity,
            text=f"{call.caller.name} calls {call.host}, which runs, but no service leads to it.",
            confidence=0.9 if failed else 0.7,
            quotes=cite_first(
                call.where,
                *(item.complaint.quote for item in failed[:1]),
                cluster.quote_missing("Service", workload.namespace, name=workload.name),
            ),
            explains=explain(cluster, call.caller) | {workload.ref},
            person_must=f"Create the service {call.host} again.",
        )


# Gateways


def _find_misroutes(cluster: Cluster) -> Iterable[Claim]:
    return cluster.remember(_judge_routes)


def _judge_routes(cluster: Cluster) -> tuple[Claim, ...]:
    return tuple(_claim_misroutes(cluster))


def _claim_misroutes(cluster: Cluster) -> Iterator[Claim]:
    routes = list_routes(cluster)
    names = _list_backends(cluster, routes)
    routed = Counter(route.host for route in routes)
    affixes = _find_affixes(names)
    stems = {name: _stem(name, affixes) for name in names}
    for route in routes:
        words = _list_words(route, affixes)
        host = route.host.partition(".")[0] if ".svc" in route.host else route.host
        stem = stems.get(host, _stem(host, affixes))
        if stem in words or "." in host or (host in stems and routed[route.host] == 1):
            continue
        # Who is meant has no route of its own, or the route itself has its name.
        own = _stem(route.name, affixes) if route.name else ""
        meant = [name for name in names if stems[name] in words and (name not in routed or stems[name] == own)]
        if len(meant) != 1:
            continue
        seen = _quote_misses(cluster, route)
        if seen or not any(_fits(stem, word) for word in words):
            yield _claim_misroute(cluster, route, meant[0], seen=seen)


def _list_backends(cluster: Cluster, routes: Sequence[Route]) -> list[str]:
    """Return what can be routed to where routes are declared: services, and workloads, which registries know too."""
    found: dict[str, None] = {}
    for space in sorted({route.owner.namespace for route in routes}):
        for kind in ("Service", *_SERVERS):
            found.update(dict.fromkeys(item.name for item in cluster.list(kind, space)))
    return list(found)


def _find_affixes(names: Sequence[str]) -> frozenset[str]:
    """Return the first and last parts that at least a third of the names share, as in `ts-travel-service`."""
    parts = [name.split("-") for name in names if "-" in name]
    ends = Counter(end for part in parts for end in {part[0], part[-1]})
    return frozenset(end for end, count in ends.items() if count > 2 and count * 3 >= len(names)) | {"service", "svc"}


def _stem(name: str, affixes: frozenset[str]) -> str:
    return "".join(part for part in name.lower().split("-") if part not in affixes) or name.lower()


def _list_words(route: Route, affixes: frozenset[str]) -> frozenset[str]:
    """Return what a route calls what it leads to: its name and the parts of its path, without common endings."""
    found = {_stem(route.name, affixes)} if route.name else set()
    for part in route.path.lower().split("/"):
        word = re.sub(r"[^a-z0-9]", "", part)
        for affix in affixes:
            word = word.removesuffix(affix) or word
        if len(word) > 2 and word != "api":
            found.add(word)
            found.add(word.removesuffix("s"))
    return frozenset(found)


def _fits(stem: str, word: str) -> bool:
    return stem in word or word in stem or stem.removesuffix("s") in word


def _claim_misroute(cluster: Cluster, route: Route, meant: str, *, seen: tuple[Quote, ...]) -> Claim:
    space = route.owner.namespace
    kinds = ("Service", *_SERVERS)
    target = next((found for kind in kinds if (found := cluster.find(kind, meant, space))), route.owner)
    gateways = [item for item in cluster.workloads if item.namespace == space and _mounts(item, route.owner)]
    refs = [explain(cluster, gateway) for gateway in gateways]
    path = _shorten(route)
    return Claim(
        cause="gateway_misroute",
        subject=target.entity,
        text=f"Requests for {path} go to {route.host} instead of {meant}.",
        confidence=0.95 if seen else 0.85,
        quotes=cite_first(cluster.quote(route.owner, route.path), seen),
        explains=frozenset({target.ref, route.owner.ref}).union(*refs),
        person_must=f"Correct the route for {path} in {route.owner.name}.",
    )


def _shorten(route: Route) -> str:
    return route.path.rstrip("*").rstrip("/")


def _mounts(workload: KubeObject, config: KubeObject) -> bool:
    # A gateway's files are named after it more often than not; its volumes would cost a look at each workload.
    return config.name.startswith(workload.name) or workload.name in config.name


def _quote_misses(cluster: Cluster, route: Route) -> tuple[Quote, ...]:
    """Return a notice and an access line that say that a route's path is not found."""
    path = _shorten(route)
    if not path:
        return ()
    notices = [notice for notice in cluster.notices if path in notice.text and "404" in notice.text]
    lines = (quote for log in cluster.logs() for quote in log.lines_with(path, limit=1) if " 404 " in quote.text)
    return (*notices[:1], *([line] if (line := next(lines, None)) is not None else []))


def _find_backends(cluster: Cluster) -> Iterator[Claim]:
    for route in list_routes(cluster):
        space = route.owner.namespace
        is_ingress = route.owner.kind == "Ingress"
        service = cluster.find("Service", route.host.partition(".")[0], space)
        if service is None and is_ingress and cluster.is_absent("Service", route.host, space):
            fault = f"{route.host}, and there is no such service"
        elif (
            service is not None
            and route.port is not None
            and list_offered(service)
            and (route.port not in list_offered(service))
        ):
            fault = f"port {route.port} of {route.host}, which offers {_join(list_offered(service))} only"
        else:
            continue
        yield Claim(
            cause="gateway_backend_missing",
            subject=route.owner.entity,
            text=f"{route.owner.name} sends requests for {route.path} to {fault}.",
            confidence=0.9,
            quotes=cite_first(cluster.quote(route.owner, route.host, route.path)),
            explains=frozenset({route.owner.ref} | ({service.ref} if service is not None else set())),
            person_must=f"Correct the backend for {route.path} in {route.owner.name}.",
        )


def list_address_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return what is declared against what is declared elsewhere, as troubles, for those whom nobody complains of yet.

    Each is about who declares it: an address that names nothing, a path that leads to the wrong service, an ingress
    whose certificate is not there, a service and a container that speak different protocols. With them come those who
    go on complaining of a database or a certificate, which objects do not show either.
    """
    finders = (_find_addresses, _find_misroutes, _find_backends, find_missing_secrets, find_protocol_mismatches)
    claims = [claim for find in finders for claim in find(cluster)]
    declared = [Trouble(claim.subject.ref, claim.text, claim.quotes[0]) for claim in claims if claim.quotes]
    return (*declared, *list_database_troubles(cluster), *list_tls_troubles(cluster))


_SOURCES = (EvidenceKind.OBJECTS, EvidenceKind.LOGS)
SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="service_env_var_address_mismatch",
        title="A workload is configured to call an address that leads nowhere",
        looks_at=_SOURCES,
        ruled_out_by="The host is outside the cluster, nobody complains and no service has nearly its name, or it is a "
        "workload whose service is missing.",
        confidence_note="0.95 when the workload's log says that calls to it fail, 0.8 otherwise.",
        action=describe_action("service_env_var_address_mismatch", "Correct the workload's configuration."),
        specificity=Specificity.ORIGIN,
        find=_find_addresses,
    ),
    Signature(
        id="missing_service",
        title="A workload that others call has no service",
        looks_at=_SOURCES,
        ruled_out_by="A service of any name selects it, or it has no pods.",
        confidence_note="0.9 when a caller's log says that calls to it fail, 0.7 otherwise.",
        action="none: a person must create the service again",
        specificity=Specificity.RELATION,
        find=_find_unserved,
    ),
    Signature(
        id="gateway_misroute",
        title="A gateway sends the requests for one service to another",
        looks_at=_SOURCES,
        ruled_out_by="The path or the route's name fits the backend, the backend has no other route, or no service or "
        "more than one is named as the path is.",
        confidence_note="0.95 when requests for the path are answered with 404, 0.85 otherwise.",
        action="none: a person must correct the route",
        specificity=Specificity.ORIGIN,
        find=_find_misroutes,
    ),
    Signature(
        id="gateway_backend_missing",
        title="A gateway sends requests to a service or a port that does not exist",
        looks_at=_SOURCES,
        ruled_out_by="The service exists and offers the port, or which services exist is not known.",
        confidence_note="0.9: both declarations are there to be compared.",
        action="none: a person must correct the backend",
        specificity=Specificity.ORIGIN,
        find=_find_backends,
    ),
)
"""The catalogue's part about configured addresses and routes."""
