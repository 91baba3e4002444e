"""A kubectl command line, taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

from fermata.rules.kubernetes.kinds import find_kind

ANY_NAMESPACE = "*"

VERBS = frozenset({"get", "describe", "logs", "top", "events"})
"""What prints something that is read."""
_PROGRAMS = frozenset({"kubectl", "k", "oc", "kubecolor", "microk8s.kubectl", "kubectl.exe"})
# What the shell makes of a line's rest: a comment, another command, a file to write to.
_SHELL_REST = re.compile(r"\s(?:#|&|[0-9]?>).*|;.*", re.DOTALL)
_WITH_VALUE = frozenset(
    {
        "-n",
        "--namespace",
        "-o",
        "--output",
        "-l",
        "--selector",
        "--field-selector",
        "--sort-by",
        "-c",
        "--container",
        "--context",
        "--cluster",
        "--kubeconfig",
        "--user",
        "-L",
        "--label-columns",
        "--since",
        "--since-time",
        "--tail",
        "--chunk-size",
        "--for",
        "--types",
        "-s",
        "--server",
        "--as",
        "--as-group",
        "--token",
        "--request-timeout",
        "--cache-dir",
        "--template",
        "-f",
        "--filename",
        "-v",
    }
)
_ALL = (
    "Pod",
    "Service",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "CronJob",
    "Job",
)


class Command(NamedTuple):
    """What a command asked for."""

    verb: str
    """get, describe, logs, top, events; empty when it is no kubectl command."""
    kinds: tuple[str, ...] = ()
    """In the API's spelling, in the order asked for; a kind that is not known is left out."""
    names: tuple[tuple[str, str], ...] = ()
    """Kind and name of each object asked for; empty asks for all of them."""
    namespace: str | None = None
    """`*` is all of them; `None` was not told, so the caller's own."""
    output: str = ""
    """wide, yaml, json, name, or anything else that was asked for."""
    partial: bool = False
    """Whether a selector or a pipe may have left objects out."""
    piped: bool = False
    """Whether another program had its hands on the text: lines may be missing, the header too."""
    previous: bool = False
    container: str = ""


def parse_command(line: str) -> Command:
    """Return what a command line asks for; any text is taken, and what cannot be understood asks for nothing."""
    line, _, rest = line.partition("|")
    words = line.split()
    if not rest and ";" not in line and words[:1] == ["kubectl"] and words[1:2] in (["get"], ["describe"]):
        usual = _parse_usual(words)
        if usual is not None:
            return usual
    flags: dict[str, str] = {}
    plain = _split_flags(_drop_program(_SHELL_REST.sub("", line).split()), flags)
    if not plain:
        return Command("")
    kinds, names = _read_targets(plain[0], plain[1:])
    everywhere = "-A" in flags or flags.get("--all-namespaces", "false") != "false"
    namespace = flags.get("-n", flags.get("--namespace"))
    return Command(
        verb=plain[0],
        kinds=kinds,
        names=names,
        namespace=ANY_NAMESPACE if everywhere else namespace,
        output=flags.get("-o", flags.get("--output", "")),
        partial=bool(rest.strip()) or any(flag in flags for flag in ("-l", "--selector", "--field-selector")),
        piped=bool(rest.strip()),
        previous=flags.get("--previous", flags.get("-p", "false")) != "false",
        container=flags.get("-c", flags.get("--container", "")),
    )


def _drop_program(words: list[str]) -> list[str]:
    """Return what is asked of kubectl, whatever runs it: `sudo k3s kubectl`, `KUBECONFIG=x kubectl`, `time kubectl`."""
    for position, word in enumerate(words):
        if word in VERBS:
            break
        if word.rsplit("/", 1)[-1] in _PROGRAMS:
            return words[position + 1 :]
    return words


def _parse_usual(words: list[str]) -> Command | None:
    """Return a command of the form that a captured cluster holds by the thousand; `None` for any other."""
    kind = find_kind(words[2]) if len(words) > 2 else None
    if kind is None:
        return None
    names: list[tuple[str, str]] = []
    flags: dict[str, str | None] = {"-n": None, "-o": "", "-l": None}
    position = 3
    while position < len(words):
        word = words[position]
        position += 1
        if word in flags and position < len(words):
            flags[word] = words[position]
            position += 1
        elif word[0].isalnum() and ">" not in word:
            names.append((kind.name, word))
        elif word != "--show-labels":
            return None
    return Command(
        words[1], (kind.name,), tuple(names), flags["-n"], flags["-o"] or "", partial=flags["-l"] is not None
    )


def _split_flags(words: list[str], flags: dict[str, str]) -> list[str]:
    plain: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and name in _WITH_VALUE and position < len(words):
            value, equals = words[position], "="
            position += 1
        elif not equals and not name.startswith("--") and name[:2] in _WITH_VALUE and len(name) > 2:
            name, value, equals = name[:2], name[2:], "="  # As in `-owide` and `-nshop`.
        flags[name] = value.strip("'\"") if equals else "true"
    return plain


def _read_targets(verb: str, words: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    if verb == "logs":
        return _read_logs_target(words)
    if verb == "events":
        return ("Event",), ()
    if not words:
        return (), ()
    if "/" in words[0]:
        named = [_read_slashed(word) for word in words if "/" in word]
        names = tuple((kind, name) for kind, name in named if kind)
        return tuple(dict.fromkeys(kind for kind, _ in names)), names
    asked = [part for part in words[0].split(",") if part]
    kinds = tuple(kind for part in asked for kind in (_ALL if part == "all" else (_kind_of(part),)) if kind)
    return kinds, tuple((kind, name) for kind in kinds for name in words[1:])


def _read_logs_target(words: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    if not words:
        return (), ()
    kind, name = _read_slashed(words[0]) if "/" in words[0] else ("Pod", words[0])
    return ((kind,), ((kind, name),)) if kind else ((), ())


def _read_slashed(word: str) -> tuple[str, str]:
    kind, _, name = word.partition("/")
    return _kind_of(kind), name


def _kind_of(word: str) -> str:
    found = find_kind(word)
    return found.name if found is not None else ""
