"""An experiment's fault as a Gremlin attack: on containers by their labels, or on an object of a Kubernetes cluster.

Gremlin publishes no schema; shapes, flags and the default exclusions are those of its own client (gremlin-python,
`gremlinapi/attack_helpers.py` and `kubernetes_attack_helpers.py`, read November 2026). Name look-ups and Gremlin's own
API stay reachable, or an agent could no longer be told to stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from fermata.domain.experiment import Experiment, FaultKind
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.shape import Part, describe_shape_faults, read_part

NAMESPACE_LABEL = "io.kubernetes.pod.namespace"
"""What a container of a pod carries, whatever its image: the kubelet sets it."""
_KEPT_PORT, _KEPT_HOST = "^53", "^api.gremlin.com"
_COMMANDS = {"latency": "Latency", "blackhole": "Blackhole", "cpu": "CPU", "memory": "Memory"}
_FLAGS = {
    "latency": frozenset({"-l", "-m", "-p", "-h"}),
    "blackhole": frozenset({"-l", "-p", "-h"}),
    "cpu": frozenset({"-l", "-p", "-c"}),
    "memory": frozenset({"-l", "-m"}),
}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_HOST = re.compile(r"\^?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PORT = re.compile(r"\^?[1-9][0-9]{0,4}")
_Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Command(Part):
    """What is done."""

    type: Literal["latency", "blackhole", "cpu", "memory"]
    command_type: Literal["Latency", "Blackhole", "CPU", "Memory"]
    args: list[_Word] = Field(max_length=40)


class Containers(Part):
    """Which containers: all labels at once, each by any of its values."""

    multi_select_labels: dict[_Word, Annotated[list[_Word], Field(min_length=1, max_length=20)]] = Field(min_length=1)


class ContainerTarget(Part):
    """How many of them, drawn by Gremlin."""

    type: Literal["Random"]
    containers: Containers
    percent: int | None = Field(default=None, ge=1, le=100)
    exact: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}$")] | None = None


class Attack(Part):
    """The body of `POST /v1/attacks/new`."""

    command: Command
    target: ContainerTarget


class ClusterObject(Part):
    """One workload as Gremlin's agent in the cluster knows it."""

    cluster_id: _Word
    namespace: _Word
    kind: Literal["DEPLOYMENT", "STATEFULSET", "DAEMONSET"]
    name: _Word
    uid: _Word


class Strategy(Part):
    """Which pods, and how many of them."""

    k8s_objects: list[ClusterObject] = Field(alias="k8sObjects", min_length=1, max_length=1)
    percentage: int | None = Field(default=None, ge=1, le=100)
    count: int | None = Field(default=None, ge=1)


class TargetDefinition(Part):
    """Holds the strategy."""

    strategy: Strategy


class ImpactDefinition(Part):
    """The command line of the agent, and how long it runs."""

    cli_args: list[_Word] = Field(min_length=1, max_length=40)
    length: int = Field(ge=1)


class KubernetesAttack(Part):
    """The body of `POST /v1/kubernetes/attacks/new`."""

    impact_definition: ImpactDefinition
    target_definition: TargetDefinition


def write_attack(experiment: Experiment) -> dict[str, Any]:
    """Return the attack on containers, by the labels of the target.

    Raises:
        UserError: Gremlin cannot do this fault so that it ends, or the target is not specific enough.
    """
    name, flags = _write_command(experiment)
    target = experiment.target
    if not target.labels:
        raise _refuse(
            experiment,
            f"{target.service} has no labels to select by",
            "Say which its containers carry: --label NAME=VALUE",
        )
    labels = {key: [value] for key, value in target.labels.items()}
    if target.namespace:
        labels[NAMESPACE_LABEL] = [target.namespace]
    count = _count(experiment)
    aimed = ContainerTarget(
        type="Random",
        containers=Containers(multi_select_labels=labels),
        percent=None if count else max(1, int(experiment.fault.percent)),
        exact=str(count) if count else None,
    )
    command: Any = {"type": name, "command_type": _COMMANDS[name], "args": flags}
    return Attack(command=Command(**command), target=aimed).dump()


def find_gremlin_problems(document: Mapping[str, Any], limits: SpecLimits) -> Iterator[str]:
    """Yield what is wrong with an attack of either form."""
    model: type[Attack | KubernetesAttack] = KubernetesAttack if "impactDefinition" in document else Attack
    try:
        value = read_part(model, document)
    except ValidationError as error:
        yield from describe_shape_faults(error)
        return
    if isinstance(value, Attack):
        command = value.command
        if _COMMANDS[command.type] != command.command_type:
            yield f"command.commandType: {command.command_type} is not that of {command.type}"
        yield from _check_flags(command.type, command.args, "command.args", limits)
        share, count = value.target.percent, value.target.exact
        yield from _check_share(share, count, "target", limits)
    else:
        impact, strategy = value.impact_definition, value.target_definition.strategy
        name, *flags = impact.cli_args
        if name not in _FLAGS:
            yield f"impactDefinition.cliArgs: {name!r} is no attack that ends when it is told to"
        else:
            yield from _check_flags(name, flags, "impactDefinition.cliArgs", limits)
        if dict(zip(flags[::2], flags[1::2], strict=False)).get("-l") != str(impact.length):
            yield "impactDefinition.length: it is not the -l of its own command line"
        yield from _check_share(strategy.percentage, strategy.count, "targetDefinition.strategy", limits)


