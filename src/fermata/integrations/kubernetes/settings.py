"""Where the API server is, what may be looked at, and how much of it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from fermata.ports.kubernetes.settings import ClusterSettings
from fermata.ports.variables import ORDINARY_NAMES

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def _check_namespace(value: str) -> str:
    if not _LABEL.fullmatch(value):
        message = f"{value!r} is not a namespace's name; patterns are not read here, write each name"
        raise ValueError(message)
    return value


class KubernetesSettings(ClusterSettings):
    """The section `kubernetes`: one cluster."""

    namespaces: tuple[Annotated[str, AfterValidator(_check_namespace)], ...] = ()
    """The only namespaces that are looked at. Empty: the one an alert names; and for an alert that names none, all, if
    the credential may list pods across them."""
    timeout_s: float = Field(default=3.0, gt=0, le=120)
    """Longest time for one call, answer included. 3: a gathering takes two or three in a row, and its deadline for a
    critical alert is 5 s."""
    most_at_once: int = Field(default=32, ge=1, le=100)
    """Calls at the same time. 32: one gathering asks for some thirty things at once; the API server queues what its own
    fairness rules do not admit."""
    log_lines: int = Field(default=1000, ge=1, le=100_000)
    """How many lines of the end of each container's log are asked for. 1000: to search each for secrets takes 50 us."""
    log_bytes: int = Field(default=256 * 1024, ge=1024, le=16 * 1024 * 1024)
    """How much of that end is kept. 256 KiB are two thousand lines, or few long ones; more is not better."""
    show_values_of: tuple[str, ...] = ORDINARY_NAMES
    """Globs of variables whose values may be shown as evidence; others become digests, which can still be compared
    (of a URL with its scheme, host and port).
    The default names what is rarely private: addresses, times, sizes, levels, switches. Values that come from a Secret
    are never read."""
    secret_names: bool = False
    """Whether the names of Secrets are listed, so that a missing one is noticed before a kubelet says so. Off, because
    Kubernetes has no permission for names alone: whoever may list Secrets may read them, though Fermata never does."""
    actions: tuple[str, ...] = ()
    """Globs of the actions that are offered, as `kubernetes.*` or `kubernetes.rollout_restart`. Empty: read-only. The
    permissions that `fermata check` asks for and prints are those of what is offered."""
    field_manager: str = Field(default="fermata", min_length=1, max_length=128)
    """The name under which changes are made; it stands in the managed fields of every changed object."""
    take_over_from: tuple[str, ...] = ()
    """Field managers whose fields may be taken over when a change conflicts with them, as `kubectl-edit`. Empty: every
    conflict is shown and refused. Those of Argo CD, Flux and Helm are never taken over, whatever stands here."""
