"""Databases that refuse, and clients that ask wrongly.

One client that fails where its siblings are served has wrong settings of its own; a database that all its clients
complain of is to blame itself. The words are in `database_words`, what sizes of secrets tell in `database_settings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.dependencies import find_service
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures import database_words as words
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.database_clients import (
    Client,
    engine_of,
    find_database,
    holds_on,
    list_clients,
    list_databases,
    match_wording,
)
from fermata.rules.signatures.database_fillers import find_fillers
from fermata.rules.signatures.database_settings import OddSetting, find_odd_setting, name_engine
from fermata.rules.signatures.database_states import STATES, State
from fermata.rules.signatures.database_waits import find_jams, list_jams, list_lock_troubles
from fermata.rules.signatures.kubernetes_complaints import (
    Complaint,
    Failure,
    does_last,
    is_ailing,
    list_failed_calls,
    read_address,
)
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.kubernetes_services import list_offered
from fermata.rules.signatures.said_refusals import match_refusal, note_confidence
from fermata.rules.signatures.strangers import Stranger
from fermata.rules.signatures.workloads import clip, say_plainly

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_MANY = 3
"""Clients that fail alike before the database is suspected rather than the settings of each."""


# Settings of a client


def _list_refused(cluster: Cluster) -> list[Client]:
    return list_clients(cluster, words.CREDENTIALS)


def _list_cut_off(cluster: Cluster) -> list[Client]:
    # Of a service that only its log tells of, nobody knows whether its settings or its database are at fault.
    found = list_clients(cluster, words.UNREACHABLE)
    return [client for client in found if not isinstance(client.workload, Stranger)]


def _find_credentials(cluster: Cluster, *, mysql: bool) -> Iterable[Claim]:
    cause = "mysql_invalid_credentials" if mysql else "database_invalid_credentials"
    clients = cluster.remember(_list_refused)
    for client in clients:
        if mysql is _speaks_mysql(cluster, client, "Access denied for user"):
            text = (
                f"{client.workload.name} is refused by its database: {clip(say_plainly(client.complaint.text), 120)}."
            )
            # A Secret that is replaced reaches variables of the environment with the next start only.
            advice = (
                f"Correct user and password in the settings of {client.workload.name}; where they were replaced "
                "lately, start it anew, as its variables keep the old ones."
            )
            yield _blame_client(cluster, client, cause=cause, text=text, advice=advice, many=len(clients) >= _MANY)
    yield from _claim_odd(cluster, cause, ("password", "user"), mysql=mysql, said=clients)


def _speaks_mysql(cluster: Cluster, client: Client, telling: str = "MySQL") -> bool:
    if client.engine or telling in client.complaint.text:
        return client.engine == "mysql" or telling in client.complaint.text
    database = find_database(cluster, client.workload, "", client.complaint.text)
    return database is not None and engine_of(database) == "mysql"


def _find_port(cluster: Cluster, *, mysql: bool) -> Iterable[Claim]:
    cause = "mysql_invalid_port" if mysql else "database_invalid_port"
    unnamed = {call.caller.ref for call in list_failed_calls(cluster) if call.failure is Failure.UNRESOLVED}
    clients = [client for client in cluster.remember(_list_cut_off) if client.workload.ref not in unnamed]
    for client in clients:
        if mysql is not _speaks_mysql(cluster, client, "Communications link failure") or len(clients) >= _MANY:
            continue
        if _is_well_set(cluster, client):
            continue
        said = clip(say_plainly(client.complaint.text), 120)
        text = f"{client.workload.name} reaches no database where it looks for one: {said}."
        advice = f"Correct host and port of the database in the settings of {client.workload.name}."
        yield _blame_client(cluster, client, cause=cause, text=text, advice=advice, many=len(clients) > 1)
    yield from _claim_odd(cluster, cause, ("port",), mysql=mysql, said=clients)


def _is_well_set(cluster: Cluster, client: Client) -> bool:
    """Answer whether a client looks in the right place, or in one that cannot be judged by the database's ports."""
    address = read_address(client.complaint.text)
    database = find_database(cluster, client.workload, client.engine, client.complaint.text)
    if database is not None and is_ailing(cluster, database):
        return True
    if address is not None and address[0] != client.workload.name:
        service = find_service(cluster, address[0], client.workload.namespace)
        return service is None or address[1] is None or address[1] in list_offered(service)
    services = {service.ref for item in list_databases(cluster) for service in cluster.services_of(item)}
    return any(
        call.service is not None and call.service.ref in services and call.port in list_offered(call.service)
        for call in cluster.callees(client.workload)
    )


