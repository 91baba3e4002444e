"""What is wrong with a Chaos Mesh object, by our own rules: stricter than its definition and its webhook.

A spec that copies the project's examples is accepted by Chaos Mesh and unsafe: 31 of its 33 have no duration, take
every replica, or hit a whole namespace. The numbers in brackets are issues of chaos-mesh/chaos-mesh that a rule comes
from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from fermata.rules.chaosspecs import mesh_models as mesh
from fermata.rules.chaosspecs.cron import find_cron_fault
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.shape import describe_shape_faults, read_part
from fermata.rules.chaosspecs.spans import is_single_unit, read_span

_KINDS: Mapping[str, type[mesh.AnyObject]] = {
    "PodChaos": mesh.PodChaos,
    "NetworkChaos": mesh.NetworkChaos,
    "HTTPChaos": mesh.HTTPChaos,
    "StressChaos": mesh.StressChaos,
    "Workflow": mesh.Workflow,
    "Schedule": mesh.Schedule,
}
_NOTHING = timedelta(0)


def find_mesh_problems(document: Mapping[str, Any], limits: SpecLimits) -> Iterator[str]:
    """Yield what is wrong with an object of the group `chaos-mesh.org`, each with the path of its field."""
    kind = document.get("kind")
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        yield f"kind: {kind!r} is none that is written here; known are {', '.join(_KINDS)}"
        return
    try:
        value = read_part(model, document)
    except ValidationError as error:
        yield from describe_shape_faults(error)
        return
    namespace = value.metadata.namespace
    if isinstance(value, mesh.Workflow):
        yield from _check_workflow(value.spec, "spec", namespace, limits)
    elif isinstance(value, mesh.Schedule):
        yield from _check_schedule(value.spec, namespace, limits)
    else:
        yield from _check_span(value.spec.duration, "spec.duration", limits.longest)
        yield from _check_fault(value.spec, "spec", namespace, limits)


def _check_span(text: str | None, path: str, longest: timedelta) -> Iterator[str]:
    if text is None:
        yield f"{path}: without it nothing ends it in time"
        return
    span = read_span(text)
    if span is None or span <= _NOTHING:
        yield f"{path}: {text!r} is no duration, as 300s or 5m"
    elif span > longest:
        yield f"{path}: {text} is longer than {longest.total_seconds():g} s"


def _check_fault(spec: mesh.Selecting, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    yield from _check_selection(spec, path, namespace, limits)
    yield from _CHECKS[type(spec)](spec, path, namespace, limits)


def _check_selection(
    spec: mesh.Selecting | mesh.Target, path: str, namespace: str, limits: SpecLimits
) -> Iterator[str]:
    if spec.mode == "all":
        yield f"{path}.mode: all takes every replica, also those that are not ready; count them with fixed"
    yield from _check_value(spec, path, limits)
    yield from _check_namespace(spec.selector, path, namespace)


def _check_namespace(selector: mesh.Selector, path: str, namespace: str) -> Iterator[str]:
    if selector.namespaces != [namespace]:
        yield f"{path}.selector.namespaces: it reaches beyond the object's own namespace {namespace}"


def _check_value(spec: mesh.Selecting | mesh.Target, path: str, limits: SpecLimits) -> Iterator[str]:
    if spec.mode in {"one", "all"}:
        if spec.value is not None:
            yield f"{path}.value: mode {spec.mode} takes none"
        return
    value = spec.value or ""
    if not (value.isascii() and value.isdecimal() and len(value) <= 6 and int(value) > 0):
        yield f"{path}.value: mode {spec.mode} needs a whole number above 0, as text"
    elif spec.mode != "fixed" and int(value) > limits.max_percent:
        yield f"{path}.value: {value} % of the replicas are more than {limits.max_percent} %"


def _check_pod(spec: mesh.PodChaosSpec, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    del namespace, limits
    if (spec.action == "container-kill") != bool(spec.container_names):
        yield f"{path}.containerNames: container-kill needs it, and nothing else takes it"


def _check_network(spec: mesh.NetworkChaosSpec, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    needed = {"delay": spec.delay, "loss": spec.loss, "bandwidth": spec.bandwidth}
    for name, block in needed.items():
        if spec.action == name and block is None:
            yield f"{path}.{name}: action {name} without it does nothing, or not what was meant"
        if spec.action != name and block is not None:
            yield f"{path}.{name}: it does not belong to action {spec.action}"
    if spec.delay is not None:
        yield from _check_delay(spec.delay, f"{path}.delay")
    if spec.target is None:
        yield f"{path}.target: without it all traffic of the pods is hit, their probes and name look-ups included"
    else:
        yield from _check_value(spec.target, f"{path}.target", limits)
        yield from _check_namespace(spec.target.selector, f"{path}.target", namespace)
        if spec.target.selector == spec.selector:
            yield f"{path}.target.selector: it selects the same pods as the source (#1450)"
    if spec.direction != "to":
        yield f"{path}.direction: only `to` leaves the target's other traffic alone; write it out (#1450, #3204)"


def _check_delay(delay: mesh.Delay, path: str) -> Iterator[str]:
    for name, text in (("latency", delay.latency), ("jitter", delay.jitter)):
        if text is not None and not is_single_unit(text):
            yield f"{path}.{name}: {text!r} needs exactly one unit here, as 90s or 2000ms"
    span = read_span(delay.latency)
    if span is not None and span <= _NOTHING:
        yield f"{path}.latency: nothing is delayed"


def _check_http(spec: mesh.HTTPChaosSpec, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    del namespace, limits
    done = [name for name, value in (("abort", spec.abort), ("delay", spec.delay), ("replace", spec.replace)) if value]
    if len(done) != 1:
        yield f"{path}: exactly one of abort, delay and replace; there are {len(done)}"
    if spec.path is None:
        yield f'{path}.path: say which requests, if need be with "*"'
    if spec.delay is not None and (read_span(spec.delay) or _NOTHING) <= _NOTHING:
        yield f"{path}.delay: {spec.delay!r} is no duration above nothing"
    if spec.replace is not None and (spec.target != "Response" or spec.replace.code is None):
        yield f"{path}.replace: only an answer's code is replaced here: target Response, and a code"


def _check_stress(spec: mesh.StressChaosSpec, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    del namespace, limits
    if spec.stressors.cpu is None and spec.stressors.memory is None:
        yield f"{path}.stressors: neither cpu nor memory"


_CHECKS: Mapping[type[mesh.Selecting], Callable[[Any, str, str, SpecLimits], Iterator[str]]] = {
    mesh.PodChaosSpec: _check_pod,
    mesh.NetworkChaosSpec: _check_network,
    mesh.HTTPChaosSpec: _check_http,
    mesh.StressChaosSpec: _check_stress,
}


def _check_schedule(spec: mesh.ScheduleSpec, namespace: str, limits: SpecLimits) -> Iterator[str]:
    fault = find_cron_fault(spec.schedule)
    if fault:
        yield f"spec.schedule: {fault}"
    if spec.concurrency_policy != "Forbid":
        yield "spec.concurrencyPolicy: Forbid, written out, or two of them run at once"
    if spec.history_limit is None:
        yield "spec.historyLimit: with the default a pod-kill is never started again (#3882); write 1 or more"
    if spec.starting_deadline_seconds is None:
        yield "spec.startingDeadlineSeconds: without it more than 100 missed starts stop the schedule (#4470)"
    found: dict[str, Any] = dict(spec.found)
    if spec.workflow is not None:
        found["Workflow"] = spec.workflow
    if list(found) != [spec.type]:
        yield f"spec.type: {spec.type} needs its own fault, and no other; there is {', '.join(found) or 'none'}"
    for kind, inner in spec.found.items():
        path = f"spec.{_field(kind)}"
        yield from _check_span(inner.duration, f"{path}.duration", limits.longest)
        yield from _check_fault(inner, path, namespace, limits)
    if spec.workflow is not None:
        yield from _check_workflow(spec.workflow, "spec.workflow", namespace, limits)


def _field(kind: str) -> str:
    return {"HTTPChaos": "httpChaos"}.get(kind, kind[:1].lower() + kind[1:])


def _check_workflow(spec: mesh.WorkflowSpec, path: str, namespace: str, limits: SpecLimits) -> Iterator[str]:
    names = [template.name for template in spec.templates]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{path}.templates: two of them have the name {name}"
    known = {template.name: template for template in spec.templates}
    if spec.entry not in known:
        yield f"{path}.entry: there is no template {spec.entry!r}"
    for number, template in enumerate(spec.templates):
        where = f"{path}.templates[{number}]"
        yield from _check_template(template, where, known, limits)
        for kind, inner in template.found.items():
            yield from _check_fault(inner, f"{where}.{_field(kind)}", namespace, limits)
            if inner.duration is not None:
                yield f"{where}.{_field(kind)}.duration: not in a workflow; its step's deadline ends it"
    used = _list_reached(spec.entry, known)
    for name in sorted(set(known) - used):
        yield f"{path}.templates: nothing comes to {name}"
    if not any(_is_watch(known[name]) for name in used):
        yield f"{path}.templates: no Continuous StatusCheck: nothing would end it early"


def _is_watch(template: mesh.Template) -> bool:
    check = template.status_check
    return check is not None and check.mode == "Continuous"


def _list_reached(entry: str, known: Mapping[str, mesh.Template]) -> set[str]:
    reached: set[str] = set()
    waiting = [entry] if entry in known else []
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [child for child in known[name].children or () if child in known]
    return reached


def _check_template(
    template: mesh.Template, path: str, known: Mapping[str, mesh.Template], limits: SpecLimits
) -> Iterator[str]:
    is_group = template.template_type in {"Serial", "Parallel"}
    longest = limits.longest_workflow if is_group else limits.longest
    if template.deadline is None:
        yield f"{path}.deadline: a step without one may never end (#3846)"
    else:
        yield from _check_span(template.deadline, f"{path}.deadline", longest)
    if is_group != bool(template.children):
        yield f"{path}.children: Serial and Parallel need them, and nothing else takes them"
    yield from _check_children(template, path, known)
    wanted = {template.template_type} if template.template_type.endswith("Chaos") else set()
    if set(template.found) != wanted:
        yield f"{path}: a step {template.template_type} holds {', '.join(template.found) or 'no fault'}"
    if (template.template_type == "StatusCheck") != (template.status_check is not None):
        yield f"{path}.statusCheck: a StatusCheck needs it, and nothing else takes it"
    if (template.template_type == "StatusCheck") != (template.abort_with_status_check is True):
        yield f"{path}.abortWithStatusCheck: a StatusCheck needs it, or its failure ends nothing; nothing else takes it"
    yield from _check_look(template, path, longest)


def _check_look(template: mesh.Template, path: str, longest: timedelta) -> Iterator[str]:
    """What its deadline ends counts as done: a baseline must end by its own duration, and then it has failed."""
    check = template.status_check
    if check is None or check.mode == "Continuous":
        return
    yield from _check_span(check.duration, f"{path}.statusCheck.duration", longest)
    own, deadline = read_span(check.duration or ""), read_span(template.deadline or "")
    if own is not None and deadline is not None and own >= deadline:
        yield f"{path}.statusCheck.duration: it must end before the step's deadline, which would count as success"


def _check_children(template: mesh.Template, path: str, known: Mapping[str, mesh.Template]) -> Iterator[str]:
    spans = []
    for child in template.children or ():
        if child not in known:
            yield f"{path}.children: there is no template {child!r}"
        elif template.name in _list_reached(child, known):
            yield f"{path}.children: {child} comes back to {template.name}"
        else:
            spans.append(read_span(known[child].deadline or "") or _NOTHING)
    own = read_span(template.deadline or "")
    needed = (sum(spans, _NOTHING) if template.template_type == "Serial" else max(spans)) if spans else own
    if own is not None and needed is not None and needed > own:
        yield f"{path}.deadline: {template.deadline} is shorter than its children's (#2115)"
