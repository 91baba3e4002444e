"""A compose file as a partial graph: services, what keeps them, and the calls that their settings name.

What one service's entry tells is read here for `containers`, too.

Source: Compose specification (docs.docker.com/reference/compose-file, read 2026-11-26), `services`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fermata.kit.digging import dig_map
from fermata.rules.servicegraph.configured import Place, expand, find_named, guess_stranger, name_words
from fermata.rules.servicegraph.kinds import guess_kind, is_telemetry
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, PartialGraph, text_of

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""In the order in which docker compose looks for them (docs.docker.com/compose, "Compose file", read 2026-11)."""
_SIZES = {"b": "", "k": "Ki", "kb": "Ki", "m": "Mi", "mb": "Mi", "g": "Gi", "gb": "Gi"}
_MEMORY_TAILS = ("kb", "mb", "gb", "b", "k", "m", "g")


# Folders that programs keep what they store in; other folders of the host hold settings and sources.
_DATA = re.compile(r"data|/var/lib|storage|state")
_COMPLETED = "service_completed_successfully"
_COMMENT = re.compile(r"\s+#.*$")


def read_dotenv(text: str) -> dict[str, str]:
    """Return the variables of a `.env` file: `NAME=value` a line, quotes taken off; all other lines are passed over."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and name.strip().isidentifier():
            found[name.strip()] = _COMMENT.sub("", value).strip().strip("'\"")
    return found


def read_compose(
    document: Mapping[str, Any], *, source: str, variables: Mapping[str, str] | None = None
) -> PartialGraph:
    """Return the graph that a compose file, or several laid over each other, tells of.

    Args:
        document: As parsed.
        source: The file's name.
        variables: Of the `.env` beside it; they are put in where the file names them, and shown nowhere.
    """
    graph = PartialGraph(source, Basis.DECLARED)
    given = variables or {}
    services = {
        clean_name(str(name)): each for name, each in dig_map(document, "services").items() if isinstance(each, Mapping)
    }
    aliases = _list_aliases(services, given)
    telemetry = {name for name, each in services.items() if is_telemetry(_find_image(each, given), name)}
    for name, each in services.items():
        if name not in telemetry:
            add_service(graph, name, each, given)
    for name, each in services.items():
        if name not in telemetry:
            # A link's second name counts for whom it links, and for nobody else.
            add_calls(graph, name, each, {**_list_links(each, aliases), **aliases}, telemetry, given)
    if telemetry:
        graph.notes.append(f"telemetry is left out: {', '.join(sorted(telemetry)[:8])}")
    mark_background(graph, services)
    for key in ("include", "extends"):
        if key in document or any(key in each for each in services.values()):
            graph.notes.append(f'"{key}" is not followed')
    return graph


def _list_aliases(services: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str]:
    """Return host name -> service: the service, its container, its host name and its names in networks."""
    known = {name: name for name in services}
    for name, each in services.items():
        extra = [text_of(each, "container_name"), text_of(each, "hostname")]
        for network in dig_map(each, "networks").values():
            aliases = network.get("aliases") if isinstance(network, Mapping) else None
            extra += [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []
        for alias in extra:
            known.setdefault(clean_name(expand(alias, given)), name)
    return known


def _list_links(service: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Return alias -> service of `links: ["db:database"]`."""
    pairs = (word.partition(":") for word in _list_names(service.get("links")))
    return {
        clean_name(alias): known[target]
        for name, sign, alias in pairs
        if sign and alias and (target := clean_name(name)) in known
    }


