"""Text that kubectl printed, saved without the command that printed it: told apart and given a command again.

A file may hold one `describe` or many, tables, or a whole terminal session with its prompts. The commands that are
guessed name the kind and, where it is printed, the namespace: what readers of kubectl's text go by. What a session's
aliases and loops printed is guessed likewise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.flows.bundle.delivery_commands import find_delivery_command
from fermata.flows.bundle.prompts import Given, find_kubectl, is_prompt
from fermata.rules.kubernetes.kinds import KINDS
from fermata.rules.kubernetes.kubectl.tables import read_header

_FENCE = re.compile(r"(?:```|~~~)\w*\s*")
_NAME = re.compile(r"^Name: +(\S+)\s*$")
_NAMESPACE = re.compile(r"^Namespace: +(\S+)\s*$")
_CUSTOM = re.compile(r"^Kind: +([A-Z]\w+)\s*$")
# What stands right below an object's name.
_BELOW_NAME = re.compile(r"^(?:Namespace|Project|Labels|Roles|Priority|Role|Selector|Annotations): ")
_FAILED = ("Error from server", "No resources found", "error: ")
# What only this kind's description prints, after kubectl's pkg/describe/describe.go (1.31); the first that fits wins.
_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("node", ("\nAllocatable:",)),
    ("node", ("\nUnschedulable:", "\nTaints:")),
    ("deployment", ("\nStrategyType:",)),
    ("daemonset", ("\nDesired Number of Nodes Scheduled:",)),
    ("cronjob", ("\nSchedule:", "\nSuspend:")),
    ("job", ("\nParallelism:",)),
    ("job", ("\nCompletions:", "\nPods Statuses:")),
    ("statefulset", ("\nUpdate Strategy:",)),
    ("statefulset", ("\nReplicas:", "\nVolume Claims:")),
    ("replicaset", ("\nReplicas:", "\nPods Status:")),
    ("endpoints", ("\nSubsets:",)),
    ("endpointslice", ("\nAddressType:",)),
    ("service", ("\nSession Affinity:",)),
    ("service", ("\nType:", "\nEndpoints:")),
    ("service", ("\nIP Families:",)),
    ("persistentvolume", ("\nReclaim Policy:", "\nClaim:")),
    ("persistentvolumeclaim", ("\nVolumeMode:",)),
    ("persistentvolumeclaim", ("\nAccess Modes:", "\nVolume:")),
    ("storageclass", ("\nProvisioner:", "\nVolumeBindingMode:")),
    ("storageclass", ("\nProvisioner:", "\nReclaimPolicy:")),
    ("networkpolicy", ("PodSelector:",)),
    ("ingress", ("\nRules:", "Backends")),
    ("ingress", ("\nDefault backend:",)),
    ("horizontalpodautoscaler", ("\nReference:", "\nMetrics:")),
    ("poddisruptionbudget", ("\nAllowed disruptions:",)),
    ("serviceaccount", ("\nMountable secrets:",)),
    ("serviceaccount", ("\nImage pull secrets:", "\nTokens:")),
    ("resourcequota", ("\nResource", "Used", "Hard")),
    ("limitrange", ("\nType", "Resource", "Default Request")),
    ("rolebinding", ("\nRole:", "\nSubjects:")),
    ("role", ("\nPolicyRule:",)),
    ("pod", ("\nContainers:",)),
    ("application", ("\nSync Policy:", "\nSync Status:")),
    ("namespace", ("\nStatus:", "esource quota")),
    ("secret", ("\nType:", "\nData\n====")),
    ("configmap", ("\nData\n====",)),
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A part of a text with the command that prints such a part."""

    command: str
    """Empty when nobody knows."""
    start: int
    """Index of its first line in the text."""
    lines: Sequence[str]


def split_printed(lines: Sequence[str]) -> list[Printed] | None:
    """Return the parts of a text in order, or `None` when none of it is what kubectl prints."""
    given = [(index, found) for index, line in enumerate(lines) if (found := _find_given(line)) is not None]
    if given:
        return _split_session(lines, given)
    parts = _split_unnamed(lines, 0)
    if any(part.command for part in parts):
        return parts
    first = next((line for line in lines if line.strip()), "")
    return [Printed("", 0, lines)] if first.startswith(_FAILED) else None


def _find_given(line: str) -> Given | None:
    if (found := find_kubectl(line)) is not None:
        return found
    command = find_delivery_command(line)
    return Given("", command) if command is not None else None


