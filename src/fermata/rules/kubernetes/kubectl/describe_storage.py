"""Descriptions of claims, volumes and storage classes."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import access_modes, known, put, split_list
from fermata.rules.kubernetes.kubectl.outline import Node, read_selector
from fermata.rules.kubernetes.kubectl.row_storage import DEFAULT_CLASS, claim_ref

_TERM = re.compile(r"(\S+) (not in|in|exists|does not exist|>|<)(?: \[([^\]]*)\])?")
_OPERATORS = {"in": "In", "not in": "NotIn", "exists": "Exists", "does not exist": "DoesNotExist", ">": "Gt", "<": "Lt"}
_SOURCES = {
    "HostPath": "hostPath",
    "LocalVolume": "local",
    "NFS": "nfs",
    "CSI": "csi",
}


def read_claim(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a claim tells; what it is used by stands under `printed`."""
    _read_shared(body, root)
    put(body, root.get("Volume"), "spec", "volumeName")
    put(body, root.get("Capacity"), "status", "capacity", "storage")
    modes = access_modes(root.get("Access Modes") or "")
    put(body, modes or None, "status", "accessModes")
    if root.has("Selector"):
        put(body, read_selector(root.get("Selector") or ""), "spec", "selector", "matchLabels")
    users = [text for text in root.child("Used By").texts() if known(text)]
    put(body, ",".join(users) or None, "printed", "Used By")


def read_volume(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a volume tells."""
    _read_shared(body, root)
    put(body, claim_ref(root.get("Claim") or ""), "spec", "claimRef")
    put(body, root.get("Reclaim Policy"), "spec", "persistentVolumeReclaimPolicy")
    put(body, root.get("Capacity"), "spec", "capacity", "storage")
    modes = access_modes(root.get("Access Modes") or "")
    put(body, modes or None, "spec", "accessModes")
    put(body, root.get("Message"), "status", "message")
    put(body, _read_affinity(root.child("Node Affinity")), "spec", "nodeAffinity")
    source = root.child("Source")
    field = _SOURCES.get((source.get("Type") or "").partition(" ")[0])
    if field is not None:
        found: dict[str, Any] = {}
        for title, name in (("Path", "path"), ("Server", "server"), ("Driver", "driver"), ("HostPathType", "type")):
            put(found, source.get(title), name)
        put(body, found, "spec", field)


def _read_shared(body: dict[str, Any], root: Node) -> None:
    if root.has("StorageClass"):
        # No class and a class that is not set are printed alike.
        put(body, root.get("StorageClass") or "", "spec", "storageClassName")
    word = root.get("Status")
    if word is not None and word.startswith("Terminating"):
        put(body, "unknown", "metadata", "deletionTimestamp")
    else:
        put(body, word, "status", "phase")
    put(body, root.get("VolumeMode"), "spec", "volumeMode")
    finalizers = split_list((root.get("Finalizers") or "").strip("[]").replace(" ", ","))
    put(body, finalizers or None, "metadata", "finalizers")


def _read_affinity(node: Node) -> dict[str, Any] | None:
    terms = []
    for term in node.child("Required Terms").children:
        expressions = [found for text in term.texts() if (found := _read_expression(text))]
        terms.append({"matchExpressions": expressions})
    return {"required": {"nodeSelectorTerms": terms}} if terms else None


def _read_expression(text: str) -> dict[str, Any]:
    match = _TERM.fullmatch(text.strip())
    if match is None:
        return {}
    found: dict[str, Any] = {"key": match[1], "operator": _OPERATORS[match[2]]}
    put(found, split_list(match[3]) if match[3] else None, "values")
    return found


def read_storage_class(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a storage class tells."""
    for title, field in (
        ("Provisioner", "provisioner"),
        ("ReclaimPolicy", "reclaimPolicy"),
        ("VolumeBindingMode", "volumeBindingMode"),
    ):
        put(body, root.get(title), field)
    expansion = root.get("AllowVolumeExpansion")
    put(body, None if expansion is None else expansion.lower() == "true", "allowVolumeExpansion")
    parameters = {key: value for part in root.child("Parameters").texts() for key, value in read_selector(part).items()}
    put(body, parameters or None, "parameters")
    if root.get("IsDefaultClass") == "Yes":
        put(body, "true", "metadata", "annotations", DEFAULT_CLASS)
