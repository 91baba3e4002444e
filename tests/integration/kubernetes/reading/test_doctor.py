"""What `fermata check` says of a cluster, and that the grant it prints is enough and no more."""

import pytest
from ruamel.yaml import YAML

from fermata.integrations.kubernetes.doctor import judge_versions
from fermata.integrations.kubernetes.rbac import Subject, list_acting, list_reading, write_rbac
from fermata.kit.clock import SystemClock
from fermata.testing.kubernetes import Fault, Mishap, Rule


@pytest.fixture
def check(cluster, tmp_path, make_system):
    """Look with the permissions of a user, all by default."""

    async def look(*rules, **settings):
        if rules:
            token = cluster.add_user("reader", *rules)
            settings["kubeconfig"] = cluster.write_kubeconfig(tmp_path / "reader", token=token)
        return {item.name.removeprefix("kubernetes: "): item for item in await make_system(**settings).check()}

    return look


def read_rules(text):
    """Return the rules of printed RBAC objects, as a real API server would take them."""
    documents = [each for each in YAML(typ="safe", pure=True).load_all(text) if each["kind"] in ("Role", "ClusterRole")]
    return [
        Rule(
            tuple(rule["verbs"]),
            tuple(rule["resources"]),
            tuple(rule["apiGroups"]),
            (document["metadata"].get("namespace", "*"),),
        )
        for document in documents
        for rule in document["rules"]
    ]


async def test_misspelt_action_is_told_though_the_cluster_answers(check):
    """Without a word nothing would be offered, and the first incident would show it."""
    found = await check(actions=["kubernetes.rollout_restrat"])

    assert not found["actions"].ok
    assert "is kubernetes.rollout_restart meant?" in found["actions"].text
    assert found["connection"].ok


async def test_missing_permission_is_named_with_what_fails_without_it(check):
    """Each verb on each resource is looked at by itself."""
    found = await check(Rule(("list", "get"), ("*",)), Rule(("get",), ("nothing",)))

    assert found["connection"].ok
    assert found["permissions"].ok

    found = await check(Rule(("list",), ("*",)))

    assert not found["permission to get pods/log"].ok
    assert "for logs" in found["permission to get pods/log"].text
    assert "verbs: [get, list]" in found["grant"].text


@pytest.mark.parametrize("settings", [{}, {"actions": ("kubernetes.*",)}, {"namespaces": ("shop",)}])
async def test_printed_grant_is_enough(check, make_system, settings):
    """A user with exactly the printed rules has nothing missing, and nothing too much."""
    own = make_system(**settings).settings
    text = write_rbac((*list_reading(own), *list_acting(own)), own.namespaces, Subject())

    found = await check(*read_rules(text), **settings)

    assert [item.text for item in found.values() if not item.ok] == []
    assert "width" not in found
    assert "grant" not in found


async def test_offered_action_needs_more_than_reading(check, make_system):
    """What is asked for follows what is enabled."""
    reading = read_rules(write_rbac(list_reading(make_system().settings), (), Subject()))

    found = await check(*reading, actions=("kubernetes.rollout_restart",))

    missing = [name for name, item in found.items() if not item.ok]
    assert "permission to patch deployments.apps" in missing
    assert "rollout_restart" in found["permission to patch deployments.apps"].text
    assert "permission to patch nodes" not in missing


async def test_credential_that_is_too_wide_is_said(check):
    """Whoever may do everything is told what would be enough."""
    found = await check()

    assert "the credential may also get secrets" in found["width"].text
    assert "kind: ClusterRoleBinding" in found["grant"].text


async def test_server_that_is_gone_is_one_finding(cluster, check):
    """Nothing else can be said then."""
    cluster.stop()

    found = await check()

    assert [item.ok for item in found.values()] == [False]
    assert "cannot be reached" in found["connection"].text


async def test_clock_that_differs_is_said(make_system, monkeypatch):
    """Events and alerts are put in order by their times."""
    system = make_system()
    late = SystemClock().now().replace(year=2020)
    monkeypatch.setattr(system.clock, "now", lambda: late, raising=False)  # The system was built with its own clock.

    found = {item.name: item for item in await system.check()}

    assert not found["kubernetes: clock"].ok
    assert "Use NTP" in found["kubernetes: clock"].text


async def test_unreadable_kubeconfig_is_one_finding(check, tmp_path):
    """A file that is not there is told with its name."""
    found = await check(kubeconfig=tmp_path / "nothing")

    assert "nothing cannot be used" in found["connection"].text


NEW = {
    "batch/v1": {"jobs", "cronjobs"},
    "policy/v1": {"poddisruptionbudgets"},
    "discovery.k8s.io/v1": {"endpointslices"},
    "autoscaling/v2": {"horizontalpodautoscalers"},
}
OLD = {
    **dict.fromkeys(("policy/v1", "discovery.k8s.io/v1", "autoscaling/v2"), ()),
    "batch/v1": {"jobs"},
    "batch/v1beta1": {"cronjobs"},
    "policy/v1beta1": {"poddisruptionbudgets"},
    "discovery.k8s.io/v1beta1": {"endpointslices"},
    "autoscaling/v2beta2": {"horizontalpodautoscalers"},
}


def test_newer_server_has_nothing_to_be_told():
    """Everything is where it is looked for."""
    assert judge_versions(NEW, "v1") == judge_versions(NEW, "") == []


def test_older_server_is_told_with_what_is_read_instead():
    """1.20 has four kinds in versions that ended with 1.25, and refuses the eviction of today."""
    read, refused = judge_versions(OLD, "v1beta1")

    assert read.ok
    assert "cronjobs (batch/v1beta1), poddisruptionbudgets (policy/v1beta1)" in read.text
    assert not refused.ok
    assert "refuses every kubernetes.delete_pod" in refused.text


async def test_kind_that_the_server_lacks_is_told(check, cluster):
    """A permission for it is granted all the same, and would say that nothing is missing."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="^/apis/policy/", code=404))

    found = await check()

    assert "the server does not have poddisruptionbudgets" in found["API versions"].text


async def test_versions_that_cannot_be_compared_fail_nothing(check, cluster):
    """Who may not look at them may still read the kinds."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="^/apis/policy/v1$", code=403))

    found = await check()

    assert found["API versions"].ok
    assert found["API versions"].text.startswith("not compared: ")
    assert found["permissions"].ok


async def test_server_of_today_has_no_finding_about_versions(check):
    """The emulator serves what 1.36 does."""
    assert "API versions" not in await check(actions=["kubernetes.*"])


async def test_grant_for_somebody_whom_the_server_cannot_name_says_so(check, cluster):
    """Before 1.28 nobody knows who asks: a guess that was applied would give nothing to who does."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="selfsubjectreviews", code=404))

    found = await check(Rule(("list",), ("*",)))

    assert found["grant"].text.startswith("the server does not say who this is: put it in the place of fermata below; ")