def _claim_odd(
    cluster: Cluster, cause: str, roles: tuple[str, ...], *, mysql: bool, said: Sequence[Client]
) -> Iterator[Claim]:
    told = {client.workload.ref for client in said}
    for odd in cluster.remember(_list_odd):
        if odd.role in roles and odd.workload.ref not in told and mysql is (odd.engine == "mysql"):
            yield Claim(
                cause=cause,
                subject=odd.workload.entity,
                text=f"{odd.workload.name} fails, and its {odd.role} for the database has {odd.length} in "
                f"{odd.secret.name} where all secrets of that shape have {odd.usual}.",
                confidence=0.8,
                quotes=cite_first(cluster.quote(odd.secret, f"{odd.key}:"), cluster.quote(odd.workload)),
                explains=explain(cluster, odd.workload),
                person_must=f"Correct {odd.key} in the secret {odd.secret.name}.",
            )


def _list_odd(cluster: Cluster) -> list[OddSetting]:
    ailing = [item for item in cluster.workloads if is_ailing(cluster, item)]
    found = (find_odd_setting(cluster, item) for item in ailing)
    return [odd for odd in found if odd is not None]


def _find_host(cluster: Cluster) -> Iterable[Claim]:
    for mysql in (True, False):
        yield from _claim_odd(cluster, "database_invalid_host", ("host",), mysql=mysql, said=())


def _find_unknown_database(cluster: Cluster) -> Iterable[Claim]:
    clients = list_clients(cluster, words.DATABASE)
    for client in clients:
        text = client.complaint.text
        if 'database "' in text and "does not exist" not in text:
            continue
        yield _blame_client(
            cluster,
            client,
            cause="database_unknown",
            text=f"{client.workload.name} asks for a database that does not exist: {clip(say_plainly(text), 120)}.",
            advice=f"Create the database, or correct its name in the settings of {client.workload.name}.",
            many=False,
        )
    for mysql in (True, False):
        yield from _claim_odd(cluster, "database_unknown", ("database",), mysql=mysql, said=clients)


def _find_plugin(cluster: Cluster) -> Iterable[Claim]:
    for client in list_clients(cluster, words.PLUGIN):
        yield _blame_client(
            cluster,
            client,
            cause="database_authentication_method",
            text=f"{client.workload.name} and its database do not agree how to log in: "
            f"{clip(say_plainly(client.complaint.text), 120)}.",
            advice="Update the client's driver, or change the method that the database asks of this user and host.",
            many=False,
        )


def _find_pool(cluster: Cluster) -> Iterable[Claim]:
    for client in list_clients(cluster, words.POOL):
        yield _blame_client(
            cluster,
            client,
            cause="connection_pool_exhausted",
            text=f"All connections of the pool of {client.workload.name} are taken: "
            f"{clip(say_plainly(client.complaint.text), 120)}.",
            advice="Find out what holds the connections: slow queries, a leak, or more load than the pool is made for.",
            many=True,
        )


def _blame_client(cluster: Cluster, client: Client, *, cause: str, text: str, advice: str, many: bool) -> Claim:
    return Claim(
        cause=cause,
        subject=client.workload.entity,
        text=text,
        confidence=0.6 if many or isinstance(client.workload, Stranger) else 0.95,
        quotes=cite_first(client.complaint.quote),
        explains=explain(cluster, client.workload),
        person_must=advice,
    )


# States of a database


def find_full_disks(cluster: Cluster) -> Iterator[Claim]:
    """Yield the databases that have no room to write."""
    yield from (claim for state in STATES if state.wording is words.FULL for claim in _find_state(state, cluster))


