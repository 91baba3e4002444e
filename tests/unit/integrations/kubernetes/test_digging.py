"""Objects whose shape cannot be trusted: whatever stands where, nothing here fails."""

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.digging import Owner, containers_of, matches, owner_of, template_of, time_of
from fermata.integrations.kubernetes.health import judge_node, judge_workload
from fermata.integrations.kubernetes.managed import find_manager
from fermata.integrations.kubernetes.pruning import prune
from fermata.integrations.kubernetes.revisions import compare, find_start, list_revisions
from fermata.integrations.kubernetes.scope import Holdings, find_targets
from fermata.integrations.kubernetes.selection import Focus, select
from fermata.integrations.kubernetes.status_lines import describe
from fermata.integrations.kubernetes.variables import resolve
from fermata.integrations.kubernetes.yaml_text import write_list

SAMPLES = Path(__file__).parents[3] / "samples" / "kubernetes"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ODD = (None, "x", 7, -1, True, [], {}, [None], ["x"], {"a": None}, [[]], 1.5, "2026-13-99T", "\n- # x", {"name": 7})


@pytest.mark.parametrize(
    ("references", "owner"),
    [
        ([{"kind": "Job", "name": "a"}], Owner("Job", "a")),
        ([{"kind": "Other", "name": "x"}, {"kind": "Job", "name": "a", "controller": True}], Owner("Job", "a")),
        ([{"kind": "Job", "name": "a b"}], None),
        ([{"kind": "", "name": "a"}], None),
        ("none", None),
    ],
)
def test_owner_is_the_controller_if_it_can_be_one(references, owner):
    """A name that no object can have is none."""
    assert owner_of({"metadata": {"ownerReferences": references}}) == owner


def test_template_is_found_in_each_kind():
    """A pod is its own; a cron job's lies deeper."""
    template = {"spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]}}
    cron = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}}
    pod = {"kind": "Pod", **template}

    assert template_of({"kind": "Deployment", "spec": {"template": template}}) == template_of(cron) == template
    assert template_of(pod) == pod
    assert [each["name"] for each in containers_of(cron, with_init=True)] == ["i", "a"]


@pytest.mark.parametrize("text", ["", "soon", "2026-11-25T10:00:00", 7])
def test_instant_that_says_no_zone_is_none(text):
    """It would be taken for local time."""
    assert time_of({"at": text}, "at") is None
    assert time_of({"at": "2026-11-25T10:00:00Z"}, "at").hour == 10


def test_empty_selector_selects_nothing():
    """A service without one gets its endpoints from somebody else."""
    assert matches({"a": "b"}, {"a": "b", "c": "d"})
    assert not matches({}, {"a": "b"})
    assert not matches({"a": "b"}, {"a": "c"})


def mutate(value, dice, share):
    """Put something odd here and there."""
    if dice.random() < share:
        return copy.deepcopy(dice.choice(ODD))
    if isinstance(value, dict):
        return {key: mutate(item, dice, share) for key, item in value.items()}
    return [mutate(item, dice, share) for item in value] if isinstance(value, list) else value


def make_objects(dice):
    """Give mutated objects of a real API server, some of them under another kind."""
    pods = json.loads((SAMPLES / "pods-list.json").read_text())["items"]
    deployment = json.loads((SAMPLES / "deploy-get.json").read_text())
    owner = {"kind": "Deployment", "name": "web", "controller": True}
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Service", "Event", "Node", "Job", "ConfigMap")
    whole = [("Pod", pod) for pod in pods] + [(kind, deployment) for kind in kinds]
    found = []
    for kind, item in whole:
        body = mutate(item, dice, dice.choice((0.01, 0.05, 0.2)))
        body = body if isinstance(body, dict) else {}
        if kind == "ReplicaSet":
            body["metadata"] = {"name": "web-1", "ownerReferences": [owner]}
        found.append(body | {"kind": kind})
    return found


@pytest.mark.parametrize("seed", range(40))
def test_odd_objects_are_read_as_far_as_they_go(seed):
    """What a server, a proxy or an admission hook may have made of them must not cost the others."""
    dice = random.Random(seed)  # noqa: S311 - the same odd shapes in every run.
    objects = make_objects(dice)
    lists = {}
    for item in objects:
        lists.setdefault(item["kind"], []).append(item)
    holdings = Holdings("shop", lists)

    targets = find_targets([Entity.parse("service/shop/web"), Entity.parse("pod/shop/p1")], holdings)
    focus = Focus(targets, NOW - timedelta(hours=1))
    lines = [
        line
        for kind, items in lists.items()
        for line in write_list(kind, kind, prune(select(kind, items, focus).items).items, describe)
    ]
    revisions = list_revisions(Owner("Deployment", "web"), lists["ReplicaSet"])
    steps = [compare(None, each, "x") for each in revisions]
    for item in objects:
        find_manager(item)
        judge_node(item, NOW, timedelta(1))
        judge_workload(item, lists["Pod"], NOW, timedelta(1))
        for container in containers_of(item, with_init=True):
            resolve(container, template_of(item), {"web": item})
    starts = [find_start(step, objects[0], lists["Event"]) for step in steps]

    # Each object begins at the margin, whatever it holds.
    assert sum(line.startswith("- ") for line in lines) == sum(len(select(k, v, focus).items) for k, v in lists.items())
    assert len(starts) == len(revisions)
