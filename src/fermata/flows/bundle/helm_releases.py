"""What Helm says of its releases: each revision is a release of its own, with its time and how it ended.

Read are `helm history`, `helm list`, what `helm upgrade` and `helm status` print, the first two as JSON, and the
history that Flux keeps in a HelmRelease (helm/helm, `cmd/helm/history.go`, `list.go`, `status.go`; fluxcd.io,
"HelmRelease", `status.history`; from memory). Helm keeps what it rendered in a Secret that is never read here, so that
no revision tells what it changed: `helm diff revision` does. Without a zone times are taken as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.flows.bundle.plan_run import FAILED, PARTLY
from fermata.kit.digging import dig_map, dig_maps

_NAME = r"[a-z0-9][a-z0-9.-]{0,52}"
_ASKED = re.compile(r"(?:^|[^\w-])helm (?:-\S+ \S+ )*(?:history|hist) (?P<rest>.*)$")
_OTHER = re.compile(r"(?:^|[^\w-])helm [a-z]+\b")
_HISTORY = re.compile(r"^REVISION\s+UPDATED\s+STATUS\s+CHART\s+APP VERSION\s+DESCRIPTION\s*$")
_LIST = re.compile(r"^NAME\s+NAMESPACE\s+REVISION\s+UPDATED\s+STATUS\s+CHART\s+APP VERSION\s*$")
_STATES = r"unknown|deployed|uninstalled|superseded|failed|uninstalling|pending-(?:install|upgrade|rollback)"
_ROW = re.compile(
    rf"^(?P<revision>\d{{1,9}})\s+(?P<at>[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d \d{{4}})\s+"
    rf"(?P<status>{_STATES})\s+(?P<chart>\S+)\s*(?P<rest>.*)$"
)
_LISTED = re.compile(
    rf"^(?P<name>{_NAME})\s+(?P<namespace>[\w-]+)\s+(?P<revision>\d{{1,9}})\s+"
    rf"(?P<at>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? (?P<zone>[+-]\d{{4}}) [+-]?\w+\s+"
    rf"(?P<status>{_STATES})\s+(?P<chart>\S+)"
)
_TOLD = re.compile(
    rf"^NAME: (?P<name>{_NAME})\s*\nLAST DEPLOYED: (?P<at>\w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d \d{{4}})\s*\n"
    rf"NAMESPACE: .*\nSTATUS: (?P<status>{_STATES})\s*\nREVISION: (?P<revision>\d{{1,9}})\s*$",
    re.MULTILINE,
)
_RENDERED = re.compile(r"\s*(?:[A-Z][A-Z ]*: .*\n)*(?:HOOKS|MANIFEST):")
_BEFORE_ANY = re.compile(r"\bpre-(?:upgrade|install|rollback)\b|another operation .* is in progress|YAML parse error")
"""Why an upgrade failed before it changed anything: a hook that runs before, or no manifest."""
_WORDS = re.compile(r"(?:^|\s)([A-Z][a-z]+ .*)$")
"""A description, behind the version of the application, which may be missing."""
_GO_TIME = re.compile(r"^(\S+) (\S+) ([+-]\d{4}) [+-]?\w+$")
"""With a zone that has no name, as in Brazil, Go writes its offset again: `-0300 -03`."""
_DONE = ("deployed", "superseded")
_ZONELESS = "its time states no zone, and is taken as UTC"


@dataclass(frozen=True, slots=True)
class _Revision:
    """One revision of a release, as Helm tells it."""

    name: str
    number: str
    at: datetime | None
    status: str
    chart: str = ""
    words: str = ""
    """What Helm did, or why it failed."""
    note: str = ""

    def describe(self, file: str) -> Change:
        what = " ".join(filter(None, (self.chart, self.words or self.status)))
        return Change(
            file=file,
            id=name_release(self.name, self.number),
            kind="release",
            at=self.at,
            title=f"Helm release {self.name}, revision {self.number}: {what}",
            service=self.name,
            state=_judge(self.status, self.words),
            note=self.note,
        )


def name_release(name: str, revision: object) -> str:
    """Return how Helm calls a revision of a release in the names of its own Secrets."""
    return f"{name}.v{revision}"


def read_upgrade(text: str, name: str) -> str:
    """Return the revision that an upgrade of this release made, by what Helm printed of it; else nothing."""
    told = next((one for one in _find_told(text) if one["name"] == name), None)
    return name_release(name, told["revision"]) if told is not None else ""


def read_helm_releases(text: str, file: str, name: str = "") -> list[Change]:
    """Return the releases that a text tells of, in its order, each once.

    Args:
        name: The release of a history without a command; empty leaves it unread.
    """
    found: dict[str, Change] = {}
    for change in (*_list_rows(text.split("\n"), file, name), *_list_told(text, file)):
        found.setdefault(change.id, change)
    return list(found.values())


def read_helm_records(document: Any, file: str, name: str) -> list[Change]:
    """Return what `helm history -o json` or `helm list -o json` wrote; empty for any other document."""
    records = dig_maps(document)
    if not records or not all({"revision", "updated", "status", "chart"} <= record.keys() for record in records):
        return []
    return [
        _Revision(
            read_text_field(record, "name") or name,
            str(record["revision"]),
            at=_read_time(str(record["updated"])),
            status=str(record["status"]),
            chart=str(record["chart"]),
            words=read_text_field(record, "description"),
        ).describe(file)
        for record in records
    ]


def list_flux_releases(item: Mapping[str, Any], file: str) -> Iterator[Change]:
    """Yield the releases in the history of an object that is a HelmRelease of Flux; nothing for any other."""
    if item.get("kind") != "HelmRelease" or not str(item.get("apiVersion", "")).startswith("helm.toolkit.fluxcd.io/"):
        return
    for entry in dig_maps(dig_map(item, "status").get("history")):
        name, at = read_text_field(entry, "name"), read_instant(entry.get("lastDeployed"))
        if name and at is not None:
            chart = f"{read_text_field(entry, 'chartName')}-{read_text_field(entry, 'chartVersion')}"
            revision, status = str(entry.get("version", "")), read_text_field(entry, "status")
            yield _Revision(name, revision, at=at, status=status, chart=chart).describe(file)


def holds_releases(lines: Sequence[str]) -> bool:
    """Answer whether lines are a table of Helm's, or what an upgrade printed."""
    text = "\n".join(lines)
    heads = any(_HISTORY.match(line) or _LIST.match(line) for line in lines)
    return _TOLD.search(text) is not None or (heads and any(_ROW.match(line) or _LISTED.match(line) for line in lines))


