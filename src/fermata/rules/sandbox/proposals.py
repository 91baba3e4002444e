"""What a person may apply to make a sandbox of a namespace. Proposed, never applied by Fermata."""

from __future__ import annotations

import json

FILTER_ANNOTATION = "chaos-mesh.org/inject"
"""Chaos Mesh injects into namespaces with `enabled` here, once `controllerManager.enableFilterNamespace` is set (its
manual, "Configure namespace for chaos experiments", read 2026-11)."""
FILTER_VALUE = "enabled"


def propose_quota(namespace: str, pods: int) -> str:
    """Return a ResourceQuota that leaves what runs there twice its pods: a storm of restarts ends inside."""
    return f"""\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: rehearsals
  namespace: {_quote(namespace)}
spec:
  hard:
    pods: "{max(10, 2 * pods)}"
    limits.cpu: "8"
    limits.memory: 16Gi
"""


def propose_network_policy(namespace: str) -> str:
    """Return a NetworkPolicy that keeps the namespace's traffic to itself and to DNS."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: rehearsals
  namespace: {_quote(namespace)}
spec:
  podSelector: {{}}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {{}}
    - ports:
        - {{protocol: UDP, port: 53}}
        - {{protocol: TCP, port: 53}}
"""


def propose_label(namespace: str, label: str) -> str:
    """Return the command by which the owner of a namespace allows rehearsals in it."""
    return f"kubectl label namespace {namespace} {label}\n"


def propose_filter(namespace: str) -> str:
    """Return the commands that keep Chaos Mesh to namespaces that were named."""
    return (
        "helm upgrade chaos-mesh chaos-mesh/chaos-mesh --namespace chaos-mesh --reuse-values \\\n"
        "  --set controllerManager.enableFilterNamespace=true\n"
        f"kubectl annotate namespace {namespace} {FILTER_ANNOTATION}={FILTER_VALUE}\n"
    )


def _quote(name: str) -> str:
    return json.dumps(name)
