"""What was just observed, as the places where a runbook's names are looked up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.record import Instant
from fermata.rules.runbooks.mentions import Mention, MentionKind

# Which tool acts on the workloads of which system; a tool of none of them proves nothing.
_SYSTEMS = {
    **dict.fromkeys(("kubectl", "helm"), "kubernetes"),
    "docker": "docker",
    "supervisorctl": "supervisor",
    **dict.fromkeys(("systemctl", "service"), "systemd"),
    "psql": "",
    "podman": "podman",
    "pm2": "pm2",
}
_LIVE = frozenset({EvidenceKind.STATE, EvidenceKind.OBJECTS, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED})
_SHORTEST_SHARED = 4
"""Letters of a word that two names share before one is offered in place of the other: `url` and `env` say nothing."""


@dataclass(slots=True)
class LiveState:
    """What runs, as far as it was observed."""

    variables: set[str] = field(default_factory=set)
    """Names, of every workload that was looked at."""
    texts: list[str] = field(default_factory=list)
    """Commands, images, values, mounts and keys: where a file or an image would be referred to."""
    objects: set[str] = field(default_factory=set)
    """`kind/name`, in lower case."""
    whole_kinds: set[str] = field(default_factory=set)
    """Kinds of which every object of a namespace was listed, in lower case."""
    systems: set[str] = field(default_factory=set)
    """Which run workloads here."""
    observed_at: list[Instant] = field(default_factory=list)

    @property
    def oldest(self) -> Instant | None:
        """Return when the oldest of it was observed; `None` when nothing was."""
        return min(self.observed_at, default=None)

    def has(self, mention: Mention) -> bool | None:
        """Answer whether what is named exists; `None` when what was observed cannot tell."""
        name = mention.name
        if mention.kind is MentionKind.VARIABLE:
            return name in self.variables if self.variables else None
        if mention.kind is MentionKind.OBJECT:
            kind = name.partition("/")[0]
            return name in self.objects or (False if kind in self.whole_kinds else None)
        if mention.kind is MentionKind.TOOL:
            system = _SYSTEMS[name]
            return system in self.systems if system and self.systems else None
        return any(name in text for text in self.texts) if self.texts else None

    def explain_absence(self, mention: Mention) -> str:
        """Return in words what a runbook names and does not exist, with what there is instead where that shows."""
        name = mention.name
        if mention.kind is MentionKind.TOOL:
            return f"acts by {name}, and what it is about runs under {' and '.join(sorted(self.systems))}"
        if mention.kind is MentionKind.OBJECT:
            return f"mentions {name}, which does not exist"
        if mention.kind is MentionKind.IMAGE:
            return f"mentions the image {name}, which nothing runs"
        near = self._find_near(mention)
        instead = f"; the service reads env {near}" if near else ""
        if mention.kind is MentionKind.VARIABLE:
            return f"mentions {name}, which no environment here has{instead}"
        return f"mentions {name}, which nothing that runs refers to{instead}"

    def _find_near(self, mention: Mention) -> str:
        """Return the variable that speaks of the same thing as the line: `DATABASE_URL` where it says `database`."""
        own = {part.lower() for part in mention.name.replace(".", "_").split("_")}
        words = {word for word in mention.words | own if len(word) >= _SHORTEST_SHARED}
        ranked = sorted((-len(words & set(name.lower().split("_"))), name) for name in self.variables)
        return ranked[0][1] if ranked and ranked[0][0] < 0 else ""


def read_live_state(evidence: Iterable[Evidence]) -> LiveState:
    """Return what the latest look observed of workloads, their environment and their objects."""
    live = LiveState()
    for item in evidence:
        if item.kind not in _LIVE:
            continue
        live.observed_at.append(item.observed_at)
        if item.entity.system and item.kind in (EvidenceKind.STATE, EvidenceKind.OBJECTS):
            live.systems.add(item.entity.system)
        if item.kind is EvidenceKind.OBJECTS:
            _add_objects(live, item.facts)
            continue
        variables = item.facts.get("variables") or {}
        live.variables |= set(variables)
        live.texts += [str(value) for value in variables.values()]
        live.texts += [text for name in ("command", "version", "path") if (text := item.facts.get(name))]
    return live


def _add_objects(live: LiveState, facts: Mapping[str, Any]) -> None:
    live.whole_kinds |= {str(kind).partition("/")[0].lower() for kind in facts.get("whole_kinds") or ()}
    for kind, one in _unwrap(facts.get("objects") or ()):
        metadata = one.get("metadata") or {}
        live.objects.add(f"{kind}/{metadata.get('name')}")
        # What a manifest was annotated with is what somebody wrote about it, not what runs.
        parts = {name: value for name, value in one.items() if name != "metadata"}
        live.texts += list(_list_texts(parts))
        for container in _list_containers(one):
            live.variables |= {str(each["name"]) for each in container.get("env") or () if each.get("name")}


def _unwrap(objects: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each object with its kind in lower case; the items of a list have theirs from the list."""
    for one in objects:
        kind = str(one.get("kind") or "")
        if isinstance(one.get("items"), Sequence):
            inner = kind.removesuffix("List").lower()
            yield from ((str(item.get("kind") or inner).lower(), item) for item in one["items"])
        else:
            yield kind.lower(), one


def _list_containers(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    spec = value.get("spec") or {}
    pod = (spec.get("template") or {}).get("spec") or spec
    for name in ("containers", "initContainers"):
        yield from pod.get(name) or ()


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _list_texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _list_texts(inner)
