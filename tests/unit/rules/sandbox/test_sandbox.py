"""A rehearsal stays in its sandbox: every way out that was thought of is refused before anything is created."""

from datetime import timedelta

import pytest
from tests.unit.rules.sandbox.places import (
    CALLEES,
    LABEL,
    LIMITS,
    NAMESPACE,
    PODS,
    behind_proxy,
    make_delay,
    make_document,
    make_facts,
    make_pod,
    make_proxy_facts,
    retarget,
)

from fermata.domain.experiment import FaultKind, FaultSpec, SteadyCheck
from fermata.domain.sandbox import RunningFault, SandboxBudget, SandboxFinding
from fermata.kit.errors import GuardRefused
from fermata.rules.chaosspecs import write_spec
from fermata.rules.sandbox import judge_sandbox, refuse_outside_sandbox
from fermata.testing.experiments import make_cluster_experiment, make_experiment

CLUSTER, PROXY = make_cluster_experiment, make_experiment
PROD_CYRILLIC = "shop-\u0440\u0433\u043e\u0501"
CALLEE = {"callee": "ledger", "callee_labels": {"app": "ledger"}}
DELAY = make_cluster_experiment(
    target=CLUSTER().target.model_copy(update=CALLEE), fault=FaultSpec(kind=FaultKind.LATENCY, latency_ms=500)
)
CPU = make_cluster_experiment(fault=FaultSpec(kind=FaultKind.CPU, load_percent=90, percent=33))
SELECTOR = {"namespaces": [NAMESPACE], "labelSelectors": {"app": "payment"}}


def check(**changes):
    """Give a check of a journey that is not hit."""
    values = {"journey": "refund", "url": "http://127.0.0.1:8001/refund", "max_p95_ms": 300}
    return SteadyCheck(**(values | changes))


def name_unmet(facts, experiment, limits=LIMITS):
    """Give the names of the conditions that are not met."""
    return {finding.name for finding in judge_sandbox(facts, experiment, limits) if not finding.ok}


def seen(**changes):
    """Give what is seen of the cluster with one thing changed, and the experiment it is for."""
    return make_facts(**changes), CLUSTER()


def asked(experiment, **changes):
    """Give what is seen of the cluster, and another experiment."""
    return make_facts(**changes), experiment


def proxied(experiment, **changes):
    """Give what is seen of the proxy, and another experiment."""
    return make_proxy_facts(**changes), experiment


def written(document, experiment=None, **changes):
    """Give a cluster in which another document would be created."""
    return make_facts(document=document, **changes), experiment or CLUSTER()


def spec(**changes):
    """Give a document whose spec is spoilt, for the experiment that kills."""
    return written(make_document(changes))


def delay(**changes):
    """Give a delay whose spec is spoilt, for the experiment that holds calls."""
    return written(make_delay(**changes), DELAY, callee_pods=CALLEES)


