"""What a passage of a runbook names that can be looked up: variables, files, images, objects, and who is told to act.

A name counts only where its writing says what it is: in code, as `$NAME`, as `NAME=`, or beside the word for it. Prose
in capitals is not a variable, and a sentence that ends in `yaml.` names no file. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.evidence import EvidenceLine


class MentionKind(StrEnum):
    """What a name is the name of."""

    VARIABLE = "variable"
    FILE = "file"
    IMAGE = "image"
    OBJECT = "object"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Mention:
    """One name in a passage."""

    kind: MentionKind
    name: str
    """As it is looked up: `DATABASE_URL`, `config.yaml`, `shop/checkout:1.4`, `deployment/checkout`, `systemctl`."""
    line: int
    words: frozenset[str]
    """Of its line, in lower case: what the name is about."""


_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_MARKED_VARIABLE = re.compile(rf"\$\{{?({_VARIABLE.pattern})\b|(?<![\w$])({_VARIABLE.pattern})\s*=(?!=)")
_VARIABLE_WORDS = frozenset({"env", "environment", "variable", "variables", "envvar"})
_FILE = re.compile(r"(?<![\w.*<{-])[\w./~-]*[\w-]\.(?:ya?ml|json|toml|ini|conf|cfg|properties|env|xml)\b(?![\w.*/:-])")
# A tag, or a digest, at the end of a path: what stands after a host and a port is a path, not a tag.
_IMAGE = re.compile(r"(?<![\w/:.@-])(?:[\w.-]+(?::\d+)?/)?[a-z0-9][\w.-]*(?:/[\w.-]+)*:v?\d[\w.-]*(?![\w/:])")
_KINDS = {
    **dict.fromkeys(("deployment", "deployments", "deploy"), "deployment"),
    **dict.fromkeys(("statefulset", "statefulsets", "sts"), "statefulset"),
    **dict.fromkeys(("daemonset", "daemonsets", "ds"), "daemonset"),
    **dict.fromkeys(("service", "services", "svc"), "service"),
    **dict.fromkeys(("configmap", "configmaps", "cm"), "configmap"),
    **dict.fromkeys(("secret", "secrets"), "secret"),
    **dict.fromkeys(("ingress", "ingresses", "ing"), "ingress"),
    **dict.fromkeys(("cronjob", "cronjobs", "cj"), "cronjob"),
    **dict.fromkeys(("persistentvolumeclaim", "pvc"), "persistentvolumeclaim"),
}
_OBJECT = re.compile(
    rf"(?<![\w/-])({'|'.join(sorted(_KINDS, key=len, reverse=True))})[/ ]([a-z0-9][a-z0-9.-]*[a-z0-9])\b"
)
_TOOLS = ("kubectl", "docker", "supervisorctl", "systemctl", "psql", "helm", "podman", "pm2", "service")
_TOOL = re.compile(rf"(?:^|[|;&]\s*|\$\s+|sudo\s+)({'|'.join(_TOOLS)})\s+\w")
_CODE = re.compile(r"``?([^`]+)``?")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_WORD = re.compile(r"[a-z0-9]+")


def find_mentions(lines: Sequence[EvidenceLine]) -> tuple[Mention, ...]:
    """Return what a passage names, each name once, in the order of the text."""
    found: dict[tuple[MentionKind, str], Mention] = {}
    for number, text, codes, is_block in _split(lines):
        words = frozenset(_WORD.findall(text.lower()))
        for kind, name in _list_names(text, codes, words, is_block=is_block):
            found.setdefault((kind, name), Mention(kind, name, number, words))
    return tuple(found.values())


def _split(lines: Sequence[EvidenceLine]) -> Iterator[tuple[int, str, tuple[str, ...], bool]]:
    """Give each line with the parts of it that are code; all of a line between fences is."""
    is_block = False
    for line in lines:
        if _FENCE.match(line.text):
            is_block = not is_block
            continue
        yield line.number, line.text, (line.text,) if is_block else tuple(_CODE.findall(line.text)), is_block


def _list_names(
    text: str, codes: Sequence[str], words: frozenset[str], *, is_block: bool
) -> Iterator[tuple[MentionKind, str]]:
    for match in _MARKED_VARIABLE.finditer(text):
        yield MentionKind.VARIABLE, match[1] or match[2]
    if words & _VARIABLE_WORDS:
        yield from ((MentionKind.VARIABLE, name) for name in _VARIABLE.findall(text))
    for code in codes:
        if _VARIABLE.fullmatch(code.strip()):
            yield MentionKind.VARIABLE, code.strip()
        yield from ((MentionKind.FILE, match[0].rpartition("/")[2]) for match in _FILE.finditer(code))
        yield from ((MentionKind.IMAGE, match[0]) for match in _IMAGE.finditer(code) if "/" in match[0])
        for match in _OBJECT.finditer(code):
            yield MentionKind.OBJECT, f"{_KINDS[match[1]]}/{match[2]}"
        yield from ((MentionKind.TOOL, match[1]) for match in _TOOL.finditer(code if is_block else code.strip()))
