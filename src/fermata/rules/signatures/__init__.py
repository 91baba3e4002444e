"""The published catalogue of failure patterns, and the diagnosis made from it: free, offline, deterministic.

It always runs, before any model and without one. Its order decides only between hypotheses that nothing else sets
apart. `docs/signatures.md` describes each entry under its id.
"""

from __future__ import annotations

from fermata.domain.diagnosis import Diagnosis
from fermata.rules.signatures import (
    app_errors,
    command_failures,
    database_load,
    databases,
    dependencies,
    kubernetes_addresses,
    kubernetes_admission,
    kubernetes_control_plane,
    kubernetes_custom,
    kubernetes_drift,
    kubernetes_ingress_class,
    kubernetes_jobs,
    kubernetes_network,
    kubernetes_node_delay,
    kubernetes_nodes,
    kubernetes_performance,
    kubernetes_probes,
    kubernetes_proxy,
    kubernetes_resources,
    kubernetes_rollout,
    kubernetes_schedules,
    kubernetes_scheduling,
    kubernetes_services,
    kubernetes_startup,
    kubernetes_storage,
    origins,
    telemetry,
    tls,
)
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.change import FAULTY_COMMIT
from fermata.rules.signatures.changed_files import NAMED_FILE_CHANGED
from fermata.rules.signatures.conclusion import conclude
from fermata.rules.signatures.configuration import INVALID_ENVIRONMENT_VALUE
from fermata.rules.signatures.credentials import CREDENTIAL_REFUSED
from fermata.rules.signatures.cut_networks import NETWORK_NOT_SHARED
from fermata.rules.signatures.executables import PROGRAM_OF_ANOTHER_SYSTEM
from fermata.rules.signatures.faulty_setting import FAULTY_SETTING
from fermata.rules.signatures.health_checks import HEALTH_CHECK_INCORRECT, HEALTH_CHECK_PORT_CLOSED
from fermata.rules.signatures.killed import PROCESS_KILLED
from fermata.rules.signatures.late_callees import DEPENDENCY_SLOW
from fermata.rules.signatures.mounted_folders import MOUNTED_FOLDER
from fermata.rules.signatures.open_files import OPEN_FILES_AT_LIMIT
from fermata.rules.signatures.process import (
    CRASH_LOOP,
    DEPENDENCY_REFUSED,
    PAUSED_PROCESS,
    START_REFUSED,
    STOPPED_PROCESS,
)
from fermata.rules.signatures.releases import NEW_IMAGE
from fermata.rules.signatures.resources import MEMORY_LIMIT_EXCEEDED
from fermata.rules.signatures.throttling import CPU_LIMIT_REACHED

__all__ = ["CATALOGUE", "Case", "Signature", "Specificity", "diagnose"]

CATALOGUE: tuple[Signature, ...] = (
    MEMORY_LIMIT_EXCEEDED,
    OPEN_FILES_AT_LIMIT,
    CPU_LIMIT_REACHED,
    INVALID_ENVIRONMENT_VALUE,
    CREDENTIAL_REFUSED,
    FAULTY_COMMIT,
    NAMED_FILE_CHANGED,
    FAULTY_SETTING,
    NETWORK_NOT_SHARED,
    DEPENDENCY_REFUSED,
    STOPPED_PROCESS,
    PAUSED_PROCESS,
    START_REFUSED,
    PROCESS_KILLED,
    HEALTH_CHECK_INCORRECT,
    HEALTH_CHECK_PORT_CLOSED,
    PROGRAM_OF_ANOTHER_SYSTEM,
    MOUNTED_FOLDER,
    NEW_IMAGE,
    CRASH_LOOP,
    DEPENDENCY_SLOW,
    *origins.SIGNATURES,
    *kubernetes_admission.SIGNATURES,
    *kubernetes_scheduling.SIGNATURES,
    *kubernetes_storage.SIGNATURES,
    *kubernetes_startup.SIGNATURES,
    *kubernetes_rollout.SIGNATURES,
    *kubernetes_jobs.SIGNATURES,
    *kubernetes_schedules.SIGNATURES,
    *kubernetes_custom.SIGNATURES,
    *kubernetes_drift.SIGNATURES,
    *kubernetes_ingress_class.SIGNATURES,
    *kubernetes_probes.SIGNATURES,
    *kubernetes_resources.SIGNATURES,
    *kubernetes_nodes.SIGNATURES,
    *kubernetes_control_plane.SIGNATURES,
    *kubernetes_proxy.SIGNATURES,
    *kubernetes_node_delay.SIGNATURES,
    *kubernetes_performance.SIGNATURES,
    *kubernetes_services.SIGNATURES,
    *kubernetes_addresses.SIGNATURES,
    *kubernetes_network.SIGNATURES,
    *tls.SIGNATURES,
    *database_load.SIGNATURES,
    *databases.SIGNATURES,
    *dependencies.SIGNATURES,
    *app_errors.SIGNATURES,
    *telemetry.SIGNATURES,
    *command_failures.SIGNATURES,
)
"""Every signature, in the order they are tried and listed."""


def diagnose(case: Case) -> Diagnosis:
    """Return what the catalogue makes of a case; every hypothesis cites evidence of the case."""
    return conclude(case, CATALOGUE)
