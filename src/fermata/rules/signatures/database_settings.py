"""Settings of database clients that nobody may read: what the sizes of secrets tell.

Kubernetes shows of a secret only its keys and the length of each value. Where many workloads have a secret of the same
shape for the same database, one that is longer or shorter than all others in one key, and whose workload fails, is
as telling as the value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fermata.rules.kubernetes.kubectl.describe_config import read_sizes
from fermata.rules.kubernetes.objects import maps_of

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

ENGINES = {
    "mysql": re.compile(r"mysql|mariadb|percona", re.IGNORECASE),
    "postgresql": re.compile(r"postgres|pgsql|psql|timescale|(?<![a-z])pg(?![a-z])", re.IGNORECASE),
    "mongodb": re.compile(r"mongo", re.IGNORECASE),
    "redis": re.compile(r"redis|valkey|keydb", re.IGNORECASE),
}
"""How names of images, workloads and variables give a database engine away."""
_ROLES = (
    ("password", re.compile(r"(?:PASSWORD|PASSWD|PASS|PWD|SECRET)$", re.IGNORECASE)),
    ("user", re.compile(r"(?:USER|USERNAME|LOGIN)$", re.IGNORECASE)),
    ("port", re.compile(r"PORT$", re.IGNORECASE)),
    ("host", re.compile(r"(?:HOST|HOSTNAME|ADDR|ADDRESS|SERVER|ENDPOINT)$", re.IGNORECASE)),
    ("database", re.compile(r"(?:DATABASE|DBNAME|DB_NAME|DB|SCHEMA)$", re.IGNORECASE)),
)
_SIBLINGS = 3
"""Secrets that have to agree before one that differs means anything: two may differ by choice."""


@dataclass(frozen=True, slots=True)
class OddSetting:
    """The one setting of a client whose length is like no other client's."""

    workload: KubeObject
    secret: KubeObject
    key: str
    role: str
    """password, user, port, host or database."""
    engine: str
    """As `ENGINES` names it; empty when nothing tells."""
    length: str
    usual: str
    """The length that all the others have, such as `4 bytes`."""


def name_engine(text: str) -> str:
    """Return the database engine that a text gives away, as `ENGINES` names it; empty when none."""
    return next((engine for engine, pattern in ENGINES.items() if pattern.search(text)), "")


def find_odd_setting(cluster: Cluster, workload: KubeObject) -> OddSetting | None:
    """Return the only key of a workload's secrets whose length differs from that of all secrets of the same shape."""
    for name in dict.fromkeys(_list_secrets(cluster, workload)):
        secret = cluster.find("Secret", name, workload.namespace)
        own = _read_roles(secret) if secret is not None else {}
        if secret is None or "password" not in own or len(own) < _SIBLINGS:
            continue
        shapes = cluster.remember(_group_secrets)
        others = [roles for other, roles in shapes if other is not secret and roles.keys() == own.keys()]
        odd = [role for role in own if _is_odd(role, own, others)]
        if len(others) >= _SIBLINGS and len(odd) == 1:
            key, length = own[odd[0]]
            usual = others[0][odd[0]][1]
            return OddSetting(workload, secret, key, odd[0], name_engine(key + name), length, usual)
    return None


def read_host_length(cluster: Cluster, workload: KubeObject) -> int | None:
    """Return how long the name of the database's host is in a workload's secrets; `None` when none tells."""
    for name in dict.fromkeys(_list_secrets(cluster, workload)):
        secret = cluster.find("Secret", name, workload.namespace)
        roles = _read_roles(secret) if secret is not None else {}
        length = roles.get("host", ("", ""))[1].partition(" ")[0]
        if "password" in roles and length.isdigit():
            return int(length)
    return None


def _is_odd(role: str, own: Mapping[str, tuple[str, str]], others: list[Mapping[str, tuple[str, str]]]) -> bool:
    lengths = Counter(roles[role][1] for roles in others)
    return len(lengths) == 1 and own[role][1] not in lengths


def _group_secrets(cluster: Cluster) -> list[tuple[KubeObject, Mapping[str, tuple[str, str]]]]:
    shaped = ((secret, _read_roles(secret)) for secret in cluster.list("Secret"))
    return [(secret, roles) for secret, roles in shaped if "password" in roles]


def _read_roles(secret: KubeObject) -> dict[str, tuple[str, str]]:
    """Return key and length by role; a secret with two keys of one role is not of the simple shape that is compared."""
    found: dict[str, tuple[str, str]] = {}
    # A description tells all that is needed, and is read faster than the whole secret.
    sizes = read_sizes(secret.description) or secret.get_map("data")
    for key, length in sizes.items():
        role = _name_role(str(key))
        if role:
            found[role] = (str(key), str(length))
    return found


@lru_cache(maxsize=1024)
def _name_role(key: str) -> str:
    """Return what a secret's key is for; empty when it does not tell. Dozens of secrets have the same few keys."""
    return next((role for role, pattern in _ROLES if pattern.search(key)), "")


def _list_secrets(cluster: Cluster, workload: KubeObject) -> Iterator[str]:
    sources = (*cluster.pods_of(workload)[:1], workload)
    for container in (container for source in sources for container in source.containers):
        for item in maps_of(container.get("envFrom")):
            reference = item.get("secretRef")
            if isinstance(reference, Mapping):
                yield str(reference.get("name"))
        for item in maps_of(container.get("env")):
            value = item.get("valueFrom")
            reference = value.get("secretKeyRef") if isinstance(value, Mapping) else None
            if isinstance(reference, Mapping):
                yield str(reference.get("name"))
