"""Gather the service graph from files and folders, and from Prometheus and clusters where asked: all of it read-only.

What `fermata chaos graph` prints and `fermata chaos plan` plans over. A document that cannot be read is named and
passed over; only a file that was asked for by name, and of which nothing can be read, ends it. Values of variables go
no further than the rules that look for host names in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fermata.flows.bundle import graph_file
from fermata.flows.bundle.files import SourceFile, Unreadable, list_files, read_text
from fermata.flows.bundle.parsing import parse_json, parse_json_documents, parse_yaml_documents
from fermata.flows.chaos_plan import RulesPlan, make_rules_plan, plan_graph
from fermata.flows.graph_options import tell_option
from fermata.kit.errors import UserError
from fermata.rules.servicegraph.compose import FILE_NAMES, read_compose, read_dotenv
from fermata.rules.servicegraph.jaeger import read_dependencies
from fermata.rules.servicegraph.manifests import read_manifests
from fermata.rules.servicegraph.merging import MergedGraph, Standing, merge
from fermata.rules.servicegraph.partial import PartialGraph
from fermata.rules.servicegraph.spans import read_spans
from fermata.rules.servicegraph.writing import write_graph
from fermata.rules.servicegraph.written import read_written
from fermata.rules.weakness.planning import LIMIT

_MOST_NAMED = 10
_YAML = frozenset({".yaml", ".yml", ".json"})
_DO = "See docs/service-graph.md"
_TEMPLATE = re.compile(r"\{\{-? ?[.#a-z$/]")
_BETWEEN = re.compile(r"(?m)^---(?:[ \t].*)?\n")
_LARGEST_ENV = 1024 * 1024


@dataclass(frozen=True, slots=True)
class GraphSources:
    """What to read. Everything is optional."""

    graphs: tuple[Path, ...] = ()
    """`graph.json` files."""
    manifests: tuple[Path, ...] = ()
    """Kubernetes manifests: files or folders."""
    compose: tuple[Path, ...] = ()
    """Compose files, or folders that hold one; the `.env` beside each is read for host names."""
    traces: tuple[Path, ...] = ()
    """OTLP JSON or Jaeger JSON: files or folders."""
    jaeger: tuple[Path, ...] = ()
    """Answers of Jaeger's `/api/dependencies`."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is asked for."""
        return not any(self.get_given().values())

    def get_given(self) -> Mapping[str, tuple[Path, ...]]:
        """Return all files and folders by the option that they were given with."""
        return {
            "--graph": self.graphs,
            "--manifests": self.manifests,
            "--compose": self.compose,
            "--traces": self.traces,
            "--jaeger": self.jaeger,
        }


def gather_graph(sources: GraphSources, live: Sequence[PartialGraph] = ()) -> MergedGraph:
    """Read every source and merge what they say.

    Args:
        sources: Files and folders.
        live: What was asked of running systems, metrics before objects.

    Raises:
        UserError: Nothing is asked for, a file is not there, or nothing in one can be used.
    """
    if sources.is_empty and not live:
        raise UserError("No source of a service graph is given", why="there is nothing to draw", do=_DO)
    # Of equals the earlier is believed, and names are the first's: what a person wrote, then what runs.
    parts = [_read_graph(path) for path in sources.graphs]
    parts += live
    parts += [_read_manifests(sources.manifests)] if sources.manifests else []
    parts += [_read_compose(sources.compose)] if sources.compose else []
    parts += [_read_dependencies(path) for path in sources.jaeger]
    parts += [_read_traces(path) for path in sources.traces]
    merged = merge(parts)
    if not merged.nodes:
        said = "; ".join(merged.problems[:3]) or "the sources name none"
        given = ((option, path) for option, paths in sources.get_given().items() for path in paths)
        do = next((told for option, path in given if (told := tell_option(path, option))), _DO)
        raise UserError("No service was found", why=said, do=do)
    return merged


