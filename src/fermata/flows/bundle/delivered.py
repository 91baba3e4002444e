"""What objects and printed text tell of what was delivered, released or rolled out, wherever they stand in a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fermata.flows.bundle.applied_revisions import list_flux_deliveries, read_applied
from fermata.flows.bundle.change_files import add_changes
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.deliveries import list_delivered, read_histories
from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.haul import Haul, hide_object
from fermata.flows.bundle.helm_releases import list_flux_releases, read_helm_releases
from fermata.flows.bundle.manifest_diffs import read_manifest_diff
from fermata.flows.bundle.parsing import parse_json_documents, parse_yaml_documents
from fermata.flows.bundle.rollouts import list_rollouts, read_rollouts
from fermata.kit.digging import dig_maps
from fermata.rules.kubernetes.kubectl.commands import parse_command

_BEFORE = timedelta(hours=1)
_TELLING = ("ReplicaSet", "fluxcd.io/", "argoproj.io/")
"""What stands in objects that tell of deliveries: others are not read a second time."""


def add_delivered(objects: Sequence[Mapping[str, Any]], file: str, haul: Haul) -> None:
    """Add what Kubernetes objects tell, in lists or alone."""
    found = (item for one in objects for item in dig_maps(one.get("items")) or [one])
    items = [hide_object(haul, item) for item in found]
    own = [change for item in items for change in (*list_delivered(item, file), *list_flux_releases(item, file))]
    _add([*own, *list_flux_deliveries(items, file), *list_rollouts(items, file)], haul)


def add_delivered_text(lines: Sequence[str], file: str, stem: str, haul: Haul) -> None:
    """Add what text tells that was printed below the commands that it holds."""
    text = "\n".join(lines)
    manifests = read_manifest_diff(text, file, stem)
    own = [*read_histories(lines, file), *read_helm_releases(text, file), *read_applied(lines, file)]
    _add([*own, *read_rollouts(lines, file), *([manifests] if manifests is not None else [])], haul)


def add_printed_objects(command: str, lines: Sequence[str], file: str, haul: Haul) -> None:
    """Add what the objects tell that a command printed whole."""
    output = parse_command(command).output
    text = "\n".join(lines)
    if output in ("yaml", "json") and any(word in text for word in _TELLING):
        try:
            documents = parse_yaml_documents(text) if output == "yaml" else parse_json_documents(text)
        except Unreadable:  # Whoever reads the text by its lines gets what there is of it.
            return
        add_delivered(list(_list_objects(documents)), file, haul)


def _list_objects(documents: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    return (document for document in documents if isinstance(document, Mapping))


def _add(changes: Sequence[Change], haul: Haul) -> None:
    """Add changes; where nobody says when, before the alert, if one of them is what brought it."""
    add_changes(changes, haul, min((alert.starts_at - _BEFORE for alert in haul.alerts), default=None))
