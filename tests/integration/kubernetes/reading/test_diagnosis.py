"""What the collectors bring is enough for the catalogue: the right signature, with citations that check."""

import pytest

from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.clock import SystemClock
from fermata.rules.citations import cite
from fermata.rules.signatures import Case, diagnose
from fermata.testing.kubernetes import Fate
from fermata.testing.kubernetes_replay import KINDS, ReplayServer
from fermata.testing.web_server import Answer


@pytest.fixture
def ask(make_system, make_scope, gather):
    """Gather for the shop's checkout, and diagnose."""

    async def run(*refs):
        scope = make_scope(*(refs or ("service/shop/checkout",)))
        evidence = await gather(make_system(), scope)
        return evidence, diagnose(Case(scope=scope, alerts=(), evidence=evidence))

    return run


@pytest.fixture
def ask_replayed(cluster, make_scope, gather, tmp_path):
    """Gather from a server that says what the emulated one holds, each object changed first; and diagnose."""

    async def run(change):
        scope = make_scope("service/shop/checkout")
        objects = [item for kind in KINDS for item in cluster.list_kind(kind.kind)]
        objects += cluster.list_kind("ConfigMap", "shop")
        for item in objects:
            change(item)
        async with ReplayServer(tmp_path) as server:
            server.say_objects(objects, "shop")
            settings = KubernetesSettings(kubeconfig=server.kubeconfig)
            for pod in cluster.list_kind("Pod", "shop"):
                query = {"container": "checkout", "timestamps": "true", "tailLines": "1000", "limitBytes": "67108864"}
                since = scope.window_start.strftime("%Y-%m-%dT%H:%M:%SZ")
                path = f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}/log"
                server.say(path, Answer(b"INFO up\n"), query | {"sinceTime": since})
            evidence = await gather(Kubernetes(settings, SystemClock()), scope)
            assert server.unknown == []
        return evidence, diagnose(Case(scope=scope, alerts=(), evidence=evidence))

    return run


def require_citations(evidence, hypothesis):
    """Each quote stands in the evidence it names."""
    known = {item.id: item for item in evidence}
    for citation in hypothesis.citations:
        assert cite(known[citation.evidence_id], citation.first_line, quote=citation.quote) is not None


async def test_kill_for_memory_after_a_rollout_is_found(cluster, shop, ask):
    """A limit that was lowered below the need: killed for memory, with the change beside it."""
    shop.build(memory="256Mi")
    cluster.script(Fate.OUT_OF_MEMORY, needs_memory="128Mi")
    shop.roll("shop/checkout:1.4", memory="64Mi")

    evidence, found = await ask()

    best = found.hypotheses[0]
    assert (best.cause, best.entity.ref) == ("oom_killed", "kubernetes:deployment/shop/checkout")
    assert any("OOMKilled" in citation.quote for citation in best.citations)
    require_citations(evidence, best)
    change = next(item for item in evidence if item.kind == "change")
    assert change.facts["kind"] == "rollout"
    assert "limits.memory 256Mi -> 64Mi" in change.title
    assert "+          memory: 64Mi" in [line.text for line in change.lines]


async def test_crash_loop_is_found_with_what_was_written_before_the_restart(cluster, shop, ask):
    """The lines before the last restart are evidence, and tell why."""
    shop.build()
    cluster.script(Fate.CRASHES, image="shop/checkout:1.5")
    shop.roll("shop/checkout:1.5")
    shop.write_log("Traceback (most recent call last):\nKeyError: 'CURRENCY'\n", previous=True)
    shop.say_event("Pod", shop.pod, "BackOff", "Back-off restarting failed container checkout in pod")

    evidence, found = await ask()

    logs = [item for item in evidence if item.kind == "logs"]
    assert any("KeyError: 'CURRENCY'" in line.text for item in logs for line in item.lines)
    assert logs[0].facts["path"] == f"shop__{shop.pod}__checkout__previous.log"
    assert found.hypotheses[0].entity.ref == "kubernetes:deployment/shop/checkout"
    require_citations(evidence, found.hypotheses[0])


async def test_image_that_cannot_be_pulled_is_found(cluster, shop, ask):
    """A tag that does not exist."""
    shop.build()
    cluster.script(Fate.PULL_FAILS, image="shop/checkout:1.5-typo")
    shop.roll("shop/checkout:1.5-typo")
    words = 'Failed to pull image "shop/checkout:1.5-typo": manifest unknown: not found'
    shop.say_event("Pod", shop.pod, "Failed", words)

    evidence, found = await ask()

    assert "image" in found.hypotheses[0].cause
    require_citations(evidence, found.hypotheses[0])


async def test_selector_that_matches_nothing_is_found(shop, ask):
    """The service looks for a label that no pod has: everything runs and nothing is reached."""
    shop.build(selector="chekout")

    evidence, found = await ask()

    assert "selector" in found.hypotheses[0].cause
    require_citations(evidence, found.hypotheses[0])


async def test_exhausted_quota_is_found(cluster, shop, ask_replayed):
    """Pods that a quota forbids never come to be; only the replica set's event tells."""
    shop.build()
    used = {"hard": {"requests.memory": "128Mi"}, "used": {"requests.memory": "128Mi"}}
    shop.put("ResourceQuota", "team", spec={"hard": used["hard"]}, status=used)
    replica_set = cluster.list_kind("ReplicaSet", "shop")[-1]["metadata"]["name"]
    words = (
        f'Error creating: pods "{replica_set}-abcde" is forbidden: exceeded quota: team, requested: '
        "requests.memory=128Mi, used: requests.memory=128Mi, limited: requests.memory=128Mi"
    )
    shop.say_event("ReplicaSet", replica_set, "FailedCreate", words)

    # The emulated controllers know no quotas: what a real cluster would answer is written down.
    def want_more(item):
        if item["kind"] in ("Deployment", "ReplicaSet"):
            item["spec"]["replicas"] = 3

    evidence, found = await ask_replayed(want_more)

    assert "quota" in found.hypotheses[0].cause
    require_citations(evidence, found.hypotheses[0])
