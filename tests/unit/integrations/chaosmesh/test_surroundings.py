"""A look around: each fact, or why it could not be read."""

from tests.unit.integrations.chaosmesh.place import DELAY, KILL, LIMITS, SPACE, make_injector, take_hold

from fermata.domain.sandbox import RunningFault
from fermata.flows.experiments.rules import SandboxRules
from fermata.integrations.chaosmesh.surroundings import Surroundings
from fermata.testing.kubernetes.rbac import Rule


async def look(cluster, folder, experiment=KILL, **given):
    """Give the facts."""
    injector = make_injector(cluster, folder, **given)
    async with injector._client.connect() as session:
        return await Surroundings(session, SandboxRules(LIMITS), experiment).gather()


async def test_whole_sandbox_is_read(cluster, tmp_path):
    """Nothing is left unread when everything may be read."""
    budget = {"minAvailable": 2, "selector": {"matchLabels": {"app": "payment"}}}
    other = {"minAvailable": 1, "selector": {"matchLabels": {"app": "ledger"}}}
    for name, spec in (("payment", budget), ("ledger", other)):
        cluster.put({"kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": SPACE}, "spec": spec})

    facts = await look(cluster, tmp_path, DELAY)

    assert dict(facts.unread) == {}
    assert (facts.system, facts.place, facts.namespace) == ("chaosmesh", "127.0.0.1", SPACE)
    assert facts.namespace_labels["fermata.dev/rehearsals"] == "allowed"
    assert (facts.quotas, facts.network_policies) == (("fence",), ("fence",))
    assert [pod.labels["app"] for pod in facts.pods] == ["payment"] * 3
    assert facts.pods[0].owner.startswith("ReplicaSet/payment-")
    assert (facts.pods[0].is_ready, facts.pods[0].uses_host_network, facts.pods[0].node) == (True, False, "node-1")
    assert [pod.labels["app"] for pod in facts.callee_pods] == ["ledger"]
    assert [budget.name for budget in facts.budgets] == ["payment"]
    assert (facts.filters_namespaces, facts.allows_host_network) == (True, False)
    assert facts.running == ()
    assert facts.crd_versions["NetworkChaos"].startswith("v1alpha1 at ")
    assert (facts.document["kind"], facts.document_problems, facts.dry_run) == ("NetworkChaos", (), "")


async def test_what_may_not_be_read_is_unread_and_says_so(cluster, tmp_path):
    """A credential that sees nothing gives no fact, and no false one."""
    token = cluster.add_user("nobody", Rule(("list",), ("pods",)))

    facts = await look(cluster, tmp_path, DELAY, token=token)

    assert facts.namespace_labels is None
    assert facts.running is None
    assert facts.filters_namespaces is None
    assert facts.dry_run is None
    assert {
        *("namespace_labels", "namespace_annotations", "quotas", "network_policies", "budgets", "running"),
        *("filters_namespaces", "allows_host_network", "document_problems", "dry_run"),
    } == set(facts.unread)
    assert "HTTP 403" in facts.unread["quotas"]
    assert facts.pods is not None


async def test_every_fault_of_the_cluster_is_seen_while_it_lasts(cluster, tmp_path):
    """Ours, somebody else's, and one that will not go; what has recovered is none."""
    for name, label in (("mine", {"fermata.dev/experiment": "mine"}), ("theirs", {}), ("over", {}), ("stuck", {})):
        cluster.put(
            {
                "kind": "NetworkChaos",
                "metadata": {"name": name, "namespace": SPACE, "labels": label},
                "spec": {"action": "delay"},
            }
        )
    take_hold(cluster, "NetworkChaos", "over", recovered=True)
    take_hold(cluster, "NetworkChaos", "stuck", recovered=True)
    injector = make_injector(cluster, tmp_path)
    async with injector._client.connect() as session:
        await session.delete(f"/apis/chaos-mesh.org/v1alpha1/namespaces/{SPACE}/networkchaos/stuck")

    facts = await look(cluster, tmp_path)

    assert facts.running == (
        RunningFault(kind="NetworkChaos", namespace=SPACE, name="mine", experiment_id="mine"),
        RunningFault(kind="NetworkChaos", namespace=SPACE, name="stuck", is_stuck=True),
        RunningFault(kind="NetworkChaos", namespace=SPACE, name="theirs"),
    )


async def test_fault_that_cannot_be_written_is_an_unread_document(cluster, tmp_path):
    """The rules then refuse it in their own words."""
    aimless = DELAY.model_copy(update={"target": DELAY.target.model_copy(update={"callee_labels": {}})})

    facts = await look(cluster, tmp_path, aimless)

    assert facts.document is None
    assert "it would hit all traffic" in facts.unread["document"]
    assert facts.callee_pods is None


async def test_what_the_server_has_against_it_is_told(cluster, tmp_path):
    """A name that is taken shows in the dry run."""
    await make_injector(cluster, tmp_path).inject(KILL)

    facts = await look(cluster, tmp_path)

    assert "already exists" in facts.dry_run


async def test_controller_that_does_not_say_is_unread(cluster, tmp_path):
    """An old chart has no such variable, and nobody takes that for a no or a yes."""
    found = cluster.get("Deployment", "chaos-mesh", "chaos-controller-manager")
    cluster.edit(found, lambda value: value["spec"]["template"]["spec"]["containers"][0].update(env=[]))

    facts = await look(cluster, tmp_path)

    assert facts.filters_namespaces is None
    assert "does not say ENABLE_FILTER_NAMESPACE" in facts.unread["filters_namespaces"]


async def test_only_faults_are_injected(cluster, tmp_path):
    """Rules that write a workflow are not followed: nothing here would watch it."""

    class Elsewhere(SandboxRules):
        def write(self, experiment):
            return {**super().write(experiment), "kind": "Workflow"}

    injector = make_injector(cluster, tmp_path)
    async with injector._client.connect() as session:
        facts = await Surroundings(session, Elsewhere(LIMITS), KILL).gather()

    assert facts.document_problems is None
    assert facts.unread["document_problems"] == "Workflow is nothing that is injected here"
