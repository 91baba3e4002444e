"""Which context of a kubeconfig may be looked at without asking: never one that looks like production."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.sandbox import PRODUCTION_WORDS
from fermata.rules.sandbox.likeness import is_joined, simplify

_WORDS = re.compile(r"[a-z]+|\d+")
_PRODUCTION = frozenset({*PRODUCTION_WORDS, "main", "primary"})
"""Words that stand in names of what customers use. Rather one too many: to be asked costs a key press."""
_NOT_PRODUCTION = frozenset({"non", "not", "pre", "no"})
"""Before such a word they turn it around: `non-prod`, `preprod`."""


@dataclass(frozen=True, slots=True)
class Context:
    """One way into a cluster, as a kubeconfig has it."""

    name: str
    cluster: str
    server: str
    """The API server's address; empty when the cluster is not in the file."""
    namespace: str = ""
    is_current: bool = False


def find_production_word(*names: str) -> str:
    """Return the word in some names that speaks of production; empty when none does.

    `prod-eu`, `gke_shop_production`, `shopprod` speak of it; `product-catalogue`, `non-prod` and `preprod` do not.
    """
    for name in names:
        words: list[str] = _WORDS.findall(simplify(name))
        for position, word in enumerate(words):
            before = words[position - 1] if position else ""
            if before not in _NOT_PRODUCTION and (word in _PRODUCTION or _is_joined(word)):
                return word
    return ""


def _is_joined(word: str) -> bool:
    """Answer whether it is written in one word with something else: `shopprod`, `prodeu`, `livecluster`."""
    if word.startswith(("non", "pre", "produc")):
        return False
    if word.endswith("prod") or (word.startswith("prod") and len(word) <= len("prod") + 3):
        return True
    return any(is_joined(word, known) for known in PRODUCTION_WORDS)


def judge_context(context: Context) -> str:
    """Return why a context must not be taken without a person's word; empty when it may."""
    word = find_production_word(context.name, context.cluster, context.namespace, context.server)
    return f"it looks like production ({word!r} in its name): it is used only when you name it" if word else ""


def choose_context(contexts: Sequence[Context]) -> Context | None:
    """Return the context to propose: the current one, or the only one that does not look like production.

    `None`: nothing may be proposed, since the current one looks like production and several others are there, or none.
    """
    harmless = [context for context in contexts if not judge_context(context)]
    current = next((context for context in harmless if context.is_current), None)
    if current is not None:
        return current
    return harmless[0] if len(harmless) == 1 else None
