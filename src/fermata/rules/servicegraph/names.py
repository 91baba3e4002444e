"""Names of services as sources spell them, brought to one form.

Conservatively: two services made one are worse than one service drawn twice. What looks alike is named and kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_SPACES = re.compile(r"[\s_]+")
# Between digits it tells numbers apart: `shard-1-2` is not `shard-12`.
_SEPARATORS = re.compile(r"(?<!\d)[-.]|[-.](?!\d)")
_TAILS = ("service", "svc", "server", "srv")
# `$(set)-$(ordinal).$(service)`, as a stateful set gives each of its pods a name in DNS.
_POD = re.compile(r"([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-\d{1,5}\.(([a-z0-9-]+)(?:\..+)?)")
_ADDRESS = re.compile(r"[\d.]+|[0-9a-f]*:[0-9a-f:.]+")
# Domains that no registry of the world's gives out: RFC 6762 and 8375, ICANN's resolution on `internal`, and Consul's.
_PRIVATE = frozenset(
    {"internal", "local", "localdomain", "lan", "intranet", "private", "corp", "home", "arpa", "consul"}
)
# Generic ones that nobody calls a namespace; those of countries have two letters.
_WORLD = frozenset({"com", "net", "org", "edu", "gov", "mil", "biz", "info"})
_COUNTRY = 2


def clean_name(name: str) -> str:
    """Return a name in lower case with hyphens for spaces and underscores; the domain of a cluster is taken off."""
    text = _SPACES.sub("-", name.strip().lower()).rstrip(".")
    for tail in (".svc.cluster.local", ".cluster.local", ".svc"):
        text = text.removesuffix(tail)
    return text


def fold_name(name: str) -> str:
    """Return a name without separators, by which `cart-service` and `cartservice` are one."""
    return _SEPARATORS.sub("", clean_name(name))


def strip_tail(name: str) -> str:
    """Return a folded name without the word that says that it is a service: equal ones look alike, no more."""
    folded = fold_name(name)
    for tail in _TAILS:
        if folded.endswith(tail) and len(folded) > len(tail):
            return folded.removesuffix(tail)
    return folded


def is_address(host: str) -> bool:
    """Answer whether a host is an IP address, which names nothing."""
    return _ADDRESS.fullmatch(host) is not None


def is_world_host(host: str) -> bool:
    """Answer whether a host is, by its domain, somebody's out in the world: `api.stripe.com`, `hooks.example.io`.

    What has two labels may be a service with its namespace (`cart.shop`); three are a namespace with more only where
    the cluster's `svc` follows it, or where the domain is one for private use.
    """
    name = strip_pod(host).rstrip(".")
    labels = name.split(".")
    top = labels[-1]
    # `com.shop.orders` is a program's own name, written the other way round.
    if len(labels) == 1 or is_address(name) or top in _PRIVATE or "svc" in labels[1:] or labels[0] in _WORLD:
        return False
    return len(labels) > 2 or top in _WORLD or len(top) == _COUNTRY


def strip_pod(host: str) -> str:
    """Return a host in lower case without the pod of a stateful set before it: `kafka-0.kafka` is one of `kafka`.

    The set and its service have names that begin alike; any other host is left as it is.
    """
    plain = host.strip().lower()
    match = _POD.fullmatch(plain)
    if match is None or not (match[1].startswith(match[3]) or match[3].startswith(match[1])):
        return plain
    return match[2]


def find_service_host(
    host: str, known: Collection[str], *, namespace: str = "", namespaces: Collection[str] = ()
) -> str | None:
    """Return which of the known names a host name leads to inside a cluster; `None` for any other.

    `cart`, `cart.shop`, `cart.shop.svc`, `cart.shop.svc.cluster.local` and `mongo-0.mongo.shop` are read; a name that
    two namespaces have is known as `cart.shop`.

    Args:
        known: Names of services in the same place.
        namespace: Of who asks: a bare name is looked for there first.
        namespaces: All that are known. Another word there (`cart.com`) is a domain of the world's.
    """
    plain = _SPACES.sub("-", host.strip().lower()).rstrip(".")
    clean = clean_name(host)
    parts = clean.split(".")
    tries = [clean]
    if len(parts) == 1:
        tries.insert(0, f"{clean}.{namespace}")
    elif len(parts) <= 3 and (clean != plain or parts[-1] in namespaces or parts[-1] == "default"):
        # The pods of a headless service have names before the service's.
        tries += [".".join(parts[-2:]), parts[-2]]
    found = next((name for name in tries if name in known), None)
    pods = strip_pod(plain)
    if found is not None or pods == plain:
        return found
    return find_service_host(pods, known, namespace=namespace, namespaces=namespaces)
