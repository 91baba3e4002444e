"""An emulated API server: loopback HTTP, state in memory, and 501 for everything it does not model.

For tests of what Fermata asks of a cluster and makes of the answers. What it is like and what it is not stands in
docs/systems/kubernetes.md; the conformance suite here runs on it and on a real API server alike.
"""

from __future__ import annotations

from fermata.testing.kubernetes.answers import Refusal
from fermata.testing.kubernetes.faults import Fault, Mishap
from fermata.testing.kubernetes.pods import Fate
from fermata.testing.kubernetes.rbac import EVERYTHING, Rule
from fermata.testing.kubernetes.server import ADMIN_TOKEN, KubernetesEmulator

__all__ = ["ADMIN_TOKEN", "EVERYTHING", "Fate", "Fault", "KubernetesEmulator", "Mishap", "Refusal", "Rule"]
