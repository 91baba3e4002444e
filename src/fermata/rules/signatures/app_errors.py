"""Applications that fail by themselves: what the last lines of a container that does not stay up say.

Only workloads with pods that crash or do not become ready are asked; what a workload that runs complains of is its
own routine. The words are those of runtimes and shells, whatever the application is written in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import PodPhase, Trouble, pod_phase
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import Complaint, find_complaints, list_complaints
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.said_refusals import match_refusal, note_confidence
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_FAILING = frozenset({PodPhase.CRASH, PodPhase.INIT_FAILING, PodPhase.RUNNING_NOT_READY})


@dataclass(frozen=True, slots=True)
class Mistake:
    """One reason why a program ends, in the words of runtimes."""

    cause: str
    title: str
    needles: tuple[str, ...]
    advice: str
    single: bool = False
    """Whether it counts only where the pod has one container: with more, another signature knows better."""


_MISTAKES = (
    Mistake(
        "application_module_missing",
        "A program lacks a module, class or library",
        (
            *("ModuleNotFoundError", "Cannot find module", "ClassNotFoundException", "NoClassDefFoundError"),
            *("cannot load such file", "error while loading shared libraries", "Could not load file or assembly"),
            *("ImportError: ", "undefined symbol", "NoSuchMethodError", "ERR_MODULE_NOT_FOUND"),
        ),
        "Build the image again with what is missing, or go back to the one before.",
    ),
    Mistake(
        "application_argument_invalid",
        "A program is started with an argument that it does not know",
        (
            *("unknown flag", "unrecognized arguments", "invalid option", "unknown option", "Unrecognized option"),
            *("flag provided but not defined", "unknown shorthand flag", "unexpected argument", "unrecognized option"),
        ),
        "Correct the arguments of the container, or the version of its image.",
    ),
    Mistake(
        "application_configuration_invalid",
        "A program does not accept its configuration",
        (
            *("yaml: ", "YAMLException", "failed to parse config", "JSONDecodeError", "TOMLDecodeError", "[emerg]"),
            *("Failed to bind properties", "Could not resolve placeholder", "Invalid configuration", "invalid config"),
            *("Missing required", "required environment variable", "must be set", "configuration error", "ConfigError"),
            *("error parsing", "could not parse config", "Error parsing", "invalid value for"),
        ),
        "Correct the configuration that the line names.",
    ),
    Mistake(
        "application_schema_mismatch",
        "A program and its database do not have the same schema",
        (
            *("FlywayValidateException", "FlywayException", "LiquibaseException", "UndefinedTable", "no such table"),
            *("Schema-validation:", "ER_NO_SUCH_TABLE", "Unknown column '", "ER_BAD_FIELD_ERROR", "migration failed"),
        ),
        "Run the migration that belongs to this version, or go back to the version before.",
    ),
    Mistake(
        "application_data_incompatible",
        "A program does not accept the data directory that it finds",
        (
            *("database files are incompatible with server", "exists but is not empty", "not a valid data directory"),
            *("was initialized by PostgreSQL version", "Invalid MySQL server downgrade", "Cannot upgrade from"),
            *("cannot be downgraded", "Unsupported redo log format", "unsupported WiredTiger file version"),
            *("featureCompatibilityVersion", "Can't handle RDB format version", "InconsistentClusterIdException"),
            "Cannot downgrade",
        ),
        "Run the version that wrote the data, migrate the data, or give the program a directory of its own.",
    ),
    Mistake(
        "application_memory_exhausted",
        "A program uses up the memory that its runtime allows",
        ("java.lang.OutOfMemoryError", "JavaScript heap out of memory", "MemoryError", "System.OutOfMemoryException"),
        "Raise the runtime's limit together with the container's, or find the leak.",
    ),
    Mistake(
        "port_already_in_use",
        "A program's port is taken on its node",
        ("already in use", "EADDRINUSE", "Address in use", "address in use"),
        "Find out what holds the port: with the node's network, anything on the node may.",
        single=True,
    ),
    Mistake(
        "application_permission_denied",
        "A program may not do what it has to",
        ("Permission denied", "EACCES", "permission denied", "AccessDeniedException", "Read-only file system"),
        "Give the container's user the right to it, or let it write elsewhere.",
    ),
    Mistake(
        "application_file_missing",
        "A program does not find a file that it needs",
        ("No such file or directory", "FileNotFound", "ENOENT", "no such file or directory", "Could not find file"),
        "Mount or build in the file that the line names.",
    ),
)
_EXCEPTION = re.compile(
    r"(?:\b[A-Z]\w*(?:Error|Exception)\b[:(]|^\s*panic: |\bpanic: |Unhandled|Uncaught|FATAL|Application run failed)"
)

_STACK = 200
# Lines of a stack trace that may stand after what it is a trace of.
_FRAME = re.compile(r"\s|Caused by: |goroutine \d|\[signal |created by |exit status|[\w./$*()-]+\(.*\)$|$")
_LONGEST = 500
# Of a line: what is longer is no line of a stack.
# What a runtime writes when it gives up stands at a line's begin, but for a time; what a logger writes has its level.
_ENDED = re.compile(
    r"(?:\S*\d\d:\d\d:\S*\s+)?(?:Exception in thread|panic: |fatal error: |FATAL\b|Uncaught |Unhandled |"
    r"[\w.]*[A-Z]\w*(?:Error|Exception)\b(?::|$))"
)


def _list_failing(cluster: Cluster) -> Mapping[str, KubeObject]:
    """Return the workloads whose programs start and do not stay up or do not become ready, by ref."""
    found = {}
    for workload in cluster.workloads:
        if any(pod_phase(pod) in _FAILING for pod in cluster.pods_of(workload)):
            found[workload.ref] = workload
    return {**found, **{ref: workload for ref, (workload, _) in cluster.remember(_list_ended).items()}}


def _list_ended(cluster: Cluster) -> Mapping[str, tuple[KubeObject, Quote]]:
    """Return the workloads whose log ends with an exception, where no pod was captured that would tell how it is."""
    found: dict[str, tuple[KubeObject, Quote]] = {}
    for workload in () if cluster.list("Pod") else cluster.workloads:
        for log in cluster.logs(workload):
            said = [quote for quote in log.tail(_STACK) if not _FRAME.match(quote.text[:_LONGEST])]
            if said and _ENDED.match(said[-1].text[:_LONGEST]):
                found[workload.ref] = (workload, said[-1])
    return found


def list_ended_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return the workloads of which only logs are known and whose log ends with an exception, as troubles."""
    ended = cluster.remember(_list_ended).values()
    return tuple(Trouble(workload.ref, f"the log of {workload.name} ends there", quote) for workload, quote in ended)


