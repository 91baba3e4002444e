"""`logs/<source>.log`: raw text of one source, or JSON lines of several services in one file.

The name says whose it is: `<namespace>__<pod>__<container>[__previous].log` is a container's, any other word a
service's. Records that name their service are told apart by it, and keep their line numbers in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.flows.bundle.container_text import add_ends
from fermata.flows.bundle.event_stacks import write_stacks
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.log_text import TAIL, LogText, read_log
from fermata.flows.bundle.parsing import parse_json, parse_json_documents, read_instant, read_text_field
from fermata.flows.bundle.runtime_lines import unwrap_lines
from fermata.kit.clock import format_instant
from fermata.kit.digging import dig_map
from fermata.kit.invisible import strip_colours
from fermata.rules.logs import RECORDS, find_time

SUFFIXES = frozenset({".log", ".txt", ".jsonl", ".ndjson", ".out", ".err", ".json"})
META = ".meta.json"
# A record's own name for its service, the most deliberate first; JSON and logfmt.
_SERVICE_KEYS = (
    "service",
    "service.name",
    "service_name",
    "serviceName",
    "svc",
    "app",
    "application",
    "projectName",
    "scriptName",
    "ScriptName",
)  # Vercel's drains, Cloudflare's Workers by `wrangler tail` and by Logpush (workers_trace_events).
_INNER = ("attributes", "_source", "jsonPayload", "fields")
_FOREIGN = frozenset(
    {"dateCreated", "eventID", "__REALTIME_TIMESTAMP", "ingestionTime", "logStreamName", "textPayload", "httpRequest"}
)
_TIMES = ("timestamp", "@timestamp", "time", "ts", "dateCreated", "date", "eventTime", "datetime")
_MESSAGES = ("message", "msg", "MESSAGE", "title", "log", "body", "textPayload", "text")
# What Google Cloud's logs call who wrote them, among the labels of `resource`.
_RESOURCES = ("container_name", "service_name", "module_id", "function_name", "job_name")
_PRIORITIES = {
    "0": "EMERG", "1": "EMERG", "2": "CRIT", "3": "ERROR", "4": "WARNING", "5": "NOTICE", "6": "INFO", "7": "DEBUG",
}  # fmt: skip
"""The journal's and syslog's numbers; `find_level` knows no word for an alert, which is graver than critical."""
_UNSAID = "6"
"""What systemd gives each line of a unit's output that names no priority itself (`SyslogLevel=info`, systemd.exec): it
says nothing of the line, and the line's own words do."""
_LEAST_NAMED = 0.5
"""Share of the lines that must name a service before the file is split by it: the rest follow the line before them."""
_MOST_SERVICES = 50


