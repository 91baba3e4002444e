"""Who may do what: users by token, rules as RBAC writes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What is allowed. `*` stands for everything, as in RBAC."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    """Plural, with a subresource after a slash: `pods/log`."""
    groups: tuple[str, ...] = ("*",)
    namespaces: tuple[str, ...] = ("*",)
    """A named namespace is a Role there; `*` is a ClusterRole. Objects without a namespace need `*`."""


EVERYTHING = Rule(("*",), ("*",))


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks of the authoriser."""

    verb: str
    group: str
    resource: str
    """Plural, with its subresource."""
    namespace: str = ""


def is_allowed(rules: Sequence[Rule], question: Question) -> bool:
    """Answer whether any rule allows it."""
    return any(_covers(rule, question) for rule in rules)


def _covers(rule: Rule, question: Question) -> bool:
    def has(given: tuple[str, ...], wanted: str) -> bool:
        return "*" in given or wanted in given

    return (
        has(rule.verbs, question.verb)
        and has(rule.groups, question.group)
        and has(rule.resources, question.resource)
        and ("*" in rule.namespaces or (question.namespace != "" and question.namespace in rule.namespaces))
    )
