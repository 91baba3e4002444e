"""Descriptions of service accounts, roles and bindings."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import known, put
from fermata.rules.kubernetes.kubectl.outline import Node

_WORDS = re.compile(r"[\[\] ]+")


def read_service_account(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a service account tells; a secret that does not exist is marked `(not found)`."""
    for title, field in (("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")):
        if root.has(title):
            names = [text.removesuffix(" (not found)") for text in root.child(title).texts()]
            body[field] = [{"name": name} for name in names if known(name)]
            missing = [text for text in root.child(title).texts() if text.endswith(" (not found)")]
            put(body, ",".join(missing) or None, "printed", title)


def read_role(body: dict[str, Any], root: Node) -> None:
    """Add the rules of a role: resources (perhaps with their group) and what may be done with them."""
    rules = []
    for cells in _policy_rows(root):
        verbs = [word for word in _WORDS.split(cells[-1]) if word]
        resource, _, group = cells[0].partition(".")
        rules.append({"apiGroups": [group], "resources": [resource], "verbs": verbs})
    body["rules"] = rules


def _policy_rows(root: Node) -> list[list[str]]:
    rows = root.child("PolicyRule").rows()
    return [cells for cells in rows if len(cells) > 1 and not cells[0].startswith(("[", "Resources", "--"))]


def read_role_binding(body: dict[str, Any], root: Node) -> None:
    """Add what a binding binds to whom."""
    role = root.child("Role")
    kind, name = role.get("Kind"), role.get("Name")
    if kind is not None and name is not None:
        body["roleRef"] = {"kind": kind, "name": name}
    subjects = []
    for cells in root.child("Subjects").rows():
        subject = dict(zip(("kind", "name", "namespace"), cells, strict=False))
        subjects.append(subject)
    if root.has("Subjects"):
        body["subjects"] = subjects