ESCAPES = {
    # The namespace.
    "namespace not on the list": ("namespace", *asked(retarget(namespace="shop"), namespace="shop")),
    "namespace with another's end": ("namespace", *asked(retarget(namespace="shop-staging-2"))),
    "namespace in capitals": ("namespace", *asked(retarget(namespace="Shop-Staging"))),
    "namespace with a Cyrillic letter": ("namespace", *asked(retarget(namespace="sh\u043ep-staging"))),
    "namespace with a zero-width space": ("namespace", *asked(retarget(namespace="shop\u200b-staging"))),
    "namespace with a one for an L": ("namespace", *asked(retarget(namespace="shop-stag1ng"))),
    "namespace in punycode": ("namespace", *asked(retarget(namespace="xn--shp-staging-0bc"))),
    "namespace with a space behind": ("namespace", *asked(retarget(namespace="shop-staging "))),
    "namespace with a wildcard": ("namespace", *asked(retarget(namespace="*"))),
    "namespace left out": ("namespace", *asked(retarget(namespace=""))),
    "kube-system": ("namespace", *asked(retarget(namespace="kube-system"), namespace="kube-system")),
    "default": ("namespace", *asked(retarget(namespace="default"), namespace="default")),
    "the controller's own namespace": ("namespace", *asked(retarget(namespace="chaos-mesh"))),
    "a namespace of the mesh": ("namespace", *asked(retarget(namespace="istio-system"))),
    "facts of another namespace": ("namespace", *seen(namespace="shop")),
    "namespace unread": ("namespace", *seen(namespace="", namespace_labels=None)),
    "facts of another system": ("system", *seen(system="gremlin")),
    "owner has not said yes": ("label", *seen(namespace_labels={})),
    "owner's yes with another value": ("label", *seen(namespace_labels={LABEL: "Allowed"})),
    "labels unread": ("label", *seen(namespace_labels=None, unread={"namespace_labels": "forbidden"})),
    "no quota": ("quota", *seen(quotas=())),
    "quotas unread": ("quota", *seen(quotas=None)),
    "no network policy": ("network_policy", *seen(network_policies=())),
    "network policies unread": ("network_policy", *seen(network_policies=None)),
    "controller takes every namespace": ("filter", *seen(filters_namespaces=False)),
    "controller's filter unread": ("filter", *seen(filters_namespaces=None)),
    "controller would never inject": ("filter", *seen(namespace_annotations={})),
    "controller's annotation unread": ("filter", *seen(namespace_annotations=None)),
    # Production.
    "production by label": ("production", *seen(namespace_labels={LABEL: "allowed", "env": "production"})),
    "production by annotation": ("production", *seen(namespace_annotations={"stage": "prod"})),
    "production by context": ("production", *seen(context="admin@prod-eu")),
    "production by node": ("production", *seen(pods=(make_pod(node="gke-prod-pool-1"),))),
    "production by a replica's label": (
        "production",
        *seen(pods=(make_pod(labels={"app": "payment", "tier": "live"}),)),
    ),
    "production by service": ("production", *asked(retarget(service="payment-prod"))),
    "production by host": ("production", *seen(place="api.prod.example.com")),
    "production by the proxy's address": (
        "production",
        *proxied(behind_proxy(address="http://pr0d-proxy:8474"), addresses=("10.0.0.2",)),
    ),
    "production behind the proxy": ("production", *proxied(PROXY(), upstream="payment.live.example.com:443")),
    "production in look-alikes": ("production", *proxied(behind_proxy(callee=PROD_CYRILLIC))),
    "production asked by a check": (
        "addresses",
        *proxied(PROXY(checks=(check(url="https://shop.prod.example.com/refund"),))),
    ),
    "production asked by the probe": ("addresses", *proxied(PROXY(probe_url="http://payment.production:80/"))),
    "check with credentials": ("addresses", *proxied(PROXY(checks=(check(url="http://a:b@127.0.0.1/"),)))),
    "check with a token": ("addresses", *proxied(PROXY(checks=(check(url="http://127.0.0.1/?token=8f14e45fceea"),)))),
    "check with a plain key": ("addresses", *proxied(PROXY(checks=(check(url="http://127.0.0.1/?api_key=k"),)))),
    "check with a secret by its written name": (
        "addresses",
        *proxied(PROXY(checks=(check(url="http://127.0.0.1/?pass%77ord=hunter2"),))),
    ),
    "check with a provider's key in its path": (
        "addresses",
        *proxied(PROXY(checks=(check(url="http://127.0.0.1/buy/AKIAIOSFODNN7EXAMPLE"),))),
    ),
    "check with a password that no pattern knows": (
        "addresses",
        *proxied(PROXY(checks=(check(url="http://127.0.0.1/?user=a&db_password=Zebra%2142"),))),
    ),
    "check of a file": ("addresses", *proxied(PROXY(checks=(check(url="file:///etc/passwd"),)))),
    "check of no address": ("addresses", *proxied(PROXY(checks=(check(url="http://[::1/"),)))),
    # Which replicas, and how many.
    "no labels": ("selector", *asked(retarget(labels={}))),
    "an empty label": ("selector", *asked(retarget(labels={"app": ""}))),
    "labels of two services": ("selector", *seen(pods=(*PODS, make_pod("ledger-1", owner="StatefulSet/ledger")))),
    "replicas without the labels": ("selector", *seen(pods=(*PODS, make_pod("x", labels={"app": "x"})))),
    "labels of nothing": ("selector", *seen(pods=())),
    "replicas unread": ("selector", *seen(pods=None)),
    "replicas changed since": ("selector", *asked(retarget(replicas=5))),
    "host network": ("host_network", *seen(pods=(make_pod(uses_host_network=True),))),
    "callee on the host's network": (
        "host_network",
        *asked(DELAY, callee_pods=(make_pod(uses_host_network=True),), document=make_delay()),
    ),
    "controller reaches nodes": ("host_network", *seen(allows_host_network=True)),
    "controller perhaps reaches nodes": ("host_network", *seen(allows_host_network=None)),
    "host network unread": ("host_network", *seen(pods=None)),
    "all replicas": ("blast_radius", *asked(CLUSTER(fault=FaultSpec(kind=FaultKind.KILL, percent=100)))),
    "mode all": ("blast_radius", *spec(mode="all")),
    "two of three, fixed": ("blast_radius", *spec(mode="fixed", value="2")),
    "67 percent": ("blast_radius", *spec(mode="fixed-percent", value="67")),
    "random up to all": ("blast_radius", *spec(mode="random-max-percent", value="100")),
    "a value that is no text": ("blast_radius", *spec(mode="fixed", value=1)),
    "a mode nobody knows": ("blast_radius", *spec(mode="most", value="1")),
    "no mode": ("blast_radius", *spec(mode=None)),
    "nothing selected": ("blast_radius", *written({"spec": {}, "metadata": {"namespace": NAMESPACE}})),
    "replicas uncounted": ("blast_radius", *seen(pods=None)),
    "a replica that is not ready": ("ready", *seen(pods=(*PODS[:2], make_pod("payment-3", is_ready=False)))),
    "readiness unread": ("ready", *seen(pods=None)),
    "a kill that nobody mends": ("budget", *seen(pods=(make_pod(owner=""),))),
    "a kill over its budget": ("budget", *seen(budgets=(SandboxBudget(name="payment", allowed=0),))),
    "a kill over an unknown budget": ("budget", *seen(budgets=(SandboxBudget(name="payment"),))),
    "budgets unread": ("budget", *seen(budgets=None)),
    "callee without labels": ("callee", *asked(retarget(callee="ledger"))),
    "callee unread": ("callee", *asked(DELAY, callee_pods=None)),
    "callee that is not there": ("callee", *asked(DELAY, callee_pods=())),
    "callee of two services": ("callee", *asked(DELAY, callee_pods=(*CALLEES, make_pod()))),
    "callee without its labels": ("callee", *asked(DELAY, callee_pods=(make_pod(),))),
    # How long, and how it ends.
    "longer than the cap": ("duration", *asked(CLUSTER(duration=timedelta(minutes=6)))),
    "a lease of ten minutes": ("lease", *proxied(PROXY(lease=timedelta(minutes=10)))),
    "no baseline to speak of": ("steady_state", *proxied(PROXY(baseline=timedelta(seconds=1)))),
    "a check that is hardly asked": ("steady_state", *proxied(PROXY(checks=(check(rate_rps=3),)))),
    "a baseline of an hour": ("steady_state", *proxied(PROXY(baseline=timedelta(hours=1)))),
    "a recovery of an hour": ("steady_state", *proxied(PROXY(recovery=timedelta(hours=1)))),
    "only controls beside the hit": (
        "abort",
        *proxied(PROXY(checks=(check(is_hit=True), check(journey="b", is_control=True)))),
    ),
    "a proxy before all callers": ("target", *proxied(PROXY(), edge="payment")),
    "a load test": ("steady_state", *proxied(PROXY(checks=(check(rate_rps=150), check(journey="b", rate_rps=51))))),
    "nothing that would abort it": ("abort", *proxied(PROXY(checks=(check(is_hit=True),)))),
    "another experiment": ("running", *seen(running=(RunningFault(kind="PodChaos", name="x", experiment_id="exp-9"),))),
    "somebody else's fault": ("running", *seen(running=(RunningFault(kind="PodChaos", name="x"),))),
    "our own that is stuck": (
        "running",
        *seen(running=(RunningFault(kind="PodChaos", name="x", experiment_id="exp-1", is_stuck=True),)),
    ),
    "other faults unread": ("running", *seen(running=None)),
    # What would be created.
    "document unread": ("document", *seen(document=None)),
    "document unchecked": ("document", *seen(document_problems=None)),
    "no dry run": ("document", *seen(dry_run=None)),
    "dry run says no": ("document", *seen(dry_run="denied by webhook")),
    "document with problems": ("document", *seen(document_problems=("mode all",))),
    "created elsewhere": ("document", *written(make_document(metadata={"namespace": "shop"}))),
    "created nowhere": ("document", *written(make_document(metadata=None))),
    "selector NotIn": (
        "document",
        *spec(selector=SELECTOR | {"expressionSelectors": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}),
    ),
    "selector DoesNotExist": (
        "document",
        *spec(selector=SELECTOR | {"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}),
    ),
    "selector by pods": ("document", *spec(selector=SELECTOR | {"pods": {"kube-system": ["coredns-1"]}})),
    "selector by nodes": ("document", *spec(selector=SELECTOR | {"nodes": ["node-1"]})),
    "selector without labels": ("document", *spec(selector={"namespaces": [NAMESPACE]})),
    "selector with empty labels": ("document", *spec(selector=SELECTOR | {"labelSelectors": {}})),
    "selector with other labels": ("document", *spec(selector=SELECTOR | {"labelSelectors": {"tier": "all"}})),
    "selector of two namespaces": ("document", *spec(selector=SELECTOR | {"namespaces": [NAMESPACE, "shop"]})),
    "selector of all namespaces": ("document", *spec(selector={"labelSelectors": {"app": "payment"}})),
    "selector that is none": ("document", *spec(selector="app=payment")),
    "another cluster": ("document", *spec(remoteCluster="prod")),
    "a delay without a duration": ("document", *delay(duration=None)),
    "a delay for longer": ("document", *delay(duration="1h")),
    "a delay longer than approved": ("document", *delay(duration="11s")),
    "a duration that is none": ("document", *delay(duration="soon")),
    "a duration in seconds": ("document", *delay(duration=10)),
    "a duration of nothing": ("document", *delay(duration="0s")),
    "a delay without a target": ("document", *delay(target=None)),
    "a delay to everything": ("document", *delay(target={"mode": "all", "selector": {"namespaces": [NAMESPACE]}})),
    # The proxy.
    "a service not on the list": ("target", *proxied(behind_proxy(service="cart", callee=""))),
    "a call not on the list": ("target", *proxied(behind_proxy(callee="ledger"))),
    "a call that looks listed": ("target", *proxied(behind_proxy(callee="p\u0430yment"))),
    "a kill through a proxy": ("target", *proxied(PROXY(fault=FaultSpec(kind=FaultKind.KILL)))),
    "a proxy on the internet": ("place", *proxied(behind_proxy(address="http://93.184.216.34:8474"))),
    "a proxy that resolves outside": (
        "place",
        *proxied(behind_proxy(address="http://edge:8474"), addresses=("10.0.0.2", "93.184.216.34")),
    ),
    "a proxy that resolves to nothing": ("place", *proxied(behind_proxy(address="http://edge:8474"))),
    "a proxy in IPv6 clothes": ("place", *proxied(behind_proxy(address="http://[::ffff:93.184.216.34]:8474"))),
    "a proxy everywhere": ("place", *proxied(behind_proxy(address="http://0.0.0.0:8474"))),
    "the cloud's metadata": ("place", *proxied(behind_proxy(address="http://169.254.169.254"))),
    "a proxy with credentials": ("place", *proxied(behind_proxy(address="http://a:b@127.0.0.1:8474"))),
    "a proxy at no port": ("place", *proxied(behind_proxy(address="http://127.0.0.1:99999"))),
    "a proxy without an address": ("place", *proxied(behind_proxy(address=""))),
    "another proxy than was named": ("place", *proxied(PROXY(), place="127.0.0.2:8474")),
    "a proxy that is silent": ("proxy", *proxied(PROXY(), running=None, unread={"running": "connection refused"})),
}


@pytest.mark.parametrize(("name", "facts", "experiment"), ESCAPES.values(), ids=ESCAPES)
def test_escape_is_refused_before_anything_is_created(name, facts, experiment):
    """The condition that is broken is the one that says so, in words, and the guard refuses."""
    findings = judge_sandbox(facts, experiment, LIMITS)

    unmet = {finding.name: finding.text for finding in findings if not finding.ok}
    assert name in unmet
    with pytest.raises(GuardRefused, match=r"This is no sandbox|It cannot be") as refused:
        refuse_outside_sandbox(findings)
    assert name in refused.value.facts["unmet"]


@pytest.mark.parametrize(
    ("facts", "experiment"),
    [
        seen(),
        asked(retarget(replicas=None)),
        asked(DELAY, callee_pods=CALLEES, document=make_delay()),
        asked(DELAY, callee_pods=CALLEES, document=make_delay(duration="9s500ms")),
        asked(CPU, document=make_document({"action": None, "duration": "10s"}, kind="StressChaos")),
        seen(budgets=(SandboxBudget(name="payment", allowed=1),)),
        seen(running=(RunningFault(kind="PodChaos", name="exp-1", experiment_id="exp-1"),)),
        seen(namespace_annotations={"chaos-mesh.org/inject": "enabled", "last": "kept for production " * 20}),
        seen(
            pods=tuple(pod.model_copy(update={"labels": {**pod.labels, "pod-template-hash": "7prd"}}) for pod in PODS)
        ),
        spec(mode="fixed", value="1"),
        spec(mode="fixed-percent", value="33"),
        spec(steps=[{"mode": "Continuous", "type": "HTTP"}], mode="one"),
        asked(retarget(replicas=1), pods=PODS[:1]),
        written(make_document({"mode": "all"}), retarget(replicas=1), pods=PODS[:1]),
        proxied(PROXY()),
        proxied(PROXY(), place="127.0.0.1:8474", edge="checkout->payment"),
        proxied(behind_proxy(address=""), place="127.0.0.1:8474"),
        proxied(PROXY(probe_url="http://127.0.0.1:8001/probe")),
        proxied(behind_proxy(address="127.0.0.1:8474")),
        proxied(behind_proxy(address="http://localhost:8474")),
        proxied(behind_proxy(address="http://[::1]:8474")),
        proxied(behind_proxy(address="http://payment-proxy:8474"), addresses=("172.18.0.4",)),
    ],
)
def test_sandbox_passes(facts, experiment):
    """What is allowed, small, watched and short may run."""
    findings = judge_sandbox(facts, experiment, LIMITS)

    assert [finding for finding in findings if not finding.ok] == []
    refuse_outside_sandbox(findings)


def test_kill_without_a_written_document_counts_by_its_share():
    """Where nothing is written down, the experiment's own percent is what would be hit."""
    assert "blast_radius" not in name_unmet(*seen(document=None))
    assert "blast_radius" in name_unmet(*asked(DELAY, document=None))


def test_cap_can_be_so_low_that_one_replica_is_too_many():
    """One of three is more than a tenth."""
    assert "blast_radius" in name_unmet(*seen(), LIMITS.model_copy(update={"max_percent": 10.0}))


def test_only_replica_is_said_to_be_all_of_the_service():
    """There is no smaller part of one; whoever approves must read it."""
    findings = judge_sandbox(*asked(retarget(replicas=1), pods=PODS[:1]), LIMITS)

    assert next(f.text for f in findings if f.name == "blast_radius").startswith("The only replica is hit: all of")


def test_whole_service_on_the_list_covers_all_of_its_calls():
    """`checkout` under chaos.targets is every call of checkout."""
    limits = LIMITS.model_copy(update={"targets": ("checkout",)})

    assert name_unmet(*proxied(behind_proxy(callee="ledger")), limits) == set()
    assert name_unmet(*proxied(behind_proxy(callee="")), limits) == set()
    both = LIMITS.model_copy(update={"targets": ("checkout->payment", "payment")})
    assert name_unmet(*proxied(PROXY(), edge="payment"), both) == set()


def test_missing_fences_are_proposed():
    """What would mend it stands beside what is missing: a quota, a policy, the label, the filter."""
    findings = judge_sandbox(
        *seen(quotas=(), network_policies=(), namespace_labels={}, filters_namespaces=False), LIMITS
    )

    proposals = {finding.name: finding.proposal for finding in findings if finding.proposal}
    assert set(proposals) == {"quota", "network_policy", "label", "filter"}
    assert 'namespace: "shop-staging"' in proposals["quota"]
    assert "kind: NetworkPolicy" in proposals["network_policy"]
    assert "kubectl label namespace shop-staging fermata.dev/rehearsals=allowed" in proposals["label"]
    assert "enableFilterNamespace=true" in proposals["filter"]


def test_label_without_a_name_allows_nothing():
    """A setting that was emptied is no open door."""
    assert "label" in name_unmet(*seen(), LIMITS.model_copy(update={"sandbox_label": ""}))


def test_settings_without_a_list_allow_nothing():
    """Default deny: nowhere until somebody says where."""
    nowhere = LIMITS.model_copy(update={"namespaces": (), "targets": ()})

    assert "namespace" in name_unmet(*seen(), nowhere)
    assert "target" in name_unmet(*proxied(PROXY()), nowhere)


def test_system_that_nobody_knows_is_judged_as_a_cluster():
    """A new name does not get around the conditions of a namespace."""
    stranger = retarget(system="toolkit")

    assert "document" in name_unmet(make_facts(system="toolkit", document=None), stranger)


def test_look_alike_is_named():
    """Whoever mistyped, or was deceived, is told of which name it only looks like."""
    findings = judge_sandbox(*asked(retarget(namespace="shop-stag1ng")), LIMITS)

    assert "only looks like shop-staging" in next(f.text for f in findings if f.name == "namespace")


@pytest.mark.parametrize(
    ("names", "lead"),
    [
        (["one_experiment"], "It cannot begin now. one_experiment: no; wait"),
        (["kill_switch", "halt"], "It cannot begin now"),
        (["policy"], "It is not allowed"),
        (["policy", "running"], "It is not allowed"),
        (["steady_state", "policy"], "It cannot be rehearsed like this"),
        (["quota", "running"], "This is no sandbox"),
    ],
)
def test_refusal_says_whether_it_is_the_place(names, lead):
    """Another run that goes on says nothing of the sandbox."""
    with pytest.raises(GuardRefused) as refused:
        refuse_outside_sandbox([SandboxFinding(name=name, ok=False, text="no; wait") for name in names])

    assert refused.value.why.startswith(lead)
    assert ("Wait" in refused.value.do) is lead.startswith("It cannot begin now")


def test_addresses_are_named_and_no_more_is_claimed_than_was_looked_at():
    """A name without a word for production may be production all the same."""
    findings = judge_sandbox(*proxied(PROXY(probe_url="http://203.0.113.7/buy")), LIMITS)

    text = next(finding.text for finding in findings if finding.name == "addresses")
    assert text.startswith("No word for production in ")
    assert text.endswith("203.0.113.7; whose these are was not looked at")


def test_nothing_looked_at_is_no_sandbox():
    """An injector that returns no finding has not checked anything."""
    with pytest.raises(GuardRefused, match="nothing was looked at"):
        refuse_outside_sandbox(())


def test_many_conditions_are_named_and_three_are_told():
    """The list stands above; a sentence of a page helps nobody."""
    findings = judge_sandbox(*seen(quotas=(), network_policies=(), namespace_labels={}, running=None), LIMITS)

    with pytest.raises(GuardRefused, match=r"network_policy: [^;]+; and running\."):
        refuse_outside_sandbox(findings)


def test_document_with_more_than_one_problem_says_how_many():
    """The first is named, the others are counted."""
    findings = judge_sandbox(*seen(document_problems=("first", "second"), dry_run="third"), LIMITS)

    assert next(f.text for f in findings if f.name == "document").endswith("first (and 2 more)")


def test_http_fault_needs_no_selector_of_its_direction():
    """HTTPChaos calls its direction `target`: a word, not a selector."""
    experiment = retarget(replicas=3)
    document = make_document({"action": None, "target": "Request", "duration": "5s"}, kind="HTTPChaos")

    assert name_unmet(*written(document, experiment)) == set()


NET = {"callee": "ledger", "callee_labels": {"app": "ledger"}}


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        (FaultSpec(kind=FaultKind.KILL, percent=33), {}),
        (FaultSpec(kind=FaultKind.CPU, load_percent=90, percent=33), {}),
        (FaultSpec(kind=FaultKind.MEMORY, memory_mb=64, percent=33), {}),
        (FaultSpec(kind=FaultKind.LATENCY, latency_ms=500, percent=33), NET),
        (FaultSpec(kind=FaultKind.BLACKHOLE, percent=33), NET),
        (FaultSpec(kind=FaultKind.BANDWIDTH, bytes_per_s=1000, percent=33), NET),
        (FaultSpec(kind=FaultKind.ERROR, status=503, percent=33), {"ports": (8080,)}),
        (FaultSpec(kind=FaultKind.RESET, percent=33), {"ports": (8080,)}),
    ],
)
def test_what_our_own_rules_write_passes(fault, target):
    """Each kind of fault as it is written for Chaos Mesh, read closed; all replicas at once do not pass."""
    experiment = retarget(**target).model_copy(update={"fault": fault})
    everything = experiment.model_copy(update={"fault": fault.model_copy(update={"percent": 100.0})})

    assert name_unmet(*written(write_spec(experiment), experiment, callee_pods=CALLEES)) == set()
    assert "blast_radius" in name_unmet(*written(write_spec(everything), everything, callee_pods=CALLEES))


