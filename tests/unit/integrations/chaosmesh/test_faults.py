"""Faults as objects: looked around first, created once, watched by their records, ended and never forced."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.integrations.chaosmesh.place import (
    DELAY,
    KILL,
    LIMITS,
    OBJECTS,
    SPACE,
    let_go,
    make_injector,
    take_hold,
)

from fermata.flows.experiments.rules import SandboxRules
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import Injection
from fermata.testing.clock import FakeClock
from fermata.testing.kubernetes.faults import Fault, Mishap
from fermata.testing.kubernetes.rbac import Rule


async def test_preview_is_what_is_created(cluster, tmp_path):
    """A person reads the very object, and looking asks nobody."""
    injector = make_injector(cluster, tmp_path)

    preview = await injector.preview(KILL)

    assert cluster.requests == []
    assert "kind: PodChaos\nmetadata:\n  name: exp-1\n  namespace: shop-staging\n" in preview
    injection = await injector.inject(KILL)
    created = cluster.get("PodChaos", SPACE, "exp-1")
    assert injection.handle == f"PodChaos/{SPACE}/exp-1"
    assert created["metadata"]["annotations"]["fermata.dev/digest"] == KILL.compute_digest()
    assert created["spec"]["duration"] == "10s"


async def test_sandbox_is_looked_at_without_a_trace(cluster, tmp_path):
    """Every condition is met, and nothing but dry runs was written."""
    findings = await make_injector(cluster, tmp_path).check_sandbox(DELAY)

    assert [finding.text for finding in findings if not finding.ok] == []
    assert cluster.list_writes() == []


async def test_injecting_twice_is_one_fault(cluster, tmp_path):
    """Whoever is not sure may ask again."""
    injector = make_injector(cluster, tmp_path)

    first = await injector.inject(KILL)
    second = await injector.inject(KILL)

    assert first == second
    assert [request.method for request in cluster.list_writes()] == ["POST"]


async def test_no_sandbox_creates_nothing(cluster, tmp_path):
    """The place is looked at again at the last moment."""
    injector = make_injector(cluster, tmp_path)
    await injector.check_sandbox(KILL)
    space = cluster.get("Namespace", "", SPACE)
    cluster.edit(space, lambda value: value["metadata"].pop("labels"))

    with pytest.raises(UserError, match=r"nothing was created.*label:"):
        await injector.inject(KILL)

    assert cluster.list_writes() == []


async def test_judges_that_say_nothing_allow_nothing(cluster, tmp_path):
    """An empty list of findings is no list of met conditions."""

    class Silent(SandboxRules):
        def judge(self, facts, experiment):
            return ()

    with pytest.raises(UserError, match="Nobody judged it"):
        await make_injector(cluster, tmp_path, rules=Silent(LIMITS)).inject(KILL)


async def test_changed_experiment_is_not_the_one_that_is_there(cluster, tmp_path):
    """A name stands for one digest."""
    injector = make_injector(cluster, tmp_path)
    await injector.inject(KILL)

    with pytest.raises(UserError, match="is another experiment"):
        await injector.inject(KILL.model_copy(update={"title": "another"}))


async def test_lost_answer_is_looked_for(cluster, tmp_path):
    """Created and not confirmed is created; not created is said to be unknown."""
    injector = make_injector(cluster, tmp_path)
    cluster.faults.append(Fault(Mishap.CUT, path=f"{OBJECTS}$", methods=("POST",), after_effect=True))
    # The dry run goes the same way, and is lost without a finding that would forbid anything.
    with pytest.raises(UserError, match="document"):
        await injector.inject(KILL)
    cluster.faults.clear()
    strike = Fault(Mishap.CUT, path=f"{OBJECTS}$", methods=("POST",), times=1, after_effect=True)
    cluster.before.append(lambda request: arm(cluster, request, strike))

    injection = await injector.inject(KILL)

    assert injection.experiment_id == "exp-1"
    assert cluster.get("PodChaos", SPACE, "exp-1")


def arm(cluster, request, strike):
    """Let a fault strike the real creation, not the dry run before it."""
    if request.method == "POST" and "dryRun" not in request.query and strike not in cluster.faults:
        cluster.faults.append(strike)


async def test_creation_that_never_arrived_is_unknown(cluster, tmp_path):
    """Nobody claims that it began, or that it did not."""
    strike = Fault(Mishap.CUT, path=f"{OBJECTS}$", methods=("POST",), times=1)
    cluster.before.append(lambda request: arm(cluster, request, strike))

    with pytest.raises(OperationalError, match="did not answer"):
        await make_injector(cluster, tmp_path).inject(KILL)


async def test_refused_creation_created_nothing(cluster, tmp_path):
    """A plain no is no doubt."""
    strike = Fault(Mishap.REFUSED, path=f"{OBJECTS}$", methods=("POST",), times=1, code=422)
    cluster.before.append(lambda request: arm(cluster, request, strike))

    with pytest.raises(UserError, match="The cluster refused the fault; nothing was created"):
        await make_injector(cluster, tmp_path).inject(KILL)


async def test_fault_is_seen_by_its_records(cluster, tmp_path):
    """Active while a target is under it; what was affected never shrinks, also when the object is gone."""
    injector = make_injector(cluster, tmp_path)
    injection = await injector.inject(DELAY)
    assert (await injector.observe(injection)).text == "nothing has been done for it yet"

    take_hold(cluster, "NetworkChaos", "exp-2", injected=2)
    begun = await injector.observe(injection)
    take_hold(cluster, "NetworkChaos", "exp-2", injected=2, under_fault=False, recovered=True)
    ended = await injector.observe(injection)
    await injector.renew(injection, timedelta(seconds=3))
    let_go(cluster, "NetworkChaos", "exp-2")
    await injector.withdraw(injection)
    gone = await injector.observe(injection)

    assert (begun.active, begun.affected, begun.text) == (True, 2, "Selected yes; AllInjected yes; AllRecovered no")
    assert (ended.active, ended.affected) == (False, 2)
    assert (gone.active, gone.affected, gone.text) == (False, 2, "the object is gone")


async def test_fault_that_could_not_be_injected_says_why(cluster, tmp_path):
    """The daemon's last words stand in the record."""
    injector = make_injector(cluster, tmp_path)
    injection = await injector.inject(DELAY)
    take_hold(cluster, "NetworkChaos", "exp-2", injected=0, under_fault=False, failure="unable to flush ip sets")

    state = await injector.observe(injection)

    assert not state.active
    assert f"failed: {SPACE}/payment-0: unable to flush ip sets" in state.text