def _find_mistake(mistake: Mistake, cluster: Cluster) -> Iterable[Claim]:
    failing = cluster.remember(_list_failing)
    latest: dict[str, Complaint] = {}
    for complaint in find_complaints(cluster, mistake.needles):
        if complaint.workload.ref in failing:
            latest[complaint.workload.ref] = complaint
    for ref, complaint in latest.items():
        pod = next((pod for pod in cluster.pods_of(failing[ref]) if pod_phase(pod) in _FAILING), None)
        if not mistake.single or (pod is not None and len(pod.containers) == 1):
            yield _claim(cluster, complaint, cause=mistake.cause, confidence=0.7, advice=mistake.advice)


def _find_exception(cluster: Cluster) -> Iterable[Claim]:
    failing = cluster.remember(_list_failing)
    latest: dict[str, Complaint] = {}
    for complaint in list_complaints(cluster):
        if complaint.workload.ref in failing and _EXCEPTION.search(complaint.text):
            latest[complaint.workload.ref] = complaint
    advice = "Read the trace, and compare it with what was changed last."
    for complaint in latest.values():
        yield _claim(cluster, complaint, cause="application_exception", confidence=0.4, advice=advice)


def _claim(cluster: Cluster, complaint: Complaint, *, cause: str, confidence: float, advice: str) -> Claim:
    workload = complaint.workload
    # Of one whose log alone is known nobody knows whether it runs: its log ends there, and that is all.
    is_known = workload.ref not in cluster.remember(_list_ended)
    ends = " does not stay up, and says last" if is_known else "'s log ends with"
    return Claim(
        cause=cause,
        subject=workload.entity,
        text=f"{workload.name}{ends}: {clip(complaint.text, 140)}",
        confidence=confidence,
        quotes=cite_first(complaint.quote),
        explains=explain(cluster, workload),
        person_must=advice,
    )


_SOURCES = (EvidenceKind.LOGS, EvidenceKind.OBJECTS)
SIGNATURES: tuple[Signature, ...] = (
    *(
        Signature(
            id=mistake.cause,
            title=mistake.title,
            looks_at=_SOURCES,
            ruled_out_by="The workload's pods are ready, or its log does not say so near its end.",
            confidence_note="0.7: programs say such things on their way to another end, too."
            + note_confidence(mistake.cause),
            action=describe_action(mistake.cause, "Correct the program, its image or its configuration."),
            specificity=Specificity.RELATION,
            match=partial(match_refusal, mistake.cause),
            find=partial(_find_mistake, mistake),
        )
        for mistake in _MISTAKES
    ),
    Signature(
        id="application_exception",
        title="A program ends with an exception",
        looks_at=_SOURCES,
        ruled_out_by="The workload's pods are ready, or its log shows none.",
        confidence_note="0.4: the exception is certain, what brings it about is not told.",
        action=describe_action("application_exception", "Read the trace."),
        specificity=Specificity.STATE,
        find=_find_exception,
    ),
)
"""The catalogue's part about programs that fail by themselves."""