def _split_session(lines: Sequence[str], given: Sequence[tuple[int, Given]]) -> list[Printed]:
    """Part a text at its prompts. What other programs, aliases and loops printed is taken for what it looks like."""
    prompts = frozenset(filter(None, (found.prompt for _, found in given)))
    commands = {index: found.command for index, found in given}
    others = {
        index: ""
        for index, line in enumerate(lines)
        if index not in commands and (_FENCE.fullmatch(line) or is_prompt(line, prompts))
    }
    starts = sorted({-1: "", **others, **commands}.items())
    parts: list[Printed] = []
    for (index, command), end in zip(starts, [*(index for index, _ in starts[1:]), len(lines)], strict=True):
        printed = lines[index + 1 : end]
        if command:
            parts.append(Printed(command, index + 1, printed))
        else:
            parts += _split_unnamed(printed, index + 1)
    return parts


def _split_unnamed(lines: Sequence[str], offset: int) -> list[Printed]:
    """Part lines by what they look like: descriptions, tables, and between them what is neither.

    Args:
        offset: Index of the first line in the whole text.
    """
    heads = [index for index, line in enumerate(lines) if _NAME.match(line) and _is_head(lines, index)]
    first = heads[0] if heads else len(lines)
    parts = _split_tables(lines[:first], offset)
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=False):
        parts.append(Printed(_name_description(lines[start:end]), offset + start, lines[start:end]))
    return parts


def _is_head(lines: Sequence[str], index: int) -> bool:
    """Answer whether a `Name:` begins an object: by the blank lines before it, or what stands below it."""
    blank = not any(line.strip() for line in lines[max(index - 1, 0) : index])
    return blank or any(_BELOW_NAME.match(line) for line in lines[index + 1 : index + 2])


def _name_description(lines: Sequence[str]) -> str:
    text = "\n" + "\n".join(lines)
    kind = next((kind for kind, fields in _FIELDS if all(field in text for field in fields)), "")
    kind = kind or next((match[1].lower() for line in lines if (match := _CUSTOM.match(line))), "")
    name = next((match[1] for line in lines if (match := _NAME.match(line))), "")
    namespace = next((match[1] for line in lines[:5] if (match := _NAMESPACE.match(line))), "")
    if not kind:
        return ""
    if kind == "application" and "/" in name:  # Its `Namespace` is where it delivers to.
        namespace, _, name = name.rpartition("/")
    return f"kubectl describe {kind} {name}" + (f" -n {namespace}" if namespace else "")


def _split_tables(lines: Sequence[str], offset: int) -> list[Printed]:
    starts = [
        (index, command)
        for index, line in enumerate(lines)
        if (command := _name_table(line, lines[index + 1 : index + 9]))
    ]
    starts = [(0, ""), *starts] if not starts or starts[0][0] > 0 else starts
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    parts = [Printed(command, offset + at, lines[at:end]) for (at, command), end in zip(starts, ends, strict=True)]
    return [part for part in parts if part.command or any(line.strip() for line in part.lines)]


def _name_table(line: str, rows: Sequence[str]) -> str:
    """Return the command that prints a table under this line, or empty text when it is no head of one."""
    head: Sequence[str] = re.split(r" {2,}|\t", line.rstrip())
    if len(head) < 2 and (together := read_header(line.rstrip())) is not None:
        head = together.titles  # A chat left one blank between them.
    if len(head) < 2 or not all(cell == cell.upper() or "(" in cell for cell in head):
        return ""
    everywhere = " -A" if head[0] == "NAMESPACE" else ""
    columns = tuple(head[1:] if everywhere else head)
    if columns[:2] == ("LAST SEEN", "TYPE"):
        return f"kubectl get events{everywhere}"
    if "CPU(cores)" in columns:
        return "kubectl top nodes" if "CPU%" in columns or "CPU(%)" in columns else f"kubectl top pods{everywhere}"
    # `get all` and `get a,b` write the kind before the name.
    first = next((row.split() for row in rows if row.strip()), [])
    named = first[1 if everywhere and len(first) > 1 else 0] if first else ""
    if "/" in named and columns[0] == "NAME":
        return f"kubectl get {named.partition('/')[0].partition('.')[0]}{everywhere}"
    fitting = [kind for kind in KINDS if _fits(columns, kind.columns)]
    best = max(fitting, key=lambda kind: len(kind.columns), default=None)
    wide = " -o wide" if best is not None and len(columns) > len(best.columns) and "LABELS" not in columns else ""
    return f"kubectl get {best.name.lower()}{everywhere}{wide}" if best is not None else ""


def _fits(columns: tuple[str, ...], known: tuple[str, ...]) -> bool:
    return known != ("NAME", "AGE") and columns[: len(known)] == known
