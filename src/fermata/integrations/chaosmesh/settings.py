"""Which cluster's Chaos Mesh, and as whom."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from fermata.ports.kubernetes.settings import ClusterSettings


class ChaosMeshSettings(ClusterSettings):
    """The section `chaosmesh`: one cluster with Chaos Mesh in it."""

    kubeconfig: Path | None = None
    """A kubeconfig file. No default: give it a user of its own that may create faults in the sandbox namespaces and
    nothing else. A relative path starts at the folder of the settings file; one that is there only where the command
    runs is taken from there."""
    controller_namespace: str = Field(default="chaos-mesh", min_length=1, max_length=63)
    """Where Chaos Mesh's controller runs: its settings are looked at before every injection."""
    controller: str = Field(default="chaos-controller-manager", min_length=1, max_length=253)
    """The controller's Deployment."""
    timeout_s: float = Field(default=5.0, gt=0, le=120)
    """Longest time for one call, answer included. 5: a dry run passes Chaos Mesh's webhook."""
    recover_s: float = Field(default=30.0, gt=0, le=600)
    """How long a withdrawn fault may take to be gone. 30: its daemon takes a few seconds for each node; what is still
    there after that is reported as stuck, and never removed by force."""
    field_manager: str = Field(default="fermata", min_length=1, max_length=128)
    """The name under which objects are created."""
