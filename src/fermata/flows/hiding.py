"""Secrets dropped from an alert before anything of it is kept: an annotation may quote one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from fermata.domain.alert import Alert
from fermata.kit.redaction import redact


def hide_alert(alert: Alert, hide: Callable[[str], str]) -> Alert:
    """Return the alert with every text of it passed through `hide`; the same one when that changes nothing.

    What identifies it (source, fingerprint, start) stays; a label that held a secret keeps its name.
    """
    given = {"name": alert.name, "value": alert.value, "generator_url": alert.generator_url}
    hidden: dict[str, object] = {name: hide(text) for name, text in given.items()}
    maps = {"labels": dict(alert.labels), "annotations": dict(alert.annotations)}
    hidden |= {name: {key: hide(text) for key, text in texts.items()} for name, texts in maps.items()}
    return alert if hidden == given | maps else Alert(**(alert.to_json() | hidden))


@lru_cache(maxsize=4096)
def hide_text(text: str) -> str:
    """Return a text without secrets. A storm says the same words a thousand times, so they are remembered."""
    return redact(text).text
