"""Which cluster, and as whom."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class ClusterSettings(BaseModel):
    """What every section has that names a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kubeconfig: Path | None = None
    """A kubeconfig file. No default, not even `~/.kube/config`: which cluster, and as whom, is a decision.
    A relative path starts at the folder of the settings file; one that is there only where the command runs is taken
    from there."""
    context: str = ""
    """The context in it; empty takes the file's current one."""
    in_cluster: bool = False
    """Run as the pod's service account instead: address, token and certificate as Kubernetes mounts them."""

    @model_validator(mode="after")
    def _require_one_way_in(self) -> Self:
        if self.in_cluster == (self.kubeconfig is not None):
            message = "set either kubeconfig or in_cluster: true"
            raise ValueError(message)
        if self.in_cluster and self.context:
            message = "context belongs to a kubeconfig; leave it out with in_cluster"
            raise ValueError(message)
        return self