def _check_share(percent: int | None, count: object, path: str, limits: SpecLimits) -> Iterator[str]:
    if (percent is None) == (count is None):
        yield f"{path}: either a share or a count of replicas"
    if percent is not None and percent > limits.max_percent:
        yield f"{path}: {percent} % of the replicas are more than {limits.max_percent} %"


def _check_flags(name: str, args: list[str], path: str, limits: SpecLimits) -> Iterator[str]:
    flags = args[::2]
    if len(args) % 2 or set(flags) - _FLAGS[name] or len(set(flags)) != len(flags):
        yield f"{path}: pairs of {', '.join(sorted(_FLAGS[name]))} and their values, each at most once"
        return
    given = dict(zip(flags, args[1::2], strict=True))
    for missing in sorted(_FLAGS[name] - set(given)):
        yield f"{path}: {missing} is required"
    length = given.get("-l", "1")
    if not _NUMBER.fullmatch(length) or int(length) > limits.longest.total_seconds():
        yield f"{path}: -l {length} is no number of seconds up to {limits.longest.total_seconds():g}"
    yield from _NETWORK[name](given, path)


def _check_network(given: Mapping[str, str], path: str) -> Iterator[str]:
    for flag, kept, pattern in (("-p", _KEPT_PORT, _PORT), ("-h", _KEPT_HOST, _HOST)):
        words = given.get(flag, kept).split(",")
        if kept not in words:
            yield f"{path}: {flag} must hold {kept}, or the agent can no longer be told to stop"
        if not all(pattern.fullmatch(word) for word in words):
            yield f"{path}: {flag} {given[flag][:80]!r} cannot be read"
        if flag == "-h" and not any(word[:1] != "^" for word in words):
            yield f"{path}: -h names no host: without one all traffic of the containers is hit"
    if not _NUMBER.fullmatch(given.get("-m", "1")):
        yield f"{path}: -m is no number of milliseconds"


def _check_amounts(given: Mapping[str, str], path: str) -> Iterator[str]:
    for flag in sorted(set(given) - {"-l"}):
        if not _NUMBER.fullmatch(given[flag]):
            yield f"{path}: {flag} {given[flag][:80]!r} is no whole number above 0"
        elif flag == "-p" and int(given[flag]) > 100:
            yield f"{path}: -p {given[flag]} is more than 100 %"


_NETWORK: Mapping[str, Callable[[Mapping[str, str], str], Iterator[str]]] = {
    "latency": _check_network,
    "blackhole": _check_network,
    "cpu": _check_amounts,
    "memory": _check_amounts,
}


def _write_command(experiment: Experiment) -> tuple[Any, list[str]]:
    fault, length = experiment.fault, ["-l", str(_seconds(experiment))]
    if fault.failing_percent is not None:
        why = "latency and errors at once are one fault only for faultproxy"
        raise _refuse(experiment, why, "Rehearse one of them")
    if fault.kind is FaultKind.LATENCY:
        latency = str(max(1, round(fault.latency_ms or 0)))
        return "latency", [*length, "-m", latency, *_write_network(experiment)]
    if fault.kind is FaultKind.BLACKHOLE:
        return "blackhole", [*length, *_write_network(experiment)]
    if experiment.target.callee:
        raise _refuse(experiment, "it hits a service, not a call", f"Aim it at {experiment.target.callee} itself")
    if fault.kind is FaultKind.CPU:
        return "cpu", [*length, "-p", str(max(1, round(fault.load_percent or 0))), "-c", "1"]
    if fault.kind is FaultKind.MEMORY:
        return "memory", [*length, "-m", str(fault.memory_mb)]
    raise _refuse(
        experiment, "it has no such attack that ends when it is told to", "Use the system chaosmesh, or faultproxy"
    )


def _write_network(experiment: Experiment) -> list[str]:
    target = experiment.target
    if not target.callee:
        why = "without a callee all traffic of the containers would be hit"
        raise _refuse(experiment, why, "Aim it at one call, caller->callee")
    ports = ",".join([*map(str, target.ports), _KEPT_PORT])
    return ["-p", ports, "-h", f"{target.callee},{_KEPT_HOST}"]


def _seconds(experiment: Experiment) -> int:
    return max(1, round(experiment.duration.total_seconds()))


def _count(experiment: Experiment) -> int | None:
    replicas = experiment.target.replicas
    return None if replicas is None else max(1, int(replicas * experiment.fault.percent / 100))


def _refuse(experiment: Experiment, why: str, do: str) -> UserError:
    return UserError(f"Gremlin cannot be asked for {experiment.fault.kind.value} here", why=why, do=do)
