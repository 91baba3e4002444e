"""What `argocd app diff`, `helm diff`, `kubectl diff` and `flux diff` print, written as a diff of manifests.

Argo CD heads each object with its group, kind, namespace and name, and runs `diff` below it, from what is live to what
is declared (argo-cd, `cmd/argocd/commands/app_diff.go`); helm-diff with namespace, name and kind, and prints signs
before every line (databus23/helm-diff, `diff/report.go`). kubectl runs `diff` on two folders whose files are called by
version, kind, namespace and name (kubernetes/kubectl, `pkg/cmd/diff/diff.go`). Of Secrets no line is told, nor of what
a cluster counts by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fermata.domain.facts import MANIFESTS, UNCONFIRMED
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.flux_diffs import FluxLines
from fermata.flows.bundle.helm_releases import name_release, read_helm_releases, read_upgrade

_ARGO = re.compile(r"^===== [\w.-]*/(?P<kind>\w+) (?P<namespace>[\w.-]*)/(?P<name>[\w.:-]+) =+\s*$")
_HELM = re.compile(
    r"^(?P<namespace>[\w.-]*), (?P<name>[\w.:-]+), (?P<kind>\w+) \([\w./-]*\) "
    r"has (?:changed|been (?:added|removed)):\s*$"
)
_KUBECTL = re.compile(
    r"^(?:diff -\S[^\t]* |\+\+\+ )\S*/MERGED-\d+/(?:[\w.-]+\.)?v\d\w*\.(?P<kind>[A-Z]\w*)\."
    r"(?P<namespace>[\w-]*)\.(?P<name>[\w.:-]+)(?:\s.*)?$"
)
_FLUX = re.compile(
    r"^► (?P<kind>[A-Z]\w*)/(?P<namespace>(?:[\w.-]+(?=/))?)/?(?P<name>[\w.:-]+) (?:drifted|created|deleted)\s*$"
)
_HEADS = (_ARGO, _HELM, _KUBECTL, _FLUX)
_NORMAL = re.compile(r"^(?:\d+(?:,\d+)?[acd]\d+(?:,\d+)?|---|\\ No newline at end of file)$")
_COUNTED = re.compile(r"^[+-]\s*(?:generation|resourceVersion|uid|creationTimestamp|deployment\.kubernetes\.io/\w+): ")
_ASKED = re.compile(r"(?:^|[^\w-])(?:argocd app diff|helm diff \w+|flux diff \w+|kubectl (?:diff|apply))\b")
_REVISIONS = re.compile(r"(?:^|[^\w-])helm diff revision (?:-\S+ )*([a-z0-9][\w.-]*)(?: -\S+)* (\d{1,6}) (\d{1,6})\b")
_UPGRADE = re.compile(r"(?:^|[^\w-])helm diff upgrade (?:-\S+ )*([a-z0-9][\w.-]*)")
_APPLIED = re.compile(
    r"^(?P<kind>[a-z]+)(?:\.[\w.-]+)?/(?P<name>[\w.:-]+) (?:configured|created|deleted)\b(?! \((?:\w+ )?dry run\))"
)
_SIGNS = {"<": "-", ">": "+"}
_LONGEST = 2_000
"""Characters of a line that may head an object: names have 253 at most."""


def read_manifest_diff(text: str, file: str, stem: str) -> Change | None:
    """Return the difference that a text tells; `None` where it tells none.

    What differs from what is live was not applied when this was printed, and may have been since: what the same session
    printed of it below says so. Of two revisions of a release, the earlier one first, both were installed.
    """
    lines = list(_write(text.split("\n")))
    if not any(line[:1] in ("+", "-") for line in lines):
        return None
    release = _find_release(text)
    if not release:
        state = "applied" if _is_applied(text) else UNCONFIRMED
        named = Change(file, f"{stem}-manifests", MANIFESTS, None, f"Manifests that differ, by {stem}", state=state)
    else:
        at = next((one.at for one in read_helm_releases(text, file, stem) if one.id == release), None)
        title = f"Manifests that {release} changed"
        named = Change(file, f"{release}-manifests", MANIFESTS, at, title, state="applied", ref=release)
    return replace(named, diff="\n".join(lines))


def holds_manifest_diff(lines: Sequence[str]) -> bool:
    """Answer whether lines tell such a difference."""
    return any(line[:1] in ("+", "-") for line in _write(lines))


def _find_release(text: str) -> str:
    """Return the name of the revision that installed the difference; empty where nothing says that one did."""
    if (revisions := _REVISIONS.search(text)) is not None:
        return name_release(revisions[1], revisions[3]) if int(revisions[2]) < int(revisions[3]) else ""
    asked = _UPGRADE.search(text)
    return read_upgrade(text[asked.end() :], asked[1]) if asked is not None else ""


def _is_applied(text: str) -> bool:
    """Answer whether kubectl says below the difference that it applied one of the objects that differ."""
    differ: set[tuple[str, str]] = set()
    for line in text.split("\n"):
        if (head := _match_head(line)) is not None:
            differ.add((head["kind"].casefold(), head["name"]))
        elif (done := _APPLIED.match(line)) is not None and (done["kind"], done["name"]) in differ:
            return True
    return False


def _match_head(line: str) -> re.Match[str] | None:
    if len(line) > _LONGEST:
        return None
    return next((head for pattern in _HEADS if (head := pattern.match(line)) is not None), None)


def _write(lines: Sequence[str]) -> Iterator[str]:
    form, place, is_secret, flux = None, "", False, FluxLines()
    for line in lines:
        head = _match_head(line)
        if head is not None:
            form, is_secret, flux = head.re, head["kind"] == "Secret", FluxLines()
            was, place = place, _name_place(head)
            yield from [f"@@ {place} @@"] if place != was else []  # kubectl names each object twice.
        elif _ASKED.search(line) or (form is not None and _APPLIED.match(line)):
            form, place = None, ""
        elif form is None or is_secret or not line.strip():
            continue
        elif form is _HELM:
            form = form if line[:2] in ("+ ", "- ", "  ") or line in ("...", "+", "-") else None
            yield from [line] if form is not None else []
        elif form is _FLUX:
            yield from _leave_out_counted(flux.write(line))
        else:
            yield from _leave_out_counted(_write_plain(line))


def _name_place(head: re.Match[str]) -> str:
    """Return what stands for a file's name: without folders, which say of a file what it is for (`docs/`, `test/`)."""
    named = head["name"].replace(".", "-")
    return f"{head['namespace'] or 'cluster'}.{named}.{head['kind'].lower()}.yaml"


def _leave_out_counted(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if not _COUNTED.match(line))


def _write_plain(line: str) -> Iterator[str]:
    """Write a line of `diff`, whether it was asked for its usual form or for a unified one."""
    if line[:2] in ("< ", "> "):
        yield f"{_SIGNS[line[0]]}{line[2:]}"
    elif line[:1] in ("+", "-", " ") and not line.startswith(("--- ", "+++ ")) and not _NORMAL.match(line):
        yield line