async def test_withdrawn_fault_is_waited_for(cluster, tmp_path):
    """Deleted is not gone: it is gone when the controller has let it go."""
    injector = make_injector(cluster, tmp_path)
    injection = await injector.inject(DELAY)
    take_hold(cluster, "NetworkChaos", "exp-2")
    looks = []

    def look(request):
        looks.append(request.method)
        if looks.count("GET") == 3:
            let_go(cluster, "NetworkChaos", "exp-2")

    cluster.before.append(look)
    await injector.withdraw(injection)

    assert cluster.list_kind("NetworkChaos") == []
    assert looks.count("DELETE") == 1


async def test_stuck_fault_is_reported_and_never_forced(cluster, tmp_path):
    """The object that will not go is named with its pods; its finalizer is left alone."""
    injector = make_injector(cluster, tmp_path)
    injection = await injector.inject(DELAY)
    take_hold(cluster, "NetworkChaos", "exp-2", failure="EOF")

    with pytest.raises(OperationalError) as stuck:
        await injector.withdraw(injection)

    assert "NetworkChaos exp-2 in shop-staging was told to end and is still there after 2 s" in str(stuck.value)
    assert f"{SPACE}/payment-0" in stuck.value.why
    assert "chaos-mesh/records" in stuck.value.why
    assert stuck.value.facts["stuck"] == [f"{SPACE}/payment-0"]
    assert [request.method for request in cluster.list_writes()] == ["POST", "DELETE"]
    assert "it is ending" in (await injector.observe(injection)).text


async def test_fault_without_a_handle_is_found_by_its_label(cluster, tmp_path):
    """Where an answer was lost, the experiment's id is all there is."""
    injector = make_injector(cluster, tmp_path)
    await injector.inject(DELAY)

    await injector.withdraw(Injection(experiment_id="exp-2", handle="exp-2"))

    assert cluster.list_kind("NetworkChaos") == []


async def test_withdrawing_what_is_gone_is_no_error(cluster, tmp_path):
    """Undo may be asked for as often as somebody likes."""
    injector = make_injector(cluster, tmp_path)

    await injector.withdraw(Injection(experiment_id="exp-9", handle=f"PodChaos/{SPACE}/exp-9"))
    await injector.withdraw(Injection(experiment_id="exp-9", handle="exp-9"))

    assert cluster.list_writes() == []


async def test_injector_says_who_ends_a_fault(cluster, tmp_path):
    """No lease is promised that Chaos Mesh does not know."""
    assert "duration" in make_injector(cluster, tmp_path).lease_kept_by


async def test_pods_on_the_hosts_network_are_not_broken(cluster, tmp_path):
    """A fault there hits the node, and is known not to end."""
    cluster.edit(
        cluster.get("Deployment", SPACE, "payment"),
        lambda value: value["spec"]["template"]["spec"].update(hostNetwork=True),
    )

    with pytest.raises(UserError, match="host_network"):
        await make_injector(cluster, tmp_path).inject(KILL)


async def test_permissions_of_the_page_are_enough(cluster, tmp_path):
    """What docs/systems/chaosmesh.md grants, and nothing else, looks, creates, watches and deletes."""
    faults = ("podchaos", "networkchaos", "httpchaos", "stresschaos")
    everything = ("*",)
    token = cluster.add_user(
        "fermata",
        Rule(("get", "list", "create", "delete"), faults, ("chaos-mesh.org",), (SPACE,)),
        Rule(("list",), ("pods", "resourcequotas"), ("",), (SPACE,)),
        Rule(("list",), ("networkpolicies",), ("networking.k8s.io",), (SPACE,)),
        Rule(("list",), ("poddisruptionbudgets",), ("policy",), (SPACE,)),
        Rule(("get", "list"), everything, ("chaos-mesh.org",), everything),
        Rule(("get",), ("customresourcedefinitions",), ("apiextensions.k8s.io",), everything),
        Rule(("get",), ("namespaces",), ("",), everything),
        Rule(("get",), ("deployments",), ("apps",), ("chaos-mesh",)),
    )
    injector = make_injector(cluster, tmp_path, token=token)

    injection = await injector.inject(DELAY)
    await injector.observe(injection)
    await injector.withdraw(injection)

    assert cluster.list_kind("NetworkChaos") == []


async def test_leftover_of_an_earlier_run_is_not_this_one(cluster, tmp_path):
    """Its records would prove a fault that this run never had."""
    clock = FakeClock(datetime.now(UTC))
    injector = make_injector(cluster, tmp_path, clock=clock)
    await injector.inject(KILL)
    clock.advance(KILL.duration + timedelta(minutes=1))

    with pytest.raises(UserError, match="from an earlier run and is over"):
        await injector.inject(KILL)
