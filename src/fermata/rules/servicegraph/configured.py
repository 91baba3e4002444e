"""Calls told from configuration: which variables, arguments and files name the host of another service.

Only host names leave this module. Values, user names and passwords in addresses, and values of keys that sound secret
do not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fermata.domain.service_graph import ServiceKind
from fermata.kit.redaction import is_secret_name
from fermata.rules.kubernetes.hosts import Host, find_hosts
from fermata.rules.servicegraph.kinds import guess_kind, is_telemetry_key, kind_of_protocol, split_words
from fermata.rules.servicegraph.names import find_service_host, is_address, strip_pod

MOST_TEXT = 100_000
"""Characters of one value. A file in a config map may be a megabyte of anything."""
# A user and a password before a host; in a password there may be what belongs into no address.
_USER_INFO = re.compile(
    r"(?<=//)[^@/\s\"']{0,300}@|(?<=//)[^@/\s\"':]{1,200}:(?!\d{1,5}(?:[/?#,;\s]|$))[^@\"'\n]{1,300}@"
    r"|(?<![\w/])[^@/\s\"':]{1,200}:(?:(?!//)[^@\s\"']){1,300}@"
)
# Hosts that documents, examples and namespaces of XML name, and nobody calls.
_NOT_CALLED = ("example.com", "example.org", "w3.org", "localhost", "github.com", "schema.org", "json-schema.org")
_REACHED = frozenset({"addr", "address", "host", "hostname", "url", "uri", "endpoint", "dsn", "broker", "brokers",
                      "bootstrap", "servers"})  # fmt: skip
# Words of settings whose addresses are shown to people: it is they who go there, with a browser.
_SHOWN = frozenset({"link", "links", "href", "docs", "documentation", "help", "faq", "homepage", "website", "logo",
                    "favicon", "icon", "avatar", "terms", "privacy", "imprint", "changelog"})  # fmt: skip
_OPTION = re.compile(r"(--?[A-Za-z][\w.-]{0,60})(?:(=)\S*)?$")
_GLUED = re.compile(r"(?:[A-Z][A-Z0-9]{1,30}HOST|[a-z][a-z0-9]{1,30}host)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,251}")
_TOP = re.compile(r"[a-z]{2,24}")
# libpq: `host=db user=...`; .NET: `Server=db;...`, `Data Source=tcp:db,1433`.
_CONNECTION = re.compile(
    r"(?i)(?<![\w.])(?:host|server|data source|hostname)\s?=\s?(?:tcp:)?([A-Za-z0-9][\w.-]{0,250})"
)
# What else stands in such a text, so that it is one whatever its setting is called.
_OF_A_DATABASE = re.compile(r"(?i)(?<![\w.])(?:dbname|database|initial catalog|user id|username|user|uid)\s?=")
# Go's driver of MySQL: `user@tcp(db:3306)/shop`.
_GO_MYSQL = re.compile(r"(?<![\w/.])tcp6?\(([A-Za-z0-9][\w.-]{0,250})(?::\d{1,5})?\)/")
_OF_A_CLUSTER = re.compile(r"(?i)[\w-]\.[\w-]{1,63}\.svc(?:\.[\w.-]{1,200})?$")
_VARIABLE = re.compile(
    r"\$(?:\{(\w{1,100})(?::?-(?P<default>[^{}]{0,300})|:?[?+][^{}]{0,300})?\}|\((\w{1,100})\)|(\w{1,100}))"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A host that a setting names."""

    host: str
    """As a known service is called, else as it was written, in lower case."""
    key: str
    """The setting, never its value."""
    protocol: str
    is_known: bool
    """Whether a service of that name is there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who reads a setting, and which services there are."""

    known: Collection[str]
    namespace: str = ""
    namespaces: Collection[str] = ()
    fronts: Collection[str] = ()
    """Names that stand for something although nothing behind them is known: Services without a workload here."""


def find_named(settings: Iterable[tuple[str, str]], place: Place, *, are_files: bool = False) -> list[Named]:
    """Return the hosts that settings name, each once, in order; telemetry's own addresses are left out.

    Args:
        settings: Name and value. A name may be empty, or an option with its hyphens: an argument.
        place: Where they are read.
        are_files: Values are whole files, in which only services that are known count: files name much that is no call.
    """
    found: dict[str, Named] = {}
    settings = list(settings)
    ports = {key.upper() for key, value in settings if value.strip().isdigit()}
    for key, value in settings:
        if not value or is_telemetry_key(key):
            continue
        text = value[:MOST_TEXT]
        text = _USER_INFO.sub("", text) if "@" in text else text
        # An option's single word is a path, a level or a name as often as a host: there the port must say so.
        told = (*find_hosts(text, "" if key.startswith("-") else key), *_find_connections(text))
        for host in told or _find_alone(key, text, ports):
            known = find_service_host(host.name, place.known, namespace=place.namespace, namespaces=place.namespaces)
            name = known or strip_pod(host.name)
            is_told = host.has_scheme or _tells_itself(host.name)
            if known is None and (
                are_files or not (_is_front(host, key, place) or _is_called(key, name, is_told=is_told))
            ):
                continue
            found.setdefault(name, Named(name, key, _find_protocol(text, host.name), known is not None))
    return list(found.values())


