"""Secrets dropped where texts come in: from an alert, and from whatever a collector brought, before any of it is kept.

Collectors hide what they know for a secret. This is the net behind all of them: a title, a commit's subject, an
annotation may quote one, and a map may name one. So the name that a text stands under is asked as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fermata.domain.alert import Alert
from fermata.domain.evidence import Evidence
from fermata.kit.redaction import redact_named

Hide = Callable[[str, str], str]
"""Takes the name that a text stands under (empty: none) and the text; returns the text without secrets."""


def hide_alert(alert: Alert, hide: Hide) -> Alert:
    """Return the alert with every text of it passed through `hide`; the same one when that changes nothing.

    What identifies it (source, fingerprint, start) stays; a label that held a secret keeps its name.
    """
    given = {"name": alert.name, "value": alert.value, "generator_url": alert.generator_url}
    hidden: dict[str, object] = {name: hide("", text) for name, text in given.items()}
    maps = {"labels": dict(alert.labels), "annotations": dict(alert.annotations)}
    hidden |= {name: {key: hide(key, text) for key, text in texts.items()} for name, texts in maps.items()}
    return alert if hidden == given | maps else Alert(**(alert.to_json() | hidden))


def hide_evidence(item: Evidence, hide: Hide) -> Evidence:
    """Return what a collector brought without secrets in its title, query and facts; its lines are hidden already."""
    given = {"title": item.title, "query": item.query, "cut": item.cut, "facts": item.facts}
    hidden = {name: hide_deep(value, hide) for name, value in given.items()}
    return item if hidden == given else Evidence(**(dict(item) | hidden | {"redactions": item.redactions + 1}))


def hide_deep(value: Any, hide: Hide, name: str = "") -> Any:
    """Return a value of JSON types with every text in it hidden, and what stands under the name of a secret whole.

    Args:
        name: What the value stands under; of a list each item stands under the list's own.
    """
    if isinstance(value, str):
        return hide(name, value)
    if isinstance(value, Mapping):
        named = _find_named(value)
        return {
            hide("", str(key)): hide_deep(item, hide, named if named and key == "value" else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [hide_deep(item, hide, name) for item in value]
    return value


def _find_named(value: Mapping[Any, Any]) -> str:
    """Return the name in a pair of `name` and `value`, as variables are written; empty when it is no such pair."""
    name = value.get("name") or value.get("key")
    return name if isinstance(name, str) and isinstance(value.get("value"), str) else ""


@lru_cache(maxsize=4096)
def hide_text(name: str, text: str) -> str:
    """Return a text without secrets. A storm says the same words a thousand times, so they are remembered."""
    return redact_named(name, text).text