def _find_state(state: State, cluster: Cluster) -> Iterable[Claim]:
    if state.wording is words.LOCKED:
        yield from find_jams(cluster)
    databases = set(map(id, list_databases(cluster)))
    found = [
        complaint
        for complaint in match_wording(cluster, state.wording)
        if state.wording is not words.FULL or id(complaint.workload) in databases or _is_of_store(complaint.text)
    ]
    # A database that says so itself is the one its clients mean, where they do not name another.
    saying = {complaint.workload.ref: complaint.workload for complaint in found if id(complaint.workload) in databases}
    blamed: dict[str, tuple[KubeObject, list[Complaint]]] = {}
    for complaint in found:
        database = _find_meant(cluster, complaint, saying)
        blamed.setdefault(database.ref, (database, []))[1].append(complaint)
    jammed = {jam.database.ref for jam in cluster.remember(list_jams)} if state.wording is words.SLOW else set()
    for database, complaints in blamed.values():
        if len(complaints) >= state.least and database.ref not in jammed:  # What waits for a lock is not slow itself.
            yield _claim_state(cluster, state, database, complaints, is_known=id(database) in databases)
    if state.wording is words.READ_ONLY and not blamed:
        yield from _infer_read_only(cluster)


def _is_of_store(text: str) -> bool:
    """Answer whether a line about a full disk can only be about one of a database."""
    return bool(name_engine(text)) or any(word in text for word in words.WATERMARK)


def _claim_state(
    cluster: Cluster, state: State, database: KubeObject, complaints: list[Complaint], *, is_known: bool
) -> Claim:
    callers = {item.workload.ref: item.workload for item in complaints}
    refs = (explain(cluster, caller) for caller in (database, *callers.values()))
    # What the database says itself goes first: its clients repeat it.
    complaints = sorted(complaints, key=lambda item: item.workload.ref != database.ref)
    own = {id(item.log): item.log for item in complaints if item.workload.ref == database.ref and is_known}
    fillers = list(find_fillers(own.values()))[:1] if state.wording is words.FULL else []
    name = database.name if is_known else f"The database of {database.name}"
    return Claim(
        cause=state.cause,
        subject=database.entity,
        text=f"{name} {state.says}{''.join(f': {told}' for told, _, _ in fillers)}.",
        confidence=state.confidence if is_known else round(state.confidence - 0.2, 2),
        quotes=cite_first(*(quote for _, _, quote in fillers), *(item.quote for item in complaints[:3])),
        explains=frozenset().union(*refs),
        person_must=" ".join((state.advice, *(advice for _, advice, _ in fillers))),
    )


def _find_meant(cluster: Cluster, complaint: Complaint, saying: Mapping[str, KubeObject]) -> KubeObject:
    """Return the database that a complaint is about; the one who complains when it is not known."""
    if complaint.workload.ref in saying:
        return complaint.workload
    found = find_database(cluster, complaint.workload, name_engine(complaint.text), complaint.text)
    if found is None and len(saying) == 1:
        (found,) = saying.values()
    return found if found is not None else complaint.workload


_WRITES = re.compile(r"\b(?:POST|PUT|PATCH|DELETE) \S*")
_READS = re.compile(r"\b(?:GET|HEAD) \S*")


def _infer_read_only(cluster: Cluster) -> Iterator[Claim]:
    """Infer it where no log was kept: everything runs, only requests that write fail, and in several services."""
    failing = [notice for notice in cluster.notices if re.search(r"\b500 |\bHTTP 500\b|\b500\b", notice.text)]
    writes = {match[0]: notice for notice in failing if (match := _WRITES.search(notice.text))}
    others = [notice for notice in cluster.notices if notice not in failing or _READS.search(notice.text)]
    if len(writes) < 2 or others or cluster.logs() or any(is_ailing(cluster, item) for item in cluster.workloads):
        return
    named = [item for item in cluster.workloads if any(item.name in notice.text for notice in failing)]
    used = {id(found): found for item in named if (found := find_database(cluster, item, "")) is not None}
    if len(used) == 1:
        (database,) = used.values()
        yield Claim(
            cause="db_read_only",
            subject=database.entity,
            text=f"Everything runs and reads work, but {len(writes)} kinds of writes fail in services that share "
            f"{database.name}: it seems to take no writes.",
            confidence=0.5,
            quotes=tuple(writes.values()),
            explains=explain(cluster, database).union(item.ref for item in named),
            person_must=f"Ask {database.name} whether it is read-only.",
        )


