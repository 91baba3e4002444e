"""What `argocd app diff` and `helm diff` print, written as a diff of the manifests it is of.

Argo CD heads each object with its group, kind, namespace and name, and runs `diff` below it, from what is live to what
is declared (argo-cd, `cmd/argocd/commands/app_diff.go`); helm-diff with namespace, name and kind, and prints signs
before every line (databus23/helm-diff, `diff/report.go`). Of Secrets no line is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.change_records import Change

_ARGO = re.compile(r"^===== [\w.-]*/(?P<kind>\w+) (?P<namespace>[\w.-]*)/(?P<name>[\w.:-]+) =+\s*$")
_HELM = re.compile(
    r"^(?P<namespace>[\w.-]*), (?P<name>[\w.:-]+), (?P<kind>\w+) \([\w./-]*\) "
    r"has (?:changed|been (?:added|removed)):\s*$"
)
_NORMAL = re.compile(r"^(?:\d+(?:,\d+)?[acd]\d+(?:,\d+)?|---|\\ No newline at end of file)$")
_ASKED = re.compile(r"(?:^|[^\w-])(?:argocd app diff|helm diff \w+)\b")
_REVISIONS = re.compile(r"(?:^|[^\w-])helm diff revision (?:-\S+ )*[a-z0-9][\w.-]* (\d{1,6}) (\d{1,6})\b")
_SIGNS = {"<": "-", ">": "+"}


def read_manifest_diff(text: str, file: str, stem: str) -> Change | None:
    """Return the difference that a text tells; `None` where it tells none.

    What differs from what is live was not applied when this was printed, and may have been since; of two revisions of a
    release, the earlier one first, both were installed.
    """
    lines = list(_write(text.split("\n")))
    if not any(line[:1] in ("+", "-") for line in lines):
        return None
    revisions = _REVISIONS.search(text)
    is_done = revisions is not None and int(revisions[1]) < int(revisions[2])
    return Change(
        file=file,
        id=f"{stem}-manifests",
        kind="manifests",
        at=None,
        title=f"Manifests that differ, by {stem}",
        state="applied" if is_done else UNCONFIRMED,
        diff="\n".join(lines),
    )


def holds_manifest_diff(lines: Sequence[str]) -> bool:
    """Answer whether lines tell such a difference."""
    return any(line[:1] in ("+", "-") for line in _write(lines))


def _write(lines: Sequence[str]) -> Iterator[str]:
    is_within = is_helm = is_secret = False
    for line in lines:
        head = _ARGO.match(line) or _HELM.match(line)
        if head is not None:
            is_within, is_helm, is_secret = True, head.re is _HELM, head["kind"] == "Secret"
            yield f"@@ {head['namespace'] or 'cluster'}/{head['kind'].lower()}-{head['name']}.yaml @@"
        elif _ASKED.search(line):
            is_within = False
        elif is_within and not is_secret and line.strip():
            if is_helm:
                is_within = line[:2] in ("+ ", "- ", "  ") or line in ("...", "+", "-")
                yield from [line] if is_within else []
            else:
                yield from _write_plain(line)


def _write_plain(line: str) -> Iterator[str]:
    """Write a line of `diff`, whether it was asked for its usual form or for a unified one."""
    if line[:2] in ("< ", "> "):
        yield f"{_SIGNS[line[0]]}{line[2:]}"
    elif line[:1] in ("+", "-", " ") and not line.startswith(("--- ", "+++ ")) and not _NORMAL.match(line):
        yield line
