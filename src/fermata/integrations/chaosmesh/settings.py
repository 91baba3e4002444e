"""Which cluster's Chaos Mesh, and as whom."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ChaosMeshSettings(BaseModel):
    """The section `chaosmesh`: one cluster with Chaos Mesh in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kubeconfig: Path | None = None
    """A kubeconfig file. No default: give it a user of its own that may create faults in the sandbox namespaces and
    nothing else. A relative path starts at the folder of the settings file; one that is there only where the command
    runs is taken from there."""
    context: str = ""
    """The context in it; empty takes the file's current one."""
    in_cluster: bool = False
    """Run as the pod's service account instead."""
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

    @model_validator(mode="after")
    def _require_one_way_in(self) -> Self:
        if self.in_cluster == (self.kubeconfig is not None):
            message = "set either kubeconfig or in_cluster: true"
            raise ValueError(message)
        if self.in_cluster and self.context:
            message = "context belongs to a kubeconfig; leave it out with in_cluster"
            raise ValueError(message)
        return self
