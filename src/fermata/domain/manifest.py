"""A change to a declared object, independent of where its manifest lies."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fermata.domain.record import Record, Text


class FieldEdit(Record):
    """One field and its new value."""

    path: tuple[str | int, ...] = Field(min_length=1)
    """Keys from the object's root. A list of named things is entered by name: `("spec", "template", "spec",
    "containers", "checkout", "resources", "limits", "memory")`; a list without names by index."""
    value: Any
    """JSON value; `None` removes the field."""
    was: Any = None
    """The live value, for the search: a manifest that says something else is still the same object's."""


class ManifestPatch(Record):
    """What has to change in the manifest of one object."""

    api_version: Text
    kind: Text
    name: Text
    namespace: str = ""
    """Empty when the manifest may leave it to its tool."""
    manager: Text
    """Who writes the object: `Argo CD application shop`, `Flux kustomization apps`, `Helm release checkout`."""
    edits: tuple[FieldEdit, ...] = Field(min_length=1)
    hint: str = ""
    """Where the manager says it reads from (a repository address, a path), for the search; may be empty."""
