"""A cluster that refuses, is slow, breaks off or is gone: what can be said is said, and every gap has its reason."""

import asyncio
from datetime import timedelta

import pytest

from fermata.flows.gather import gather as run_collectors
from fermata.flows.meters import Meters
from fermata.integrations.kubernetes.rbac import list_reading
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.kubernetes import Fault, Mishap, Rule


@pytest.fixture
def scope(shop, make_scope):
    """Give the scope of a shop that runs."""
    shop.build()
    shop.write_log("INFO up\n")
    return make_scope("service/shop/checkout")


@pytest.fixture
def collect(make_system):
    """Ask one collector."""

    async def ask(name, scope, **settings):
        collectors = make_system(**settings).list_collectors()
        return await next(each for each in collectors if each.name == f"kubernetes.{name}").collect(scope)

    return ask


@pytest.fixture
def log_in(cluster, tmp_path):
    """Give a kubeconfig of a user with rules, each `verb resource`."""

    def make(*rules):
        token = cluster.add_user("reader", *(Rule((verb,), (resource,)) for verb, resource in rules))
        return cluster.write_kubeconfig(tmp_path / "reader", token=token)

    return make


async def test_expired_token_is_said(cluster, scope, collect, tmp_path):
    """401: the credential has to be renewed, and nobody tries again with it."""
    stale = cluster.write_kubeconfig(tmp_path / "stale", token="expired")

    with pytest.raises(OperationalError, match=r"HTTP 401.*Renew the credential") as caught:
        await collect("objects", scope, kubeconfig=stale)

    assert not isinstance(caught.value, TransientError)


async def test_missing_permission_for_pods_names_the_rule_that_grants_it(scope, collect, log_in):
    """403 on what everything else rests on: the gap holds the line of RBAC."""
    with pytest.raises(OperationalError) as caught:
        await collect("objects", scope, kubeconfig=log_in(("list", "services")))

    assert "refused to list pods in namespace shop (HTTP 403)" in str(caught.value)
    assert '- {apiGroups: [""], resources: ["pods"], verbs: ["list"]}' in str(caught.value)


async def test_missing_permission_for_one_kind_leaves_the_others(scope, collect, log_in, make_system):
    """What may not be listed is named, with its rule; it is not said to be absent."""
    reading = [(each.verb, each.resource) for each in list_reading(make_system().settings)]
    rules = [rule for rule in reading if rule not in (("list", "networkpolicies"), ("list", "nodes"))]

    evidence = await collect("objects", scope, kubeconfig=log_in(*rules))

    refused = {item.query: item for item in evidence if "no answer" in item.title}
    assert set(refused) == {"kubectl get networkpolicies -n shop", "kubectl get nodes"}
    policies = refused["kubectl get networkpolicies -n shop"]
    assert policies.lines[0].text.startswith("Error from server (Forbidden): networkpolicies.networking.k8s.io is")
    assert 'resources: ["networkpolicies"], verbs: ["list"]' in policies.cut
    assert any(item.title == "pods of shop: 1" for item in evidence)


async def test_permissions_that_are_said_to_be_enough_are_enough(scope, gather, log_in, make_system):
    """With exactly what `check` asks for, nothing is refused."""
    reading = [(each.verb, each.resource) for each in list_reading(make_system().settings)]

    evidence = await gather(make_system(kubeconfig=log_in(*reading)), scope)

    assert [item.title for item in evidence if "no answer" in item.title or "not readable" in item.title] == []
    assert {item.kind for item in evidence} >= {"objects", "logs", "environment"}


async def test_logs_that_may_not_be_read_are_a_gap(scope, collect, log_in, make_system):
    """The permission for logs is one of its own."""
    reading = [(each.verb, each.resource) for each in list_reading(make_system().settings)]
    without = [rule for rule in reading if rule != ("get", "pods/log")]

    with pytest.raises(OperationalError, match=r"get pods/log checkout-.* in namespace shop \(HTTP 403\)"):
        await collect("logs", scope, kubeconfig=log_in(*without))


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_broken_server_is_a_gap_that_may_pass(cluster, scope, collect, code):
    """5xx: transient, for whoever asks again."""
    cluster.faults.append(Fault(Mishap.REFUSED, code=code))

    with pytest.raises(TransientError, match=f"HTTP {code}"):
        await collect("objects", scope)


async def test_second_that_a_busy_server_asks_for_costs_no_evidence(cluster, scope, gather, make_system):
    """A gathering asks much at once: what is put off for a second is asked again, and what is asked beside it waits."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="deployments$", code=429, retry_after_s=1, times=1))

    evidence = await gather(make_system(), scope)

    assert any(item.title == "deployments of shop: 1" for item in evidence)
    assert [item.title for item in evidence if "no answer" in item.title or "not readable" in item.title] == []


async def test_server_that_asks_for_a_pause_gets_it(cluster, scope, make_system):
    """429: what it asked for is waited for, and no call is made meanwhile."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="pods$", code=429, retry_after_s=7))
    collector = make_system().list_collectors()[0]

    with pytest.raises(TransientError):
        await collector.collect(scope)
    with pytest.raises(TransientError, match=r"Kubernetes is not asked now.*asked too often") as caught:
        await collector.collect(scope)

    assert 0 < caught.value.retry_after.total_seconds() <= 7
    assert len([request for request in cluster.requests if request.path.endswith("/pods")]) == 1


