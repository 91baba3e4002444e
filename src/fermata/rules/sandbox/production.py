"""Nothing of what the experiment touches calls itself production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fermata.domain.sandbox import Bearer, SandboxFinding
from fermata.rules.sandbox.case import Case, meet, refuse
from fermata.rules.sandbox.likeness import find_production_word

_LONGEST_NOTE = 200
"""Annotations beyond this are documents (what was last applied), not names."""


def check_production(case: Case) -> SandboxFinding:
    """No name, label, host or context carries a word for production; with no word nothing could be told from it."""
    if not any(case.limits.production_words):
        return refuse(
            "production",
            "chaos.production_words holds none, so that production cannot be told from a sandbox: leave it out, or "
            "name how yours is called",
        )
    for what, text in _list_names(case):
        if word := find_production_word(text, case.limits.production_words):
            return refuse(
                "production",
                f'{what} {text[:80]!r} carries "{word}": a rehearsal is for a sandbox. If it is none of production, '
                "give it a name that says so, or change chaos.production_words",
            )
    return meet("production", "No name, label or host carries a word for production")


def find_production_label(bearer: Bearer, words: Sequence[str]) -> str:
    """Return which of a bearer's names carries a word for production, in words; empty where none does."""
    for what, text in (("its name", bearer.name), *_list_pairs("its label", bearer.labels)):
        if len(text) <= _LONGEST_NOTE and (word := find_production_word(text, words)):
            return f'{what} {text[:80]!r} carries "{word}"'
    return ""


def _list_names(case: Case) -> Iterator[tuple[str, str]]:
    target, facts = case.experiment.target, case.facts
    yield "the service", target.service
    yield "the called service", target.callee
    yield "the namespace", target.namespace
    yield "the proxy's address", target.address
    yield "the place", facts.place
    yield "what the proxy passes calls on to,", facts.upstream
    yield "the cluster's context", facts.context
    yield from _list_pairs("the label", target.labels, target.callee_labels)
    yield from _list_pairs("the namespace's label", facts.namespace_labels or {})
    for name, text in (facts.namespace_annotations or {}).items():
        if len(text) <= _LONGEST_NOTE:
            yield "the namespace's annotation", f"{name}={text}"
    for pod in (*(facts.pods or ()), *(facts.callee_pods or ())):
        yield "the node", pod.node
        yield from _list_pairs("the replica's label", pod.labels)


def _list_pairs(what: str, *maps: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for pairs in maps:
        for name, text in pairs.items():
            if not name.endswith("-hash"):  # Letters drawn by lot, which spell anything.
                yield what, f"{name}={text}"