def _find_down(cluster: Cluster) -> Iterable[Claim]:
    clients = cluster.remember(_list_cut_off)
    if len(clients) < _MANY:
        return
    groups: dict[str, tuple[KubeObject, list[Client]]] = {}
    for client in clients:
        database = find_database(cluster, client.workload, client.engine, client.complaint.text)
        if database is not None:
            groups.setdefault(database.ref, (database, []))[1].append(client)
    for database, members in groups.values():
        if len(members) >= _MANY:
            refs = (explain(cluster, item.workload) for item in members)
            yield Claim(
                cause="database_unreachable",
                subject=database.entity,
                text=f"{len(members)} workloads cannot reach {database.name}.",
                confidence=0.6,
                quotes=cite_first(*(item.complaint.quote for item in members[:3])),
                explains=explain(cluster, database).union(*refs),
                person_must=f"Find out why {database.name} does not accept connections.",
            )


_TELLING = (
    *(words.CREDENTIALS, words.UNREACHABLE, words.DATABASE, words.CONNECTIONS, words.POOL, words.READ_ONLY),
    *(
        words.FULL,
        words.MEMORY,
        words.PLUGIN,
        words.MEMBERS,
        words.LIMIT,
        words.STOPPED,
        words.WRAPAROUND,
        words.UNSAVED,
    ),
)
"""What nobody says again and again while all is well, unlike slow queries and deadlocks."""
_OFTEN = 10
"""Complaints of locks among the latest ones of a log: a few an hour are the price of concurrency."""


def list_database_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return who runs and goes on complaining of a database, or is one and goes on refusing, as troubles."""
    found: dict[tuple[str, words.Wording], list[Complaint]] = {}
    for wording in (*_TELLING, words.LOCKED):
        for complaint in match_wording(cluster, wording):
            if not is_ailing(cluster, complaint.workload):
                found.setdefault((complaint.workload.ref, wording), []).append(complaint)
    found = {key: said for key, said in found.items() if key[1] is not words.LOCKED or len(said) >= _OFTEN}
    return list_lock_troubles(cluster) + tuple(
        Trouble(ref, f"{complaints[-1].workload.name} goes on saying: {clip(complaints[-1].text)}", complaints[0].quote)
        for (ref, wording), complaints in found.items()
        if does_last(complaints) or any(holds_on(wording, complaint) for complaint in complaints)
    )


def _client(
    cause: str, title: str, find: Callable[[Cluster], Iterable[Claim]], specificity: Specificity = Specificity.ORIGIN
) -> Signature:
    return Signature(
        id=cause,
        title=title,
        looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
        ruled_out_by="Three or more workloads fail alike, the database itself ails, or its name does not resolve.",
        confidence_note="0.95 when the client's log says so and it is alone; 0.8 when only the length of a setting in "
        "its secret is like no other's; 0.6 when others say the same, or when nothing but its log is known.",
        action="none: a person must correct the client's settings",
        specificity=specificity,
        find=find,
    )


SIGNATURES: tuple[Signature, ...] = (
    _client(
        "mysql_invalid_credentials",
        "A client of MySQL presents wrong credentials",
        partial(_find_credentials, mysql=True),
    ),
    _client(
        "database_invalid_credentials",
        "A client of a database presents wrong credentials",
        partial(_find_credentials, mysql=False),
    ),
    _client("mysql_invalid_port", "A client looks for MySQL where it does not listen", partial(_find_port, mysql=True)),
    _client(
        "database_invalid_port",
        "A client looks for a database where it does not listen",
        partial(_find_port, mysql=False),
    ),
    _client("database_invalid_host", "A client looks for its database on a wrong host", _find_host),
    _client("database_unknown", "A client asks for a database that does not exist", _find_unknown_database),
    _client("database_authentication_method", "A client cannot log in the way its database asks", _find_plugin),
    _client("connection_pool_exhausted", "All connections of a client's pool are taken", _find_pool, Specificity.STATE),
    *(
        Signature(
            id=state.cause,
            title=state.title,
            looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
            ruled_out_by="Neither the database nor a client says so; or fewer times than is routine.",
            confidence_note=f"{state.confidence} when it is known which database is meant, 0.2 less otherwise."
            + note_confidence(state.cause),
            action="none: a person must see to the database",
            specificity=state.specificity,
            match=partial(match_refusal, state.cause),
            find=partial(_find_state, state),
        )
        for state in STATES
    ),
    Signature(
        id="database_unreachable",
        title="Several clients cannot reach a database",
        looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
        ruled_out_by="Fewer than three clients say so, which speaks for their own settings.",
        confidence_note="0.6: why it cannot be reached is another signature's word.",
        action="none: a person must find out why the database does not accept connections",
        specificity=Specificity.STATE,
        find=_find_down,
    ),
)
"""The catalogue's part about databases."""
