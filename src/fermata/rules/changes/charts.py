"""Whose manifests a change touches: of a chart, a release or an overlay, whose files name no object themselves.

A template of Helm names what it makes by `{{ include "shop.fullname" . }}`, and an overlay patches what stands in its
base: neither is the name of a service. What runs says by its labels which chart, which release and which application
of Argo CD or Flux it came from (helm.sh, "Labels and Annotations"; argo-cd.readthedocs.io, "Resource Tracking";
fluxcd.io, "Kustomization", labels; read from memory), and a folder is called like one of these as a rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind

if TYPE_CHECKING:
    from fermata.rules.changes.diffs import Hunk
    from fermata.rules.kubernetes.objects import KubeObject
    from fermata.rules.signatures.base import Case

_VERSION = re.compile(r"-v?\d+(?:\.\d+){0,3}(?:[-+_].*)?$")
_NAMES = (
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/instance",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
)
_RELEASE = "meta.helm.sh/release-name"
_MANIFEST = re.compile(r"\.(?:ya?ml|tpl|gotmpl)$", re.IGNORECASE)
# What makes a file one of a chart or an overlay, and not just any file of settings.
_DELIVERED = re.compile(
    r"(?:^|/)(?:charts?|helm|helmfile\.d|releases?|overlays?|kustomiz\w+|base|templates|apps|deploy|k8s|gitops)(?:/|\.)"
    r"|(?:^|/)(?:chart|values[\w.-]*|kustomization|helmrelease)\.ya?ml$",
    re.IGNORECASE,
)
# Folders are called so whatever is in them, and applications and releases are called so, too.
_ORDINARY = frozenset(
    {"app", "apps", "application", "applications", "base", "bases", "chart", "charts", "cluster", "clusters", "common"}
    | {
        "component",
        "components",
        "config",
        "core",
        "default",
        "deploy",
        "deployment",
        "deployments",
        "dev",
        "environments",
    }
    | {
        "envs",
        "flux-system",
        "gitops",
        "helm",
        "infra",
        "infrastructure",
        "k8s",
        "kubernetes",
        "kustomize",
        "live",
        "main",
    }
    | {
        "manifests",
        "overlay",
        "overlays",
        "platform",
        "preprod",
        "prod",
        "production",
        "qa",
        "release",
        "releases",
        "root",
    }
    | {"services", "shared", "stage", "staging", "system", "templates", "test", "uat", "workloads"}
)
_VALUES = re.compile(r"(?:^|/)values[\w.-]*\.ya?ml$", re.IGNORECASE)
_TOP = re.compile(r"([A-Za-z][\w-]*):(?:\s|$)")
_NAME = re.compile(r"\s{2,8}name:\s*[\"']?([a-z0-9][a-z0-9.-]{1,62})[\"']?\s*$")
_METADATA = re.compile(r"metadata:\s*$")


def list_charted(case: Case) -> Mapping[str, str]:
    """Return name -> workload, for the names of charts, releases and applications that one workload alone came from."""
    if not any(item.kind is EvidenceKind.OBJECTS for item in case.evidence):
        return {}
    found: dict[str, set[str]] = {}
    for workload in case.cluster.workloads:
        for name in _list_origins(workload):
            found.setdefault(name, set()).add(workload.name)
    return {name: min(whose) for name, whose in found.items() if len(whose) == 1 and name not in _ORDINARY}


def _list_origins(workload: KubeObject) -> Iterator[str]:
    labels = workload.labels
    if chart := labels.get("helm.sh/chart"):
        yield _VERSION.sub("", chart)
    yield from (labels[name] for name in _NAMES if labels.get(name))
    if release := workload.annotations.get(_RELEASE):
        yield release


def find_charted(hunks: Iterable[Hunk], charted: Mapping[str, str]) -> str:
    """Return the one workload whose chart, release or application the manifests of a change are of; else nothing.

    By a folder's name, or by the name that a manifest gives itself where the diff shows it.
    """
    found = {
        charted[name]
        for hunk in hunks
        if _MANIFEST.search(hunk.path) and _DELIVERED.search(hunk.path)
        for name in (*hunk.path.split("/")[:-1], *_list_named(hunk))
        if name in charted
    }
    return found.pop() if len(found) == 1 else ""


def _list_named(hunk: Hunk) -> Iterator[str]:
    """Yield the names right below `metadata:`, of `kind: HelmRelease`, `Kustomization` or `Application` for one."""
    is_below = False
    for line in hunk.lines:
        name = _NAME.match(line.text) if is_below else None
        if name is not None:
            yield name[1]
        is_below = _METADATA.match(line.text) is not None


def find_valued(hunks: Iterable[Hunk], services: Collection[str]) -> str:
    """Return the one service under whose name all changed values of an umbrella chart stand; else nothing.

    What a chart gives to a chart it depends on stands under that one's name (helm.sh, "Subcharts and Global Values").

    Args:
        services: Those that may be charts of their own: how somebody reaches a store stands under its name, too.
    """
    found: set[str] = set()
    for hunk in hunks:
        if not _VALUES.search(hunk.path):
            return ""
        above = _TOP.match(hunk.heading)
        top = above[1] if above is not None else ""
        for line in hunk.lines:
            if (key := _TOP.match(line.text)) is not None:
                top = key[1]
            if line.sign in "+-" and line.text.strip():
                found.add(top)
    return found.pop() if len(found) == 1 and found <= set(services) else ""