def mark_background(graph: PartialGraph, services: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what is a job, and guess that what publishes no port, and what calls others, works in the background.

    Args:
        graph: Is added to; its calls are there already.
        services: Node -> entry of a compose file.
    """
    jobs = _list_jobs(services) & graph.nodes.keys()
    for name in jobs:
        graph.add_node(name, source=f"{graph.source} (a service waits for its end)", kind="job")
    callers, called = {edge.caller for edge in graph.edges}, {edge.callee for edge in graph.edges}
    for name in callers - called - jobs:
        if not services[name].get("ports") and not services[name].get("expose"):
            graph.guess(name, "kind", "worker", "it publishes no port")


def _list_jobs(services: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return what runs to its end: somebody waits for that (`condition: service_completed_successfully`)."""
    return {
        clean_name(str(name))
        for each in services.values()
        for name, how in dig_map(each, "depends_on").items()
        if isinstance(how, Mapping) and how.get("condition") == _COMPLETED
    }


def _find_image(service: Mapping[str, Any], given: Mapping[str, str]) -> str:
    return expand(text_of(service, "image"), given)


def add_service(graph: PartialGraph, name: str, service: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Add the node of one entry of a compose file, with its facts.

    Args:
        graph: Is added to.
        name: Of the node.
        service: The entry.
        given: Variables, which are put in where the entry names them.
    """
    where = f"{graph.source} (service {name})"
    checked = dig_map(service, "healthcheck")
    disabled = checked.get("disable") is True or checked.get("test") == ["NONE"]
    node = graph.add_node(
        name,
        source=where,
        replicas=_read_replicas(service),
        # An image may bring a check of its own, so that none in the file says nothing.
        readiness_probe=not disabled if checked else None,
        persistent_storage=_keeps(service),
        memory_limit=_read_memory(service, given),
    )
    variables = dict(_list_variables(service, given))
    named = (text_of(service, "container_name"), variables.get("OTEL_SERVICE_NAME", ""))
    node.aliases |= {text for each in named if (text := expand(each, given)) and text != name}
    image = _find_image(service, given)
    # What is built here is nobody's database, whatever its registry is called.
    kind = guess_kind(image) if image and "build" not in service else guess_kind(name)
    graph.guess(name, "kind", kind, f"image {image}" if image else "its name")


def _read_replicas(service: Mapping[str, Any]) -> int | None:
    deploy = dig_map(service, "deploy")
    if text_of(deploy, "mode").startswith("global"):
        return None
    found = deploy.get("replicas", service.get("scale", 1))
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _keeps(service: Mapping[str, Any]) -> bool:
    volumes = service.get("volumes")
    for volume in volumes if isinstance(volumes, list) else []:
        if isinstance(volume, Mapping):
            source, target = text_of(volume, "source"), text_of(volume, "target")
            is_bind = text_of(volume, "type") == "bind"
        else:
            source, _, target = str(volume).partition(":")
            is_bind = source.startswith((".", "/", "~", "$"))
        # Without a source it ends with its container.
        if source and target and (not is_bind or _DATA.search(target)):
            return True
    return False


def _read_memory(service: Mapping[str, Any], given: Mapping[str, str]) -> str | None:
    limits = dig_map(service, "deploy", "resources", "limits")
    text = expand(text_of(limits, "memory") or text_of(service, "mem_limit"), given).lower()
    if not text:
        return "none"
    for tail in _MEMORY_TAILS:
        if text.endswith(tail):
            return text.removesuffix(tail).strip() + _SIZES[tail]
    return text if text.isdigit() else None


def _list_variables(service: Mapping[str, Any], given: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Return variables with their values; one without a value is the shell's, and so that of `.env`."""
    told = service.get("environment")
    if isinstance(told, Mapping):
        for name, value in told.items():
            yield str(name), expand(given.get(str(name), "") if value is None else str(value), given)
    for item in told if isinstance(told, list) else ():
        name, sign, value = str(item).partition("=")
        yield name, expand(value if sign else given.get(name, ""), given)


def _list_words(service: Mapping[str, Any], given: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for key in ("command", "entrypoint"):
        told = service.get(key)
        words = [word for word in (told if isinstance(told, list) else [told]) if isinstance(word, str)]
        yield from ((option, expand(word, given)) for option, word in name_words(words))


def add_calls(
    graph: PartialGraph,
    name: str,
    service: Mapping[str, Any],
    known: Mapping[str, str],
    left_out: Collection[str],
    given: Mapping[str, str],
) -> None:
    """Add the calls that one entry of a compose file tells of.

    Args:
        graph: Is added to.
        name: The caller's node.
        service: Its entry.
        known: Host name -> node, as the caller sees them.
        left_out: Nodes that no call leads to: telemetry, what the caller cannot reach.
        given: As for `add_service`.
    """
    settings = [*_list_variables(service, given), *_list_words(service, given)]
    found = [
        (known.get(each.host, each.host), each.key or "command", each) for each in find_named(settings, Place(known))
    ]
    seen = {name}
    for callee, why, named in found:
        if callee in left_out or callee in seen or is_telemetry("", callee):
            continue
        seen.add(callee)
        graph.add_edge(name, callee, why=why, source=f"{graph.source} ({why})", protocol=named.protocol or None)
        if not named.is_known:
            kind, told_by = guess_stranger(named)
            graph.guess(callee, "kind", kind, told_by)
    for key in ("depends_on", "links"):
        for word in _list_names(service.get(key)):
            callee = known.get(clean_name(word.partition(":")[0]), "")
            if _is_waited_for_to_end(service, word):
                continue  # It is over before the first request.
            if callee and callee not in left_out and callee not in seen:
                seen.add(callee)
                graph.add_edge(name, callee, why=key, source=f"{graph.source} ({key})")


def _is_waited_for_to_end(service: Mapping[str, Any], name: str) -> bool:
    return dig_map(service, "depends_on", name).get("condition") == _COMPLETED


def _list_names(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | Mapping) else []
