"""Specs that must be refused: each is accepted by Chaos Mesh, Gremlin or Chaos Toolkit, or has been by one of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

SELECTOR: Mapping[str, Any] = {"namespaces": ["staging"], "labelSelectors": {"app": "web"}}
OTHER: Mapping[str, Any] = {"namespaces": ["staging"], "labelSelectors": {"app": "db"}}


def wrap(kind: str, **spec: Any) -> dict[str, Any]:
    """Give an object."""
    meta = {"name": "exp-1", "namespace": "staging"}
    return copy.deepcopy({"apiVersion": "chaos-mesh.org/v1alpha1", "kind": kind, "metadata": meta, "spec": spec})


def delay(**more: Any) -> dict[str, Any]:
    """Give a delay that is right but for what is given."""
    spec: dict[str, Any] = {
        "action": "delay",
        "mode": "one",
        "selector": SELECTOR,
        "duration": "60s",
        "direction": "to",
        "target": {"mode": "all", "selector": OTHER},
        "delay": {"latency": "200ms"},
    }
    return wrap("NetworkChaos", **{key: value for key, value in {**spec, **more}.items() if value is not None})


def kill(**more: Any) -> dict[str, Any]:
    """Give a kill that is right but for what is given."""
    spec: dict[str, Any] = {"action": "pod-kill", "mode": "one", "selector": SELECTOR, "duration": "60s"}
    return wrap("PodChaos", **{key: value for key, value in {**spec, **more}.items() if value is not None})


def workflow(**more: Any) -> dict[str, Any]:
    """Give a workflow that is right but for what is given by template name."""
    check = {
        "mode": "Continuous",
        "type": "HTTP",
        "intervalSeconds": 1,
        "timeoutSeconds": 1,
        "failureThreshold": 2,
        "http": {"url": "http://web/", "criteria": {"statusCode": "200"}},
    }
    chaos = {"action": "pod-kill", "mode": "one", "selector": SELECTOR}
    watch = {"templateType": "StatusCheck", "deadline": "60s", "statusCheck": check, "abortWithStatusCheck": True}
    steps: dict[str, dict[str, Any]] = {
        "all": {"templateType": "Parallel", "deadline": "70s", "children": ["watch", "fault"]},
        "watch": watch,
        "fault": {"templateType": "PodChaos", "deadline": "60s", "podChaos": chaos},
    }
    for name, change in more.items():
        steps[name] = {key: value for key, value in {**steps.get(name, {}), **change}.items() if value is not None}
    return wrap("Workflow", entry="all", templates=[{"name": name, **step} for name, step in steps.items()])


def schedule(**more: Any) -> dict[str, Any]:
    """Give a schedule that is right but for what is given."""
    chaos = {"action": "pod-kill", "mode": "one", "selector": SELECTOR, "duration": "60s"}
    spec: dict[str, Any] = {
        "schedule": "30 10 * * 2",
        "type": "PodChaos",
        "concurrencyPolicy": "Forbid",
        "historyLimit": 1,
        "startingDeadlineSeconds": 60,
        "podChaos": chaos,
    }
    return wrap("Schedule", **{key: value for key, value in {**spec, **more}.items() if value is not None})


def list_good() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what the bad ones are made from: a bad one must be refused for its own fault alone."""
    yield "delay", delay()
    yield "kill", kill()
    yield "workflow", workflow()
    yield "schedule", schedule()


def list_bad() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the bad ones by what is wrong with them."""
    yield "no duration", kill(duration=None)
    yield "longer than the cap", kill(duration="6m")
    yield "mode all", kill(mode="all")
    yield "number where text is wanted", kill(mode="fixed-percent", value=25)
    yield "share above the cap", kill(mode="fixed-percent", value="100")
    yield "no value for a share", kill(mode="fixed-percent")
    yield "empty selector", kill(selector={})
    yield "whole namespace", kill(selector={"namespaces": ["staging"]})
    yield "another namespace", kill(selector={**SELECTOR, "namespaces": ["prod"]})
    notin = [{"key": "app", "operator": "NotIn", "values": ["db"]}]
    yield "everything but", kill(selector={**SELECTOR, "expressionSelectors": notin})
    yield "pods by name", kill(selector={**SELECTOR, "pods": {"prod": ["web-1"]}})
    yield "another cluster", kill(remoteCluster="prod")
    yield "action delay without a delay", delay(delay=None)
    yield "no target", delay(target=None)
    yield "two units", delay(delay={"latency": "1m30s"})
    yield "both directions", delay(direction="both")
    yield "source is target", delay(target={"mode": "all", "selector": SELECTOR})
    yield "outside target", delay(externalTargets=["example.com"])
    yield "misspelt duration", delay(duration=None, durations="60s")
    yield (
        "nothing done to answers",
        wrap("HTTPChaos", mode="one", selector=SELECTOR, duration="60s", target="Response", port=80, path="*"),
    )
    yield (
        "port 0",
        wrap(
            "HTTPChaos", mode="one", selector=SELECTOR, duration="60s", target="Request", port=0, path="*", abort=True
        ),
    )
    yield "no stressor", wrap("StressChaos", mode="one", selector=SELECTOR, duration="60s", stressors={})
    yield "step without an end", workflow(fault={"deadline": None})
    yield (
        "duration in a workflow",
        workflow(fault={"podChaos": {"action": "pod-kill", "mode": "one", "selector": SELECTOR, "duration": "60s"}}),
    )
    yield "unknown child", workflow(all={"children": ["watch", "fault", "ghost"]})
    yield "parent shorter than its child", workflow(all={"deadline": "30s"})
    yield "step that comes back", workflow(all={"children": ["watch", "fault", "all"]})
    looks = {"mode": "Synchronous", "type": "HTTP", "intervalSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 2}
    asked = {"http": {"url": "http://web/", "criteria": {"statusCode": "200"}}}
    yield "baseline that a deadline passes", workflow(watch={"statusCheck": {**looks, **asked}})
    yield "nothing ends it early", workflow(watch={"abortWithStatusCheck": False})
    yield "schedule that overlaps", schedule(concurrencyPolicy="Allow")
    yield "schedule without history", schedule(historyLimit=None)
    yield "schedule that gets stuck", schedule(startingDeadlineSeconds=None)
    yield "schedule each minute", schedule(schedule="* * * * *")
    yield "two faults in a schedule", schedule(networkChaos=delay()["spec"])
    yield (
        "gremlin shutdown",
        {
            "command": {"type": "shutdown", "commandType": "Shutdown", "args": ["-d", "0", "-r"]},
            "target": {"type": "Random", "containers": {"multiSelectLabels": {"app": ["web"]}}, "exact": "1"},
        },
    )
    yield (
        "gremlin without its way back",
        {
            "command": {"type": "blackhole", "commandType": "Blackhole", "args": ["-l", "60", "-p", "80", "-h", "db"]},
            "target": {"type": "Random", "containers": {"multiSelectLabels": {"app": ["web"]}}, "exact": "1"},
        },
    )
    yield (
        "gremlin on all hosts",
        {
            "command": {"type": "cpu", "commandType": "CPU", "args": ["-l", "60", "-p", "90", "-c", "1"]},
            "target": {"type": "Random", "hosts": "all", "percent": 50},
        },
    )
    yield "toolkit with a misspelt undo", {"title": "x", "description": "x", "method": [], "rollbackz": []}
    yield (
        "proxy without a lease",
        {
            "experiment": "exp-1",
            "longest_s": 60,
            "fault": {"kind": "latency", "latency_ms": 200},
        },
    )
