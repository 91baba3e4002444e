"""Failing lines that came up with the fault, of those that are loud enough to tie a change to."""

from __future__ import annotations

from fermata.rules.changes.symptoms import LOUD, Symptoms, Telling


def list_news(symptoms: Symptoms) -> list[Telling]:
    """Return what was never logged before the fault, and is a warning at least or names a kind of failure."""
    return [one for one in symptoms.tellings if one.before == 0 and one.weight >= LOUD]
