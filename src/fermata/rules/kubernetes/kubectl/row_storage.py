"""Rows of claims, volumes and storage classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import access_modes, known, put

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DEFAULT = " (default)"


def read_claim(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a claim tells; a class that is not set is the empty text, as no class is."""
    put(body, known(cells.get("STATUS")), "status", "phase")
    put(body, known(cells.get("VOLUME")), "spec", "volumeName")
    put(body, known(cells.get("CAPACITY")), "status", "capacity", "storage")
    modes = access_modes(cells.get("ACCESS MODES", ""))
    if modes:
        put(body, modes, "status", "accessModes")
    put(body, cells.get("STORAGECLASS"), "spec", "storageClassName")
    put(body, known(cells.get("VOLUMEMODE")), "spec", "volumeMode")


def read_volume(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a volume tells."""
    put(body, known(cells.get("CAPACITY")), "spec", "capacity", "storage")
    modes = access_modes(cells.get("ACCESS MODES", ""))
    if modes:
        put(body, modes, "spec", "accessModes")
    put(body, known(cells.get("RECLAIM POLICY")), "spec", "persistentVolumeReclaimPolicy")
    put(body, known(cells.get("STATUS")), "status", "phase")
    put(body, claim_ref(cells.get("CLAIM", "")), "spec", "claimRef")
    put(body, cells.get("STORAGECLASS"), "spec", "storageClassName")
    put(body, known(cells.get("REASON")), "status", "reason")
    put(body, known(cells.get("VOLUMEMODE")), "spec", "volumeMode")


def claim_ref(text: str) -> dict[str, str] | None:
    """Return the claim of `namespace/name`, or `None`."""
    namespace, slash, name = text.partition("/")
    return {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name} if slash and name else None


def read_storage_class(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a storage class tells."""
    put(body, known(cells.get("PROVISIONER")), "provisioner")
    put(body, known(cells.get("RECLAIMPOLICY")), "reclaimPolicy")
    put(body, known(cells.get("VOLUMEBINDINGMODE")), "volumeBindingMode")
    expansion = known(cells.get("ALLOWVOLUMEEXPANSION"))
    put(body, None if expansion is None else expansion == "true", "allowVolumeExpansion")
    if cells.get("NAME", "").endswith(_DEFAULT):
        put(body, "true", "metadata", "annotations", DEFAULT_CLASS)
