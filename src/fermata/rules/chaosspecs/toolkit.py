"""An experiment as a Chaos Toolkit experiment, for teams that run their rehearsals with it.

Two injectors are known, and no other activity is written or accepted: our fault proxy over HTTP, and a Chaos Mesh
object through chaostoolkit-kubernetes. Both end by themselves (lease, duration), whatever becomes of the toolkit; the
rollbacks come on top.

Chaos Toolkit takes a misspelt `rollbackz`, no rollbacks at all, and a rollback strategy that does not exist, without a
word; the default strategy skips rollbacks when the run failed or was interrupted (chaostoolkit #195, #258). Here each
of these is a fault.

Source: chaoslib 1.44, `experiment.py`, `hypothesis.py`, `run.py`; chaosk8s `crd/actions.py` (read November 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from fermata.domain.experiment import LONGEST_LEASE, Experiment, SteadyCheck
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs import mesh_models as mesh
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.mesh_rules import find_mesh_problems
from fermata.rules.chaosspecs.mesh_write import write_object
from fermata.rules.chaosspecs.proxy import find_proxy_problems, write_begin
from fermata.rules.chaosspecs.shape import Part, describe_shape_faults, read_part

TOKEN_VARIABLE = "FERMATA_FAULTPROXY_TOKEN"  # noqa: S105 - the name of a variable, not a token.
_CREATE, _DELETE = "create_custom_object", "delete_custom_object"
_BEGIN, _WITHDRAW = "/v1/begin", "/v1/withdraw"
_OK_STATUSES = [200, 399]
_Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s@]+$")]
_Title = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class HttpProvider(Part):
    """One request."""

    type: Literal["http"]
    url: _Url
    method: Literal["GET", "POST"] = "GET"
    timeout: float = Field(gt=0, le=60)
    headers: dict[str, str] = Field(default_factory=dict)
    arguments: dict[str, Any] | None = None


class PythonProvider(Part):
    """A function of chaostoolkit-kubernetes."""

    type: Literal["python"]
    module: Literal["chaosk8s.crd.actions"]
    func: Literal["create_custom_object", "delete_custom_object"]
    arguments: dict[str, Any]


class StatusRange(Part):
    """Answers that count as good."""

    type: Literal["range"]
    target: Literal["status"]
    range: list[int] = Field(min_length=2, max_length=2)


class Probe(Part):
    """A look at a journey."""

    type: Literal["probe"]
    name: _Title
    tolerance: StatusRange
    provider: HttpProvider


class Pauses(Part):
    """Waits around an activity, in seconds."""

    before: int | None = Field(default=None, ge=0)
    after: int | None = Field(default=None, ge=0)


class Action(Part):
    """What is done, or undone."""

    type: Literal["action"]
    name: _Title
    provider: HttpProvider | PythonProvider = Field(discriminator="type")
    pauses: Pauses | None = None


class Hypothesis(Part):
    """The steady state."""

    title: _Title
    probes: list[Probe] = Field(min_length=1, max_length=50)


class Rollbacks(Part):
    """When rollbacks are played."""

    strategy: Literal["always"]


class Looking(Part):
    """How the hypothesis is held against the run."""

    strategy: Literal["continuously"]
    fail_fast: Literal[True] = Field(alias="fail_fast")
    frequency: float = Field(gt=0, le=60)


class Runtime(Part):
    """Both, written out, because the defaults leave a fault behind."""

    rollbacks: Rollbacks
    hypothesis: Looking


class FromEnvironment(Part):
    """A secret that stays out of the file."""

    type: Literal["env"]
    key: _Title


class ToolkitExperiment(Part):
    """The whole."""

    version: Literal["1.0.0"]
    title: _Title
    description: _Title
    tags: list[str] = Field(default_factory=list)
    secrets: dict[str, dict[str, FromEnvironment]] = Field(default_factory=dict)
    runtime: Runtime
    hypothesis: Hypothesis = Field(alias="steady-state-hypothesis")
    method: list[Action] = Field(min_length=1, max_length=1)
    rollbacks: list[Action] = Field(min_length=1, max_length=1)


def write_toolkit(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment: through the fault proxy at the target's address, otherwise through Chaos Mesh.

    Raises:
        UserError: Neither can do this fault, the target is not specific enough, or the fault is longer than a lease.
    """
    if experiment.target.address:
        begin, end, secrets = _write_proxy(experiment)
    else:
        (begin, end), secrets = _write_mesh(experiment), {}
    value = ToolkitExperiment(
        version="1.0.0",
        title=experiment.title[:300],
        description=f"{experiment.prediction.why} Blast radius: {experiment.blast_radius}"[:300],
        tags=["fermata", experiment.id],
        secrets=secrets,
        runtime=Runtime(
            rollbacks=Rollbacks(strategy="always"),
            hypothesis=Looking(strategy="continuously", fail_fast=True, frequency=1.0),
        ),
        hypothesis=Hypothesis(title="the journeys answer", probes=_write_probes(experiment.checks)),
        method=[begin],
        rollbacks=[end],
    )
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def _write_probes(checks: tuple[SteadyCheck, ...]) -> list[Probe]:
    # A journey that is expected to feel the fault must not end it, unless nothing else is watched.
    watched = [check for check in checks if not check.is_hit] or list(checks)
    tolerance = StatusRange(type="range", target="status", range=_OK_STATUSES)
    return [
        Probe(
            type="probe",
            name=f"{check.journey} answers",
            tolerance=tolerance,
            provider=HttpProvider(type="http", url=check.url, timeout=check.timeout_s),
        )
        for check in watched
    ]