def read_log_file(file: SourceFile, meta: SourceFile | None, haul: Haul) -> None:
    """Add one log as evidence, one piece for each service in it.

    Args:
        meta: The file beside it that says how it was pulled.
    """
    try:
        text = _read_exported(file) if file.suffix == ".json" else _write_lines(read_log(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    pulled = _read_meta(meta, haul) if meta is not None else ""
    if not any(line.strip() for line in text.lines):
        # A source that wrote nothing leaves nothing out; a filter that nothing passed hides all that was written.
        if pulled:
            haul.leave_out(file.name, f"it is empty, {pulled}")
        return
    owner = find_owner(file.stem)
    groups = [(owner, range(len(text.lines)))] if owner.kind == "pod" else _split_by_service(text, owner)
    if _choose_key(text.lines) is _COMPOSED:
        add_ends([strip_colours(line) for line in text.lines], file.name, haul)
        # What the program wrote begins behind it: its time, its level, a frame of its stack.
        text = replace(text, lines=tuple(_COMPOSED.sub("", line, count=1) for line in text.lines))
    for entity, indexes in groups:
        _add(file, text, haul, entity=entity, indexes=indexes, pulled=pulled)


_COMPOSED = re.compile(r"^(?:\x1b\[[0-9;]*m)*([A-Za-z0-9][\w.-]{0,100}?)(?:[-_]\d{1,3})?\s*\| ")
"""What `docker compose logs` puts before each line: the service, with the number of its container."""


def find_owner(stem: str) -> Entity:
    """Return whose file it is, by its name without suffix."""
    parts = stem.split("__")
    if len(parts) >= 3 and all(parts[:3]):
        return make_entity("pod", parts[1], system="kubernetes", namespace=parts[0])
    return make_entity("service", stem)


def _add(file: SourceFile, text: LogText, haul: Haul, *, entity: Entity, indexes: Sequence[int], pulled: str) -> None:
    # A terminal's colours are no part of what was said, and stand in the way of who reads a quote.
    said = [strip_colours(text.lines[index]) for index in indexes]
    hidden = haul.hide_lines(said, [text.numbers[index] for index in indexes])
    oldest = next((at for line in hidden.lines[:50] if (at := find_time(line.text)) is not None), None)
    part = "" if len(indexes) == len(text.lines) else f" ({entity.name})"
    facts = LogFacts(path=file.name, first_line=hidden.lines[0].number, total_lines=text.total, oldest_at=oldest)
    haul.add(
        Draft(
            kind=EvidenceKind.LOGS,
            entity=entity,
            title=f"{file.name}{part}",
            query=file.name,
            collector="bundle.logs",
            lines=hidden.lines,
            facts=to_facts(facts),
            cut=hidden.describe_cut(pulled, text.cut),
            redactions=hidden.redactions,
        )
    )


def _split_by_service(text: LogText, owner: Entity) -> list[tuple[Entity, Sequence[int]]]:
    key = _choose_key(text.lines)
    if key is None:
        return [(owner, range(len(text.lines)))]
    groups: dict[str, list[int]] = {}
    current = ""
    for index, line in enumerate(text.lines):
        match = key.search(line)
        if match is not None:
            current = next(filter(None, match.groups()))
        groups.setdefault(current, []).append(index)
    # Lines before the first record that names anybody belong to the first one that does.
    unnamed = groups.pop("", [])
    if len(groups) > _MOST_SERVICES or not groups:
        return [(owner, range(len(text.lines)))]
    first = next(iter(groups))
    groups[first] = [*unnamed, *groups[first]]
    return [(make_entity("service", name), indexes) for name, indexes in groups.items()]


def _choose_key(lines: Sequence[str]) -> re.Pattern[str] | None:
    """Return how the lines name their service, or `None` when most do not."""
    sample = lines[:400]
    if sum(_COMPOSED.match(line) is not None for line in sample) >= len(sample) * _LEAST_NAMED:
        return _COMPOSED
    for name in _SERVICE_KEYS:
        if not any(name in line for line in sample[:50]):
            continue
        word = re.escape(name)
        pattern = re.compile(rf'"{word}"\s*:\s*"([^"\\]{{1,200}})"|(?<![\w.-]){word}="?([A-Za-z0-9][\w.-]{{0,100}})')
        named = sum(pattern.search(line) is not None for line in sample)
        if named >= len(sample) * _LEAST_NAMED:
            return pattern
    return None


def _read_exported(file: SourceFile) -> LogText:
    """Read what a log system exported as one JSON document: each record becomes a line, numbered by its place.

    A list of records, Loki's answer to a query, or JSON lines after all.

    Raises:
        Unreadable: The file is none of these.
    """
    text = read_text(file)
    try:
        documents = parse_json_documents(text)
    except Unreadable:
        if not _begins_with_record(text):
            raise
        # A file that was still written as it was copied ends within a record: its other lines are worth reading.
        return _write_lines(read_log(file))
    if len(documents) > 1 and _begins_with_record(text):
        return _write_lines(read_log(file))
    records = documents if len(documents) > 1 else _list_records(documents[0])
    lines = [line for record in _turn_forward(records) for line in _write_record(record)]
    if not lines:
        raise Unreadable("it holds no log records: a list of them, or JSON lines, is read")
    kept = lines[-TAIL:]
    cut = f"the last {len(kept):,} of {len(lines):,} records" if len(kept) < len(lines) else ""
    return LogText(tuple(kept), tuple(range(len(lines) - len(kept) + 1, len(lines) + 1)), len(lines), cut)


def _begins_with_record(text: str) -> bool:
    """Answer whether the first line is a record of its own, and not the beginning of a document."""
    first, _, rest = text.lstrip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(parse_json(first), Mapping)
    except Unreadable:
        return False


def _list_records(document: Any) -> list[Any]:
    """Return the records, wherever the document keeps them."""
    if isinstance(document, list):
        return [_read_row(record) for record in document]
    if not isinstance(document, Mapping):
        return []
    inner = next((document[name] for name in RECORDS if isinstance(document.get(name), list | Mapping)), None)
    return [document] if inner is None else _list_records(inner)


def _read_row(record: Any) -> Any:
    """Return a row of CloudWatch Logs Insights, a list of fields with values, as a record; others as they are."""
    fields = record if isinstance(record, list) else []
    if not fields or not all(isinstance(field, Mapping) and "field" in field for field in fields):
        return record
    named = {str(field["field"]).removeprefix("@"): field.get("value") for field in fields}
    return {**named, "logStreamName": named.get("logStream", "")}


def _turn_forward(records: list[Any]) -> list[Any]:
    """Return records with the oldest first: most log systems answer with the newest first unless told otherwise."""
    times = [at for record in records if (at := _read_own_time(record)) is not None]
    falls = sum(later < earlier for earlier, later in pairwise(times))
    rises = sum(later > earlier for earlier, later in pairwise(times))
    return records[::-1] if falls > rises else records


def _read_own_time(record: Any) -> datetime | None:
    if isinstance(record, list) and record:
        return read_instant(record[0])  # Loki's: a time and a line.
    return _read_record_time({**record, **_find_inner(record)}) if isinstance(record, Mapping) else None


def _find_inner(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((value for name in _INNER if isinstance(value := record.get(name), Mapping)), {})


def _write_record(record: Any) -> list[str]:
    """Write a record as lines: text as it is, Loki's streams by their values, anything else as one line of JSON."""
    if isinstance(record, Mapping) and isinstance(record.get("values"), list):
        stream = record.get("stream")
        service = read_text_field(stream, *_SERVICE_KEYS) if isinstance(stream, Mapping) else ""
        pairs = [value for value in _turn_forward(record["values"]) if isinstance(value, list) and len(value) >= 2]
        owner = f"service={service} " if service else ""
        return [_write_time(value[0]) + owner + str(value[1]).replace("\n", " ") for value in pairs]
    if isinstance(record, Mapping):
        return [_write_fields(record), *write_stacks(record)]
    return [record.replace("\n", " ") if isinstance(record, str) else json.dumps(record, ensure_ascii=False)]


def _write_fields(record: Mapping[str, Any]) -> str:
    """Write a record of an export with its time, level and service in front, where no reader of lines would find them.

    Datadog keeps them a level deeper, Sentry and the systemd journal under names of their own.
    """
    text = json.dumps(record, ensure_ascii=False)
    inner = _find_inner(record)
    if not inner and not _FOREIGN.intersection(record):
        return text
    fields = {**record, **inner}
    at = _read_record_time(fields)
    if at is None:
        return text
    message = _read_message(fields).replace("\n", " ") or _read_request(fields)
    level = _read_record_level(fields) or ("ERROR" if write_stacks(record) else "")
    service = read_text_field(fields, *_SERVICE_KEYS) or _read_unit(fields) or _read_resource(fields)
    owner = f"service={service}" if service else ""
    return " ".join(filter(None, (format_instant(at), level, owner, message or text)))


def _read_message(fields: Mapping[str, Any]) -> str:
    """Return the message; the journal writes one that is no clean text (colours, mostly) as a list of its bytes."""
    octets = fields.get("MESSAGE")
    if isinstance(octets, list) and all(isinstance(octet, int) and 0 <= octet < 256 for octet in octets):
        return bytes(octets).decode("utf-8", "replace")
    return read_text_field(fields, *_MESSAGES)


def _read_request(fields: Mapping[str, Any]) -> str:
    """Return the request that a record of Google Cloud is about; its host is the one that answered, and told of it."""
    request = fields.get("httpRequest")
    if not isinstance(request, Mapping) or not read_text_field(request, "requestMethod"):
        return ""
    path = read_text_field(request, "requestUrl").partition("://")[2].partition("/")[2].partition("?")[0]
    caller = read_text_field(request, "remoteIp") or "unknown"
    status, latency = read_text_field(request, "status"), read_text_field(request, "latency")
    words = f"{read_text_field(request, 'requestMethod')} /{path} from {caller} status={status}"
    return f"{words} latency={latency}" if latency else words


def _read_record_time(fields: Mapping[str, Any]) -> datetime | None:
    micros = fields.get("__REALTIME_TIMESTAMP")
    if isinstance(micros, str) and micros.isdigit():
        return read_instant(int(micros) / 1e6)
    return next((at for name in _TIMES if (at := read_instant(fields.get(name))) is not None), None)


def _read_record_level(fields: Mapping[str, Any]) -> str:
    """Return the level as a word in capitals; empty where the record says none."""
    priority = read_text_field(fields, "PRIORITY")
    if priority == _UNSAID and fields.get("_TRANSPORT") == "stdout":
        return ""
    if priority in _PRIORITIES:
        return _PRIORITIES[priority]
    tags = fields.get("tags")
    tagged = [
        read_text_field(tag, "value")
        for tag in (tags if isinstance(tags, list) else [])
        if isinstance(tag, Mapping) and tag.get("key") == "level"
    ]
    return (read_text_field(fields, "level", "severity", "status") or "".join(tagged[:1])).upper()


def _read_unit(fields: Mapping[str, Any]) -> str:
    unit = read_text_field(fields, "_SYSTEMD_UNIT", "UNIT")
    return unit.removesuffix(".service") or read_text_field(fields, "SYSLOG_IDENTIFIER")


def _read_resource(fields: Mapping[str, Any]) -> str:
    return read_text_field(dig_map(fields, "resource", "labels"), *_RESOURCES)


def _write_lines(text: LogText) -> LogText:
    """Return the lines of the systemd journal, or of a container's runtime, as their program wrote them.

    Each keeps its number; other logs stay as they are.
    """
    first = next((line for line in text.lines if line.strip()), "")
    if '"__REALTIME_TIMESTAMP"' not in first:
        return unwrap_lines(text)
    return replace(text, lines=tuple(map(_write_journal_line, text.lines)))


def _write_journal_line(line: str) -> str:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return _write_fields(record) if isinstance(record, Mapping) else line


def _write_time(value: Any) -> str:
    at = read_instant(value)
    return f"{format_instant(at)} " if at is not None else ""


def _read_meta(meta: SourceFile, haul: Haul) -> str:
    """Return in words how a log was pulled: what was filtered or cut cannot be missed by whoever reads it."""
    try:
        value = parse_json(read_text(meta))
    except Unreadable as error:
        haul.leave_out_file(meta, error)
        return ""
    fields = dig_map(value)
    words = [
        f"{name} {haul.hide(text)}" for name in ("filter", "limit", "since") if (text := read_text_field(fields, name))
    ]
    return f"pulled with {', '.join(words)}" if words else ""
