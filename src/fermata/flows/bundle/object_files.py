"""`objects/*` and `events/*`: Kubernetes objects, and what other systems print of their workloads.

One file is one piece of evidence for Kubernetes objects of the API (the lines are the file's own), one for each object
that `kubectl describe` printed, and one for each record of any other shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ObjectFacts
from fermata.flows.bundle.change_files import add_changes
from fermata.flows.bundle.cloud_answers import add_cloud_answer, is_cloud_answer
from fermata.flows.bundle.container_text import add_containers, holds_containers
from fermata.flows.bundle.delivered import add_delivered, add_delivered_text, add_printed_objects
from fermata.flows.bundle.deliveries import holds_history
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.hand_commands import read_typed
from fermata.flows.bundle.haul import Draft, Haul, hide_object, make_entity, to_facts
from fermata.flows.bundle.helm_releases import holds_releases
from fermata.flows.bundle.manifest_diffs import holds_manifest_diff
from fermata.flows.bundle.paper_files import read_plain
from fermata.flows.bundle.parsing import name_type, parse_json_documents, parse_yaml_documents
from fermata.flows.bundle.picked import put_back
from fermata.flows.bundle.printed_text import split_printed
from fermata.flows.bundle.secret_data import blank_secrets
from fermata.flows.bundle.shapes import add_record
from fermata.flows.bundle.status_files import add_provider_events
from fermata.kit.digging import dig_text
from fermata.kit.hiding import LONGEST_LINE
from fermata.kit.invisible import strip_colours
from fermata.rules.certificates import tells_ends
from fermata.rules.filesystems import holds_table
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, parse_command

SUFFIXES = (".json", ".jsonl", ".yaml", ".yml", ".txt")
_WRAPPERS = ("items", "events", "objects", "containers", "processes", "monitors", "records")
_NOT_UNDERSTOOD = "this text was not understood; kept as lines"
_LEAST_SAID = 3
"""Lines of a session that nobody understands and that are worth a word: a remark between commands is not."""
_TELLING = ("Status:", "Containers:", "Replicas:", "Subsets:", "Endpoints:")
"""How the lines of a description begin that say what state its object is in."""
_CLUSTER = Entity(system="kubernetes", kind="cluster", name="cluster")


def read_objects(file: SourceFile, haul: Haul) -> None:
    """Add what one file of `objects/` or `events/` holds."""
    try:
        text = read_text(file)
        if file.suffix == ".txt":
            _read_printed(file, text, haul)
            return
        text = blank_secrets(text)
        documents = parse_yaml_documents(text) if file.suffix in (".yaml", ".yml") else parse_json_documents(text)
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    for document in filter(is_cloud_answer, documents):
        add_cloud_answer(file, document, haul)
    documents = [document for document in documents if not is_cloud_answer(document)]
    records = [record for record in _unwrap(documents) if _is_usable(file, record, haul)]
    objects = [_complete(record) for record in records if is_kubernetes(record)]
    others = [record for record in records if not is_kubernetes(record)]
    if objects:
        _add_objects(file, text, objects, haul)
        add_delivered(objects, file.name, haul)
    if others and file.top == "events":
        add_provider_events(file, others, haul)
        return
    for record in others:
        if not add_record(file, record, haul):
            read_plain(file, haul, json.dumps(record, indent=1, ensure_ascii=False))


def _is_usable(file: SourceFile, record: Any, haul: Haul) -> bool:
    if not isinstance(record, Mapping):
        haul.leave_out(file.name, f"an object is a mapping, not {name_type(record)}")
        return False
    if record.get("kind") == "Status" and "reason" in record:
        haul.leave_out(file.name, f"the cluster refused: {haul.hide(str(record.get('message'))[:300])}")
        return False
    return True


def is_kubernetes(record: Mapping[str, Any]) -> bool:
    """Answer whether a record is an object of the Kubernetes API, a list of them, or an event in its shape."""
    kind = record.get("kind")
    if isinstance(kind, str) and (isinstance(record.get("metadata"), Mapping) or isinstance(record.get("items"), list)):
        return True
    return isinstance(record.get("involvedObject", record.get("regarding")), Mapping)


def add_printed(haul: Haul, file: SourceFile, command: str, lines: Sequence[str], start: int = 0) -> None:
    """Add what a command printed; an empty text says that it ran and printed nothing.

    Args:
        start: Index of the first line in the file, when the file is that text.
    """
    asked = parse_command(command)
    numbers: Sequence[int] = range(start + 1, start + 1 + len(lines))
    cut = ""
    if asked.verb == "describe" and asked.piped and lines and not any(line.startswith("Name:") for line in lines):
        cut = "a pipe took the beginning of this description: what stood there is not known"
        if start and len(asked.names) == 1 and any(line.startswith(_TELLING) for line in lines):
            # The command's own line says whose it is. Events alone say nothing of the object's state.
            lines, numbers = [f"Name:  {asked.names[0][1]}", *lines], range(start, start + 1 + len(lines))
    hidden = haul.hide_lines(lines, numbers)
    picked = put_back(command, lines)
    objects = tuple(hide_object(haul, item) for item in picked)
    facts = ObjectFacts(form="api", objects=objects) if picked else ObjectFacts(form="kubectl")
    haul.add(
        Draft(
            kind=EvidenceKind.OBJECTS,
            entity=find_subject(command),
            title=f"{file.name}: {command}"[:300],
            query=command,
            collector="bundle.objects",
            lines=hidden.lines,
            facts=to_facts(facts),
            cut=hidden.describe_cut(cut),
            redactions=hidden.redactions,
        )
    )


def find_subject(command: str) -> Entity:
    """Return what a kubectl command asks about: one object, a namespace, or the cluster."""
    asked = parse_command(command)
    namespace = "" if asked.namespace in (None, ANY_NAMESPACE) else asked.namespace or ""
    if len(asked.names) == 1:
        kind, name = asked.names[0]
        return make_entity(kind.lower(), name, system="kubernetes", namespace=namespace)
    return make_entity("namespace", namespace, system="kubernetes") if namespace else _CLUSTER


def _unwrap(documents: Iterable[Any]) -> Iterable[Any]:
    for document in documents:
        inner = [document] if isinstance(document, Mapping) else document
        if isinstance(document, Mapping) and "kind" not in document:
            lists = [document[name] for name in _WRAPPERS if isinstance(document.get(name), list)]
            # A list under a name, with next to nothing beside it.
            inner = lists[0] if lists and len(document) <= 3 else inner
        yield from inner if isinstance(inner, list) else [inner]


def _complete(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return record if isinstance(record.get("kind"), str) else {"apiVersion": "v1", "kind": "Event", **record}


def _add_objects(file: SourceFile, text: str, objects: Sequence[Mapping[str, Any]], haul: Haul) -> None:
    hidden_objects = [hide_object(haul, item) for item in objects]
    lines = text.removesuffix("\n")
    note = ""
    if any(len(line) > LONGEST_LINE for line in lines.split("\n")):
        # A list on one line cannot be quoted from.
        lines = "\n".join(json.dumps(item, indent=1, ensure_ascii=False) for item in hidden_objects)
        note = "lines are those of the file written anew, one value a line"
    hidden = haul.hide_block(lines)
    subject = _name_object(objects[0]) if len(objects) == 1 else _CLUSTER
    haul.add(
        Draft(
            kind=EvidenceKind.OBJECTS,
            entity=subject,
            title=f"{file.name}: {len(objects)} Kubernetes objects",
            query=file.name,
            collector="bundle.objects",
            lines=hidden.lines,
            facts=to_facts(ObjectFacts(form="api", objects=tuple(hidden_objects))),
            cut=hidden.describe_cut(note),
            redactions=hidden.redactions,
        )
    )


def _name_object(item: Mapping[str, Any]) -> Entity:
    name, namespace = dig_text(item, "metadata", "name"), dig_text(item, "metadata", "namespace")
    return make_entity(str(item["kind"]).lower(), name, system="kubernetes", namespace=namespace) if name else _CLUSTER


def _read_printed(file: SourceFile, text: str, haul: Haul) -> None:
    lines = strip_colours(text).removesuffix("\n").split("\n")
    add_delivered_text(lines, file.name, file.path.stem, haul)
    add_containers(lines, file.name, haul)
    parts = split_printed(lines)
    if parts is None:
        read_plain(file, haul, blank_secrets("\n".join(lines)))
        if any(line.strip() for line in lines) and not _is_read(lines):
            haul.leave_out(file.name, _NOT_UNDERSTOOD)
        return
    add_changes(read_typed(parts, lines, file.name), haul, None)
    for part in parts:
        command = haul.hide(part.command)
        try:
            kept = blank_secrets("\n".join(part.lines)).split("\n") if part.lines else []
        except Unreadable as error:
            haul.leave_out(file.name, f"{command}: {error.reason}", part.start + 1)
            continue
        if command:
            add_printed(haul, file, command, kept, part.start)
            add_printed_objects(command, kept, file.name, haul)
        else:
            _add_unnamed(file, kept, part.start, haul)


def _is_read(lines: Sequence[str]) -> bool:
    """Answer whether signatures, or the weighing of changes, read what another program than kubectl printed."""
    return (
        holds_table(lines)
        or tells_ends(lines)
        or holds_history(lines)
        or holds_manifest_diff(lines)
        or holds_releases(lines)
        or holds_containers(lines)
    )


def _add_unnamed(file: SourceFile, lines: Sequence[str], start: int, haul: Haul) -> None:
    if sum(bool(line.strip()) for line in lines) >= _LEAST_SAID and not _is_read(lines):
        haul.leave_out(file.name, _NOT_UNDERSTOOD, start + 1)
    hidden = haul.hide_lines(lines, range(start + 1, start + 1 + len(lines)))
    haul.add(
        Draft(
            kind=EvidenceKind.TEXT,
            entity=_CLUSTER,
            title=file.name,
            query=file.name,
            collector="bundle.objects",
            lines=hidden.lines,
            cut=hidden.describe_cut(),
            redactions=hidden.redactions,
        )
    )