def _write_proxy(experiment: Experiment) -> tuple[Action, Action, dict[str, dict[str, FromEnvironment]]]:
    if experiment.duration > LONGEST_LEASE:
        raise UserError(
            "The fault is longer than a lease can be",
            why="Chaos Toolkit renews nothing, so that the lease is the whole duration",
            do=f"Make it at most {LONGEST_LEASE}",
        )
    root = experiment.target.address.rstrip("/")
    root = root if "://" in root else f"http://{root}"
    # Nobody renews: the lease is as long as the fault, and ends it though the toolkit is gone.
    begin = write_begin(experiment, lease=experiment.duration)
    end = {"experiment": experiment.id}
    pause = Pauses(after=max(1, round(experiment.duration.total_seconds())))
    secrets = {"faultproxy": {"token": FromEnvironment(type="env", key=TOKEN_VARIABLE)}}
    return _ask("begin the fault", root + _BEGIN, begin, pause), _ask("end it", root + _WITHDRAW, end), secrets


def _ask(name: str, url: str, body: Mapping[str, Any], pauses: Pauses | None = None) -> Action:
    headers = {"Authorization": "Bearer ${token}", "Content-Type": "application/json"}
    provider = HttpProvider(type="http", url=url, method="POST", timeout=5, headers=headers, arguments=dict(body))
    return Action(type="action", name=name, provider=provider, pauses=pauses)


def _write_mesh(experiment: Experiment) -> tuple[Action, Action]:
    resource = write_object(experiment)
    group, _, version = mesh.API_VERSION.partition("/")
    place = {
        "group": group,
        "version": version,
        "plural": mesh.PLURALS[resource["kind"]],
        "ns": experiment.target.namespace,
    }
    pause = Pauses(after=max(1, round(experiment.duration.total_seconds())))
    create, delete = {**place, "resource": resource}, {**place, "name": experiment.id}
    return (
        _call("begin the fault", _CREATE, create, pause),
        _call("end it", _DELETE, delete),
    )


def _call(name: str, function: Any, arguments: dict[str, Any], pauses: Pauses | None = None) -> Action:
    provider = PythonProvider(type="python", module="chaosk8s.crd.actions", func=function, arguments=arguments)
    return Action(type="action", name=name, provider=provider, pauses=pauses)


def find_toolkit_problems(document: Mapping[str, Any], limits: SpecLimits) -> Iterator[str]:
    """Yield what is wrong with an experiment."""
    try:
        value = read_part(ToolkitExperiment, document)
    except ValidationError as error:
        yield from describe_shape_faults(error)
        return
    begin, end = value.method[0], value.rollbacks[0]
    if isinstance(begin.provider, PythonProvider) and isinstance(end.provider, PythonProvider):
        yield from _check_mesh(begin.provider, end.provider, limits)
    elif isinstance(begin.provider, HttpProvider) and isinstance(end.provider, HttpProvider):
        yield from _check_proxy(begin.provider, end.provider, limits)
    else:
        yield "rollbacks[0].provider: it does not undo what the method does"
    if value.hypothesis.probes and any(probe.provider.method != "GET" for probe in value.hypothesis.probes):
        yield "steady-state-hypothesis.probes: a look changes nothing; GET only"
    if begin.pauses is None or not begin.pauses.after:
        yield "method[0].pauses.after: without it the fault is undone before anybody has seen it"
    elif begin.pauses.after > limits.longest.total_seconds():
        yield f"method[0].pauses.after: longer than {limits.longest.total_seconds():g} s"


def _check_mesh(begin: PythonProvider, end: PythonProvider, limits: SpecLimits) -> Iterator[str]:
    if (begin.func, end.func) != (_CREATE, _DELETE):
        yield "rollbacks[0].provider: the method creates an object, and the rollback deletes it"
        return
    resource = begin.arguments.get("resource")
    if not isinstance(resource, Mapping):
        yield "method[0].provider.arguments.resource: it is required"
        return
    problems = list(find_mesh_problems(resource, limits))
    yield from (f"method[0].provider.arguments.resource.{problem}" for problem in problems)
    if problems:
        return
    group, _, version = mesh.API_VERSION.partition("/")
    meta = resource["metadata"]
    place = {
        "group": group,
        "version": version,
        "plural": mesh.PLURALS[resource["kind"]],
        "ns": meta["namespace"],
    }
    if begin.arguments != {**place, "resource": resource}:
        yield "method[0].provider.arguments: they are not those of the object"
    if end.arguments != {**place, "name": meta["name"]}:
        yield "rollbacks[0].provider.arguments: they delete another object, or none"


def _check_proxy(begin: HttpProvider, end: HttpProvider, limits: SpecLimits) -> Iterator[str]:
    root, path = begin.url.removesuffix(_BEGIN), begin.url[-len(_BEGIN) :]
    if (path, begin.method) != (_BEGIN, "POST"):
        yield f"method[0].provider: only POST {_BEGIN} of a fault proxy begins a fault"
    if (end.url, end.method) != (root + _WITHDRAW, "POST"):
        yield f"rollbacks[0].provider: only POST {_WITHDRAW} of the same proxy ends it"
    for name, provider in (("method", begin), ("rollbacks", end)):
        if provider.headers.get("Authorization") != "Bearer ${token}":
            yield f"{name}[0].provider.headers.Authorization: Bearer ${{token}}, from the secrets; never a token itself"
    body = begin.arguments or {}
    yield from (f"method[0].provider.arguments.{problem}" for problem in find_proxy_problems(body, limits))
    if end.arguments != {"experiment": body.get("experiment")}:
        yield "rollbacks[0].provider.arguments: they end another experiment, or none"
