"""Which workloads run a database, which one a client means, and who complains of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.kubernetes.dependencies import find_service
from fermata.rules.signatures.database_settings import name_engine, read_host_length
from fermata.rules.signatures.kubernetes_complaints import Complaint, find_complaints, keep_standing, read_address
from fermata.rules.signatures.strangers import Stranger, list_strangers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject
    from fermata.rules.signatures.database_words import Wording

_TAILS = frozenset({"db", "database", "primary", "master", "leader", "replica", "secondary", "standby", "slave"})
_ORDINAL = re.compile(r"(?<=[A-Za-z])[-_.]?\d{1,2}$")
"""What numbers one host of several behind the name of what runs there."""


@dataclass(frozen=True, slots=True)
class Client:
    """A workload that complains of a database."""

    workload: KubeObject
    complaint: Complaint
    engine: str
    """As `database_settings.ENGINES` names it; empty when nothing tells."""


ANY_ENGINE = "database"
"""What is called a database by its name, which does not tell of which engine."""


def list_databases(cluster: Cluster) -> Sequence[KubeObject]:
    """Return the workloads that run a database, by the names of their images or their own."""
    return cluster.remember(_find_databases)


def _find_databases(cluster: Cluster) -> list[KubeObject]:
    kinds = ("StatefulSet", "Deployment")
    known = [item for kind in kinds for item in cluster.workloads if item.kind == kind]
    strangers = list_strangers(cluster).values()
    found = [item for item in (*known, *strangers) if engine_of(item)]
    return [*found, *(item for item in strangers if item not in found and is_store(item.name))]


_STORES = re.compile(
    r"(?:elasticsearch|opensearch|memcached?|rabbitmq|kafka|nats(?:-server)?|minio)(?:[-_.]?\d{1,3})?", re.IGNORECASE
)
"""Names of logs, which are a program's; in a cluster, exporters, operators and clients have such names too."""


def is_store(name: str) -> bool:
    """Answer whether a log is called like a store or a broker whose engine no settings of clients give away."""
    return _STORES.fullmatch(name) is not None


_PORTS = {3306: "mysql", 5432: "postgresql", 27017: "mongodb", 6379: "redis"}
"""Where servers listen unless they are told otherwise (IANA's registry; Redis' and MongoDB's manuals)."""


def find_listener(cluster: Cluster, port: int) -> KubeObject | None:
    """Return the only database whose log is known that listens at such a port; `None` where several do, or none."""
    engine = _PORTS.get(port)
    named = [item for item in list_databases(cluster) if engine_of(item) in (engine, ANY_ENGINE)]
    return named[0] if engine is not None and len(named) == 1 else None


def engine_of(workload: KubeObject) -> str:
    """Return the database engine that a workload runs, as `ENGINES` names it; empty when it is no database."""
    images = workload.printed.get("IMAGES")
    if images is None and workload.get("spec", "template") is not None:
        images = " ".join(str(container.get("image", "")) for container in workload.containers)
    if images is None:
        # An exporter or a client may well carry an engine's name: a name alone has to end with it.
        name = _ORDINAL.sub("", workload.name) if isinstance(workload, Stranger) else workload.name
        tail = name.rpartition("-")[2]
        if name_engine(tail) or tail in _TAILS:
            return name_engine(workload.name) or (ANY_ENGINE if tail in ("db", "database") else "")
        return ""
    bases = (image.rpartition("/")[2] for image in images.replace(",", " ").split())
    engines = (name_engine(base) for base in bases if "exporter" not in base)
    return next(filter(None, engines), "")


def find_database(cluster: Cluster, client: KubeObject, engine: str, line: str = "") -> KubeObject | None:
    """Return the database that a client means: the one its line names, else configuration, else the only one."""
    databases = [
        item for item in list_databases(cluster) if engine in ("", engine_of(item)) or engine_of(item) == ANY_ENGINE
    ]
    address = read_address(line)
    named = find_service(cluster, address[0], client.namespace) if address is not None else None
    services = [named] if named is not None else [call.service for call in cluster.callees(client)]
    for service in services:
        behind = cluster.workloads_selected_by(service) if service is not None else ()
        for item in behind:
            if item in databases:
                return item
    here = [item for item in databases if item.namespace == client.namespace]
    if len(here) > 1:
        length = read_host_length(cluster, client)
        here = [item for item in here if length in _list_lengths(cluster, item)]
    return here[0] if len(here) == 1 else None


def _list_lengths(cluster: Cluster, database: KubeObject) -> set[int]:
    """Return how long the names can be by which a database is called from its own namespace."""
    ends = ("", f".{database.namespace}", f".{database.namespace}.svc", f".{database.namespace}.svc.cluster.local")
    return {len(service.name + end) for service in cluster.services_for(database) for end in ends}


def list_clients(cluster: Cluster, wording: Wording) -> list[Client]:
    """Return who complains in these words, each once, databases left out: they complain of their clients."""
    databases = set(map(id, list_databases(cluster)))
    found: dict[str, Client] = {}
    for complaint in match_wording(cluster, wording):
        if id(complaint.workload) not in databases:
            engine = name_engine(complaint.text)
            known = found.get(complaint.workload.ref)
            if known is None or (engine and not known.engine):
                found[complaint.workload.ref] = Client(complaint.workload, complaint, engine)
    return list(found.values())


def match_wording(cluster: Cluster, wording: Wording) -> Iterator[Complaint]:
    """Yield the complaints in these words, the databases' own included."""
    found = find_complaints(cluster, wording.needles)
    meant = [complaint for complaint in found if not any(word in complaint.text for word in wording.unless)]
    standing = set(keep_standing(cluster, meant))
    yield from (complaint for complaint in meant if complaint in standing or holds_on(wording, complaint))


def holds_on(wording: Wording, complaint: Complaint) -> bool:
    """Answer whether a complaint is of a state that nothing in its log has ended since."""
    text = complaint.log.text
    since = text[text.rfind(complaint.text) + len(complaint.text) :]
    return any(
        begin in complaint.text and not any(_is_ended(since, end, name_node(complaint.text)) for end in ends)
        for begin, ends in wording.lasting
    )


_ON_NODE = re.compile(r"\bnode '?([\w.-]+@[\w.-]*\w)")
"""How RabbitMQ names the node that a line is of, in quotes where Erlang needs them."""


def name_node(line: str) -> str:
    """Return the node of a cluster that a line is of; empty when it names none."""
    found = _ON_NODE.search(line)
    return found[1] if found is not None else ""


def _is_ended(since: str, end: str, node: str) -> bool:
    """Answer whether a line ends what holds on one node: each tells of all nodes, and another's end is not its own."""
    lines = (line for line in since.splitlines() if end in line)
    return any(name_node(line) in ("", node) or not node for line in lines)