def make_sources_plan(sources: GraphSources, live: Sequence[PartialGraph] = (), *, limit: int = LIMIT) -> RulesPlan:
    """Plan rehearsals over what several sources tell; over one `graph.json` alone, as it stands.

    Args:
        sources: Files and folders.
        live: As `gather_graph`.
        limit: Items at most.

    Raises:
        UserError: As `gather_graph`, or as `make_rules_plan`.
    """
    if not live and len(sources.graphs) == 1 and sources == GraphSources(graphs=sources.graphs):
        return make_rules_plan(sources.graphs[0], limit=limit)
    return make_merged_plan(gather_graph(sources, live), limit=limit)


def make_merged_plan(merged: MergedGraph, *, limit: int = LIMIT) -> RulesPlan:
    """Return what the rules plan over a merged graph."""
    written = graph_file.read_graph(json.dumps(write_graph(merged)))
    plan = plan_graph(written, "the merged graph", limit=limit)
    return replace(plan, warnings=(*tell_problems(merged), *plan.warnings))


def tell_problems(merged: MergedGraph) -> tuple[str, ...]:
    """Return what could not be read for a graph, and which of its calls nothing that measures has seen."""
    dead = [f"{edge.caller}->{edge.callee}" for edge in merged.edges if edge.standing is Standing.NEVER_SEEN]
    unseen = [f"declared, and never seen by what measures: {', '.join(dead[:_MOST_NAMED])}"] if dead else []
    return (*merged.problems, *unseen)