def test_every_escape_has_its_number():
    """At least forty ways out are tried."""
    assert len(ESCAPES) >= 40


def test_reason_that_several_conditions_share_is_told_once():
    """A proxy that is silent leaves more than one of them unmet."""
    findings = [
        SandboxFinding(name="proxy", ok=False, text="It gave no answer"),
        SandboxFinding(name="running", ok=False, text="Unknown: It gave no answer"),
    ]

    with pytest.raises(GuardRefused, match="proxy: It gave no answer; running: Unknown: the same"):
        refuse_outside_sandbox(findings)


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        (
            (5.0, 5.0),
            "20. That is for 40 calls a second, and pay asks 5 on top of what is there: --rate pay=40 asks more often",
        ),
        ((5.0, 180.0), "asks 5 on top of what is there: --rate pay=20 asks more often"),
        ((5.0, 195.0), "asks 5 on top of what is there: 200 together are the most"),
        ((40.0, 5.0), "collapse: 40/s x 2 s is more than the pool of 20"),
    ],
)
def test_prediction_says_for_which_load_it_is(rates, told):
    """Before a person approves: a run without that load tries nothing. All checks together stay within their cap."""
    pay, refund = (one.model_copy(update={"rate_rps": rate}) for one, rate in zip(PROXY().checks, rates, strict=True))
    prediction = PROXY().prediction.model_copy(update={"numbers": {"rate_rps": 40.0}})

    findings = judge_sandbox(*proxied(PROXY(checks=(pay, refund), prediction=prediction)), LIMITS)

    text, is_met = next((finding.text, finding.ok) for finding in findings if finding.name == "prediction")
    assert is_met
    assert text.endswith(told)