@pytest.mark.parametrize(
    ("mishap", "words"),
    [
        (Mishap.HANGS, "did not answer within 0.2 s"),
        (Mishap.HALF, "broke off its answer"),
        (Mishap.CUT, "Kubernetes at"),
    ],
)
async def test_answer_that_does_not_come_whole_is_a_gap(cluster, scope, collect, mishap, words):
    """A hang, half an answer and a closed connection are each told for what they are."""
    cluster.faults.append(Fault(mishap, path="/pods"))
    # Only what hangs is waited for shortly: a busy machine is no broken server.
    limit = {"timeout_s": 0.2} if mishap is Mishap.HANGS else {}

    with pytest.raises(TransientError, match=words):
        await collect("objects", scope, **limit)


async def test_kind_that_hangs_leaves_the_others(cluster, scope, collect):
    """One slow list costs its own deadline, and nothing else."""
    cluster.faults.append(Fault(Mishap.HANGS, path="networkpolicies"))

    evidence = await collect("objects", scope, timeout_s=0.5)

    late = next(item for item in evidence if "no answer" in item.title)
    assert late.lines[0].text.startswith("error: Kubernetes at")
    assert "did not answer within 0.5 s" in late.cut
    assert any(item.title == "deployments of shop: 1" for item in evidence)


async def test_kind_that_hangs_does_not_hold_up_the_look(cluster, scope, gather, make_system):
    """Who owns whom is found out without it, in time for the deadline of a critical alert."""
    cluster.faults.append(Fault(Mishap.HANGS, path="cronjobs"))

    async with asyncio.timeout(15):
        evidence = await gather(make_system(timeout_s=2), scope)

    assert {item.kind for item in evidence} >= {"objects", "logs", "environment"}
    assert [item.query for item in evidence if "no answer" in item.title] == ["kubectl get cronjobs -n shop"]


@pytest.mark.parametrize(
    ("path", "kept", "missing"),
    [("events$", "pods of shop: 1", "events"), ("networkpolicies", "deployments of shop: 1", "networkpolicies")],
)
async def test_deadline_leaves_what_was_read(cluster, scope, make_system, path, kept, missing):
    """A list that hangs for both rounds of a gathering is missing, and said to be; the others are evidence."""
    cluster.faults.append(Fault(Mishap.HANGS, path=path))
    collectors = [each for each in make_system().list_collectors() if each.name == "kubernetes.objects"]

    gathering = await run_collectors(collectors, scope, timedelta(seconds=2), Meters())

    (gap,) = gathering.gaps
    assert gap.reason.startswith("cut off after 4s; read: pods of shop")
    assert gap.reason.endswith(f"not read: {missing} of shop")
    assert kept in [item.title for item in gathering.evidence]


async def test_list_that_expires_while_it_is_read_is_said(cluster, scope, collect):
    """410 between two pages: the kind is left out with its reason."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="events$", code=410))

    evidence = await collect("objects", scope)

    gone = next(item for item in evidence if "no answer" in item.title)
    assert "ask again" in gone.cut


async def test_pod_that_vanishes_between_list_and_log_is_said(cluster, scope, collect):
    """404 on the only log: the gap says that it may have been removed."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="/log$", code=404))

    with pytest.raises(OperationalError, match="may have been removed meanwhile"):
        await collect("logs", scope)


async def test_log_that_breaks_off_keeps_what_came(cluster, shop, scope, collect):
    """Half a log is better than none, if it says that it is half."""
    shop.write_log("INFO a line of the log\n" * 400)
    cluster.faults.append(Fault(Mishap.HALF, path="/log$"))

    (evidence,) = await collect("logs", scope)

    assert evidence.lines
    assert "the newest lines are missing" in evidence.cut


async def test_deployment_that_is_gone_is_evidence(scope, collect, make_scope):
    """What an alert names and is not there is the server's own word, not silence."""
    evidence = await collect("objects", make_scope("deployment/shop/billing"))

    absent = next(item for item in evidence if item.title == "Deployment billing is not there")
    assert absent.lines[0].text == 'Error from server (NotFound): deployments.apps "billing" not found'


async def test_workload_that_may_not_be_looked_for_is_no_silence(scope, collect, make_scope, log_in):
    """Who may not list what an alert names does not know that it is not there: what was not read is told."""
    reader = log_in(("list", "pods"), ("get", "namespaces"))

    evidence = await collect("objects", make_scope("deployment/shop/billing"), kubeconfig=reader)

    refused = next(item for item in evidence if "deployments" in item.title and "no answer" in item.title)
    assert "may not be read (HTTP 403)" in refused.cut
    assert any(item.query == "kubectl get namespaces shop -o yaml" for item in evidence)


@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "none"])
async def test_namespace_that_holds_nothing_is_told_where_it_exists(cluster, scope, collect, make_scope, is_there):
    """One on its way out is the news; one that is not there may be another cluster's."""
    if is_there:
        cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}})

    evidence = await collect("objects", make_scope("deployment/old/billing"))

    assert [item.title for item in evidence if "billing" in item.title] == [
        "Deployment billing is not there"
    ] * is_there


async def test_namespace_that_is_not_looked_at_is_said(scope, collect):
    """The settings' list holds for what an alert names, too."""
    with pytest.raises(OperationalError, match="Namespace shop is not looked at"):
        await collect("objects", scope, namespaces=("payments",))


async def test_dead_server_is_not_waited_for_again(cluster, scope, make_system):
    """After calls without an answer the next ones fail at once, so that an incident is not held up."""
    collector = make_system(timeout_s=0.2).list_collectors()[0]
    cluster.faults.append(Fault(Mishap.HANGS))
    with pytest.raises(TransientError):
        await collector.collect(scope)

    with pytest.raises(TransientError, match="brought no answer"):
        await asyncio.wait_for(collector.collect(scope), 0.1)