@dataclass(slots=True)
class _Folder:
    """The documents of a file or a folder, and what of it could not be read."""

    documents: list[tuple[Any, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    """Files that are no YAML yet."""

    def name_problem(self, file: SourceFile, error: Unreadable, above: int = 0) -> None:
        """Name what cannot be read; `above` lines stand before the text that the error counts in."""
        where = f"{file.name}:{error.line + above}" if error.line is not None else file.name
        self.problems.append(f"{where}: {error.reason}")


def _read_graph(path: Path) -> PartialGraph:
    try:
        written = graph_file.read_graph_file(_open(path))
    except Unreadable as error:
        raise _refuse(path, error, "--graph") from error
    services = [{**item.facts, "name": item.name} for item in written.services]
    edges = [{**item.facts, "from": item.caller, "to": item.callee} for item in written.calls]
    graph = read_written(services, edges, written.journeys, source=path.name)
    graph.problems += written.problems
    return graph


def _read_manifests(paths: Sequence[Path]) -> PartialGraph:
    """Read all folders as one: the routes of one may lead to the services of another."""
    folders = [_read_documents(path, _YAML) for path in paths]
    objects = [(item, where) for each in folders for item, where in each.documents if isinstance(item, Mapping)]
    graph = read_manifests(objects, source=", ".join(_name(path) for path in paths))
    graph.problems += [problem for each in folders for problem in each.problems]
    if not graph.nodes:
        graph.problems.append("no workload of Kubernetes is in it")
    return graph


def _read_compose(paths: Sequence[Path]) -> PartialGraph:
    """Read compose files as compose does with several: the later ones add to the earlier and replace in them."""
    merged: dict[str, Any] = {}
    variables: dict[str, str] = {}
    names = []
    for path in paths:
        file = _find_compose(path)
        names.append(file.name)
        try:
            documents = parse_yaml_documents(read_text(_open(file)))
        except Unreadable as error:
            raise _refuse(file, error, "--compose") from error
        for document in documents:
            if isinstance(document, Mapping):
                merged = _overlay(merged, document)
        variables |= _read_environment(file.parent / ".env")
    graph = read_compose(merged, source=", ".join(names), variables=variables)
    if not graph.nodes:
        graph.problems.append("it names no service")
    return graph


def _find_compose(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((path / name for name in FILE_NAMES if (path / name).is_file()), None)
    if found is None:
        raise UserError(f"{path} holds no compose file", why=f"none of {', '.join(FILE_NAMES)} is there", do=_DO)
    return found


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(below)
    for key, value in above.items():
        known = laid.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            laid[key] = _overlay(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            laid[key] = [*known, *value]
        else:
            laid[key] = value
    return laid


def _read_environment(path: Path) -> dict[str, str]:
    try:
        file = _open(path)
        return read_dotenv(read_text(file)) if file.size <= _LARGEST_ENV else {}
    except Unreadable:
        return {}


def _read_dependencies(path: Path) -> PartialGraph:
    try:
        document = parse_json(read_text(_open(path)))
    except Unreadable as error:
        raise _refuse(path, error, "--jaeger") from error
    return read_dependencies(document, source=path.name)


def _read_traces(path: Path) -> PartialGraph:
    found = _read_documents(path, frozenset({".json", ".jsonl", ".ndjson"}))
    graph = read_spans([document for document, _ in found.documents], source=_name(path))
    graph.problems += found.problems
    return graph


def _read_documents(path: Path, suffixes: frozenset[str]) -> _Folder:
    """Return the documents of a file, or of all files of a folder that are named like one; what is broken is named."""
    found = _Folder()
    if path.is_dir():
        listing = list_files(path)
        files = [file for file in listing.files if file.suffix in suffixes]
        found.problems += [
            f"{name}: {reason}" for name, reason in listing.refused.items() if _is_wanted(name, suffixes)
        ]
    else:
        try:
            files = [_open(path)]
        except Unreadable as error:
            raise _refuse(path, error) from error
    for file in files:
        try:
            _parse(file, found)
        except Unreadable as error:
            found.name_problem(file, error)
    if found.templates:
        first, count = ", ".join(found.templates[:3]), len(found.templates)
        held = "1 file holds templates" if count == 1 else f"{count} files hold templates"
        found.problems.append(f"{held} and no YAML yet ({first}): render them first (`helm template`)")
    return found


def _is_wanted(name: str, suffixes: Iterable[str]) -> bool:
    return name == "..." or any(name.lower().endswith(suffix) for suffix in suffixes)


def _parse(file: SourceFile, found: _Folder) -> None:
    text = read_text(file)
    if file.suffix not in {".yaml", ".yml"}:
        found.documents += [(document, file.name) for document in parse_json_documents(text)]
        return
    try:
        found.documents += [(document, file.name) for document in parse_yaml_documents(text)]
    except Unreadable:
        _parse_apart(text, file, found)


def _parse_apart(text: str, file: SourceFile, found: _Folder) -> None:
    """Read the documents of a file one by one: a broken one is named, and the others are used.

    A template is named as one, once for the file: what is wrong with it is that it was not rendered.
    """
    above = 0
    for part in _BETWEEN.split(text):
        try:
            found.documents += [(document, file.name) for document in parse_yaml_documents(part)]
        except Unreadable as error:
            if not _TEMPLATE.search(part):
                found.name_problem(file, error, above)
            elif file.name not in found.templates:
                found.templates.append(file.name)
        above += part.count("\n") + 1


def _open(path: Path) -> SourceFile:
    try:
        status = path.stat()
    except OSError as error:
        message = f"it cannot be opened: {error.strerror}"
        raise Unreadable(message) from error
    if not path.is_file():
        # A pipe or a device would keep the reader waiting for ever.
        raise Unreadable("it is a folder" if path.is_dir() else "it is no regular file")
    return SourceFile(path.name, path, status.st_size)


def _name(path: Path) -> str:
    return f"{path.name or path.resolve().name}/" if path.is_dir() else path.name


def _refuse(path: Path, error: Unreadable, option: str = "") -> UserError:
    where = f"{path}:{error.line}" if error.line is not None else str(path)
    return UserError(f"{where} cannot be used", why=error.reason, do=tell_option(path, option) or _DO)