def guess_stranger(named: Named) -> tuple[ServiceKind | None, str]:
    """Return what a host is that no source defines, and what tells so; `None` where nothing does.

    A name with a domain is somebody else's. Another one stands for what runs in the same place, as `kafka` does, and
    one of a cluster for what runs in another namespace there.
    """
    if "." in named.host and not _tells_itself(named.host):
        return ServiceKind.EXTERNAL, f"{named.host} is defined nowhere here"
    if kind := kind_of_protocol(named.protocol):
        return kind, f"protocol {named.protocol}"
    return guess_kind(named.host.partition(".")[0]), "its name"


def name_words(words: Iterable[str]) -> list[tuple[str, str]]:
    """Return each word of a command with the option that it is the value of; without one the name is empty.

    `--brokers=kafka:9092` and `--brokers kafka:9092` are read; a word of several words is a script, and has none.
    """
    named: list[tuple[str, str]] = []
    waiting = ""
    for word in words:
        match = _OPTION.match(word)
        if match is None:
            named.append((waiting, word))
            waiting = ""
        else:
            named.append((match[1] if match[2] else "", word))
            waiting = "" if match[2] else match[1]
    return named


def _find_alone(key: str, value: str, ports: Collection[str]) -> list[Host]:
    """Return a single word as a host where another setting has its port, or where its name ends in the word `host`.

    `CACHE=redis` with `CACHE_PORT=6379`; `PGHOST=db`, as libpq and hosters of databases spell it. Whether it is one
    only a service of that name can tell.
    """
    name = value.strip()
    is_one = f"{key.upper()}_PORT" in ports or _GLUED.fullmatch(key) is not None
    return [Host(name, None, is_sure=False)] if is_one and _WORD.fullmatch(name) else []


def _is_front(host: Host, key: str, place: Place) -> bool:
    """Answer whether an address with a port is that of a Service which is there, whatever its setting is called."""
    if host.port is None or is_secret_name(key):
        return False
    found = find_service_host(host.name, place.fronts, namespace=place.namespace, namespaces=place.namespaces)
    return found is not None


def _find_connections(text: str) -> list[Host]:
    is_told = _OF_A_DATABASE.search(text) is not None
    named = [*_CONNECTION.finditer(text), *_GO_MYSQL.finditer(text)]
    return [
        Host(match[1].rstrip("."), None, is_sure=False, has_scheme=is_told or match.re is _GO_MYSQL) for match in named
    ]


def _tells_itself(host: str) -> bool:
    """Answer whether a name can only be that of a service in a cluster: `redis.cache.svc`, perhaps with a domain."""
    return _OF_A_CLUSTER.search(host) is not None


def _is_called(key: str, host: str, *, is_told: bool) -> bool:
    """Answer whether a host that no manifest knows is worth a node: the setting's name or the address must say so."""
    if (
        is_address(host)
        or (is_secret_name(key) and not is_told)
        or any(host == name or host.endswith(f".{name}") for name in _NOT_CALLED)
    ):
        return False
    words = split_words(key.replace("_", " "))
    if not (is_told or _REACHED.intersection(words)):
        return False
    # A service may be called `docs`; a domain of the world's under such a name is a page.
    return "." not in host or (_SHOWN.isdisjoint(words) and _TOP.fullmatch(host.rpartition(".")[2]) is not None)


def _find_protocol(value: str, host: str) -> str:
    """Return the scheme before a host, without what a driver adds: `jdbc:postgresql://db` gives `postgresql`."""
    match = re.search(rf"([a-z][a-z0-9.-]{{1,20}})(?:\+[a-z0-9]{{1,10}})?://{re.escape(host)}", value)
    return match[1] if match else ""


def expand(value: str, variables: Mapping[str, str]) -> str:
    """Return a text with `${NAME}`, `${NAME:-default}`, `$NAME` and `$(NAME)` put in, as compose and Kubernetes do.

    What is not set becomes its default, else nothing. A variable may refer to another; rings end after five rounds.
    """
    for _ in range(5):
        done = _VARIABLE.sub(lambda match: _put_in(match, variables), value)
        if done == value or len(done) > MOST_TEXT:
            break
        value = done
    return value


def _put_in(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name = match[1] or match[3] or match[4]
    return variables.get(name) or match["default"] or ""