def _list_rows(lines: Sequence[str], file: str, name: str) -> Iterator[Change]:
    release, is_below = name, False
    for line in lines:
        if (asked := _ASKED.search(line)) is not None:
            release, is_below = _find_name(asked["rest"]), False
        elif _OTHER.search(line):
            release, is_below = "", False
        elif _HISTORY.match(line) or _LIST.match(line):
            is_below = True
        elif is_below and (row := _LISTED.match(line)) is not None:
            at = _read_time(f"{row['at']}{row['zone']}")
            own = _Revision(row["name"], row["revision"], at=at, status=row["status"], chart=row["chart"])
            yield own.describe(file)
        elif is_below and release and (row := _ROW.match(line)) is not None:
            words = _WORDS.search(row["rest"])
            yield _Revision(
                release,
                row["revision"],
                at=_read_time(row["at"]),
                status=row["status"],
                chart=row["chart"],
                words=words[1] if words is not None else "",
                note=_ZONELESS,
            ).describe(file)


def _list_told(text: str, file: str) -> Iterator[Change]:
    for one in _find_told(text):
        at = _read_time(one["at"])
        yield _Revision(one["name"], one["revision"], at=at, status=one["status"], note=_ZONELESS).describe(file)


def _find_told(text: str) -> Iterator[re.Match[str]]:
    """Yield what upgrades printed of themselves, and no dry run: it tells of a revision that it did not make."""
    for one in _TOLD.finditer(text):
        if not (one["status"].startswith("pending-") and _is_dry(text, one)):
            yield one


def _is_dry(text: str, told: re.Match[str]) -> bool:
    """Answer by the command above; without one, by the manifests, which Helm prints of a dry run."""
    begin = text.rfind("helm ", 0, told.start())
    if begin < 0:
        return _RENDERED.match(text, told.end()) is not None
    return text.find("--dry-run", begin, told.start()) >= 0


def _find_name(rest: str) -> str:
    words = [word for word in rest.partition("|")[0].split() if not word.startswith("-")]
    return words[0] if words else ""


def _read_time(text: str) -> datetime | None:
    """Return a time as Helm prints it: Go's plain form without a zone, with one, or as JSON has it."""
    try:
        return datetime.strptime(f"{text} +0000", "%a %b %d %H:%M:%S %Y %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return read_instant(_GO_TIME.sub(r"\1T\2\3", text))


def _judge(status: str, words: str) -> str:
    """Return how far a revision came: Helm takes nothing back by itself, and waits only after it has applied all."""
    if status in _DONE:
        return "success"
    if status == "failed":
        return FAILED if _BEFORE_ANY.search(words) else PARTLY
    # What was cut off may have been applied.
    return PARTLY if status.startswith("pending") else status
