"""Objects that something else writes, and would write back: Argo CD, Flux, Helm. Pure.

A change made to such an object by hand is undone at its manager's next look, or is lost at its next release. So an
action on one becomes a pull request to where the manager reads from.

Sources, read November 2026: Argo CD, "Resource Tracking" (annotation `argocd.argoproj.io/tracking-id`, label
`app.kubernetes.io/instance` where an installation tracks by label); Flux, "Kustomization" and "HelmRelease" (labels
`kustomize.toolkit.fluxcd.io/*`, `helm.toolkit.fluxcd.io/*`); Helm, "Labels and Annotations" and its release
annotations `meta.helm.sh/*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fermata.integrations.kubernetes.digging import labels_of
from fermata.kit.digging import dig_map, dig_maps, dig_text

_ARGO_ID = "argocd.argoproj.io/tracking-id"
_ARGO_LABEL = "argocd.argoproj.io/instance"
_FLUX_KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/"
_FLUX_RELEASE = "helm.toolkit.fluxcd.io/"
_HELM = "meta.helm.sh/"
_INSTANCE = "app.kubernetes.io/instance"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_WRITERS = {"argocd": "Argo CD", "kustomize-controller": "Flux", "helm-controller": "Flux", "helm": "Helm"}
"""Prefixes of the field managers under which they write."""


@dataclass(frozen=True, slots=True)
class Manager:
    """What writes an object."""

    tool: str
    """`Argo CD`, `Flux` or `Helm`."""
    name: str
    """In words: `Argo CD application shop`, `Flux kustomization apps`, `Helm release checkout`."""
    hint: str = ""
    """What helps to find its source: the application's, kustomization's or release's name and namespace, a chart."""
    why: str = ""
    """By what it was recognised: the label or annotation with its value."""


def find_manager(item: Mapping[str, Any]) -> Manager | None:
    """Return what manages an object; `None` when nothing that would undo a change is known to.

    What reconciles all the time wins over what only wrote it: a chart that Argo CD or Flux releases carries Helm's
    marks too. A label that anybody may set (`app.kubernetes.io/instance`) counts only beside the writer's own trace.

    Args:
        item: In the API's shape; only its metadata is read.
    """
    labels = _read_words(labels_of(item))
    annotations = _read_words(dig_map(item, "metadata", "annotations"))
    writers = _list_writers(item)
    return _find_argo(labels, annotations, writers) or _find_flux(labels, writers) or _find_helm(labels, annotations)


def _find_argo(labels: Mapping[str, str], annotations: Mapping[str, str], writers: Mapping[str, str]) -> Manager | None:
    tracked = annotations.get(_ARGO_ID, "")
    if tracked:
        # `shop:apps/Deployment:shop/checkout`, or `<namespace>_shop:...` for an application outside Argo's namespace.
        application = tracked.partition(":")[0]
        namespace, _, name = application.rpartition("_")
        hint = f"{namespace}/{name}" if namespace else name
        return Manager("Argo CD", f"Argo CD application {name}", hint, f"annotation {_ARGO_ID}: {tracked}")
    if name := labels.get(_ARGO_LABEL, ""):
        return Manager("Argo CD", f"Argo CD application {name}", name, f"label {_ARGO_LABEL}: {name}")
    if writer := writers.get("Argo CD"):
        name = labels.get(_INSTANCE, "")
        words = f"Argo CD application {name}" if name else "Argo CD"
        return Manager("Argo CD", words, name, f"field manager {writer}")
    return None


def _find_flux(labels: Mapping[str, str], writers: Mapping[str, str]) -> Manager | None:
    for prefix, words in ((_FLUX_KUSTOMIZATION, "kustomization"), (_FLUX_RELEASE, "Helm release")):
        if name := labels.get(f"{prefix}name", ""):
            namespace = labels.get(f"{prefix}namespace", "")
            hint = f"{namespace}/{name}" if namespace else name
            return Manager("Flux", f"Flux {words} {name}", hint, f"label {prefix}name: {name}")
    if writer := writers.get("Flux"):
        return Manager("Flux", "Flux", "", f"field manager {writer}")
    return None


def _find_helm(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Manager | None:
    release = annotations.get(f"{_HELM}release-name", "")
    if not release and labels.get(_MANAGED_BY) != "Helm":
        return None
    name = release or labels.get(_INSTANCE, "")
    chart = labels.get("helm.sh/chart", "")
    namespace = annotations.get(f"{_HELM}release-namespace", "")
    place = f"{namespace}/{name}" if namespace else name
    why = f"annotation {_HELM}release-name: {release}" if release else f"label {_MANAGED_BY}: Helm"
    words = f"Helm release {name}" if name else "Helm"
    return Manager("Helm", words, " ".join(filter(None, (place, f"chart {chart}" if chart else ""))), why)


def _list_writers(item: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the field managers of known tools, by tool."""
    found: dict[str, str] = {}
    for entry in dig_maps(item, "metadata", "managedFields"):
        name = dig_text(entry, "manager")
        for prefix, tool in _WRITERS.items():
            if name.startswith(prefix):
                found.setdefault(tool, name)
    return found


def _read_words(value: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(key): str(each) for key, each in value.items()}
