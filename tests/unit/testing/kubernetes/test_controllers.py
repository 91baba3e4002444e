import pytest

from fermata.testing.kubernetes.answers import Refusal
from fermata.testing.kubernetes.controllers import Cluster
from fermata.testing.kubernetes.pods import Fate, Script
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.store import Store, Write

WRITE = Write("tester")


class _Site:
    def __init__(self):
        self.store = Store()
        self.cluster = Cluster(self.store)
        self.create("Namespace", "shop", {})
        for name in ("n1", "n2"):
            self.create("Node", name, {"spec": {}})

    def create(self, kind, name, value):
        served = BY_KIND[kind]
        made = self.store.create(
            served, "shop" if served.is_namespaced else "", {"metadata": {"name": name}, **value}, WRITE
        )
        self.cluster.settle()
        return made

    def run(self, kind="Deployment", image="web:1", **spec):
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}
        return self.create(
            kind, "web", {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}}
        )

    def edit(self, kind, change):
        self.store.edit(self.store.find(kind, "shop", "web"), change, WRITE)
        self.cluster.settle()

    def deploy(self, kind, image):
        self.edit(kind, lambda one: one["spec"]["template"]["spec"]["containers"][0].update(image=image))

    def count_images(self):
        pods = [pod["spec"]["containers"][0]["image"] for pod in self.store.list_kind("Pod")]
        return {image: pods.count(image) for image in pods}

    def read(self, kind="Deployment"):
        return self.store.find(kind, "shop", "web")


@pytest.fixture
def site():
    """A namespace and two nodes."""
    return _Site()


def test_rollout_goes_through_when_its_pods_run(site):
    """The old set is kept, at zero, for the way back."""
    site.run(replicas=3)

    site.deploy("Deployment", "web:2")

    assert site.count_images() == {"web:2": 3}
    assert [one["spec"]["replicas"] for one in site.store.list_kind("ReplicaSet")].count(0) == 1
    assert site.read()["status"]["readyReplicas"] == 3
    assert site.read()["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, {"web:1": 4, "web:2": 1}),
        (
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            {"web:1": 3, "web:2": 2},
        ),
        ({"type": "Recreate"}, {"web:2": 4}),
    ],
)
def test_rollout_of_what_crashes_stands_where_the_strategy_says(site, strategy, counts):
    """What still serves is what the strategy keeps."""
    site.cluster.scripts.append(Script(Fate.CRASHES, image="web:2"))
    site.run(replicas=4, strategy=strategy)

    site.deploy("Deployment", "web:2")

    assert site.count_images() == counts
    assert site.read()["status"].get("readyReplicas", 0) == counts.get("web:1", 0)


def test_return_to_an_old_template_takes_its_set_up_again(site):
    """Under the next number: the old one is gone from the history."""
    site.run(replicas=1)
    site.deploy("Deployment", "web:2")

    site.deploy("Deployment", "web:1")

    key = "deployment.kubernetes.io/revision"
    numbers = {one["metadata"]["annotations"][key] for one in site.store.list_kind("ReplicaSet")}
    assert numbers == {"2", "3"}
    assert site.count_images() == {"web:1": 1}


def test_paused_deployment_scales_and_does_not_roll(site):
    """A new template waits."""
    site.run(replicas=1)
    site.edit("Deployment", lambda one: one["spec"].update(paused=True, replicas=2))

    site.deploy("Deployment", "web:2")

    assert site.count_images() == {"web:1": 2}


def test_history_is_kept_to_its_limit(site):
    """The oldest sets are removed."""
    site.run(replicas=1, revisionHistoryLimit=1)

    for number in range(2, 5):
        site.deploy("Deployment", f"web:{number}")

    images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in site.store.list_kind("ReplicaSet")}
    assert images == {"web:3", "web:4"}


def test_stateful_set_stops_at_the_first_that_is_not_ready(site):
    """From the highest ordinal down."""
    site.cluster.scripts.append(Script(Fate.NOT_READY, image="web:2"))
    site.run("StatefulSet", replicas=3)

    site.deploy("StatefulSet", "web:2")

    images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in site.store.list_kind("Pod")}
    assert images["web-2"] == "web:2"
    assert images["web-0"] == "web:1"
    status = site.read("StatefulSet")["status"]
    assert status["currentRevision"] != status["updateRevision"]


def test_revisions_of_sets_are_numbered_and_taken_up_again(site):
    """The same template is the same revision, under the next number."""
    site.run("StatefulSet", replicas=1)
    site.deploy("StatefulSet", "web:2")

    site.deploy("StatefulSet", "web:1")

    numbers = sorted(one["revision"] for one in site.store.list_kind("ControllerRevision"))
    assert numbers == [2, 3]


def test_smaller_stateful_set_loses_its_highest_ordinals(site):
    """And keeps the others."""
    site.run("StatefulSet", replicas=3)

    site.edit("StatefulSet", lambda one: one["spec"].update(replicas=1))

    assert [pod["metadata"]["name"] for pod in site.store.list_kind("Pod")] == ["web-0"]


def test_daemon_set_has_a_pod_on_each_node(site):
    """A rollout replaces them one by one."""
    site.run("DaemonSet")
    nodes = sorted(pod["spec"]["nodeName"] for pod in site.store.list_kind("Pod"))

    site.deploy("DaemonSet", "web:2")

    assert nodes == ["n1", "n2"]
    assert site.count_images() == {"web:2": 2}
    assert site.read("DaemonSet")["status"]["numberReady"] == 2


def test_what_is_owned_goes_with_its_owner(site):
    """Sets first, then their pods."""
    deployment = site.run(replicas=2)

    site.cluster.delete(deployment)
    site.cluster.settle()

    assert not list(site.store.list_kind("ReplicaSet"))
    assert not list(site.store.list_kind("Pod"))


def test_endpoints_follow_the_pods(site):
    """What is not ready is listed apart."""
    site.run(replicas=2)
    site.create("Service", "web", {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    ready = site.store.find("Endpoints", "shop", "web")["subsets"][0]
    site.cluster.scripts.append(Script(Fate.NOT_READY))
    site.cluster.settle()

    subset = site.store.find("Endpoints", "shop", "web")["subsets"][0]

    assert len(ready["addresses"]) == 2
    assert "addresses" not in subset
    assert len(subset["notReadyAddresses"]) == 2


def test_budget_counts_what_it_can_spare(site):
    """From what is ready, in either form."""
    site.run(replicas=4)
    selector = {"matchLabels": {"app": "web"}}
    for name, spec in (("least", {"minAvailable": 3}), ("most", {"maxUnavailable": "50%"})):
        site.create("PodDisruptionBudget", name, {"spec": {"selector": selector, **spec}})

    spared = {
        one["metadata"]["name"]: one["status"]["disruptionsAllowed"]
        for one in site.store.list_kind("PodDisruptionBudget")
    }

    assert spared == {"least": 1, "most": 2}


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate.OUT_OF_MEMORY, "OOMKilled"),
        (Fate.CRASHES, "CrashLoopBackOff"),
        (Fate.PULL_FAILS, "ImagePullBackOff"),
        (Fate.UNSCHEDULABLE, "Unschedulable"),
    ],
)
def test_pod_shows_its_fate_as_a_kubelet_would(site, fate, words):
    """And is not ready."""
    site.cluster.scripts.append(Script(fate))
    site.run(replicas=1)

    [pod] = site.store.list_kind("Pod")

    assert words in str(pod["status"])
    assert site.read()["status"].get("readyReplicas", 0) == 0


def test_memory_decides_where_the_script_says(site):
    """No limit is enough, and so is a higher one."""
    script = Script(Fate.OUT_OF_MEMORY, needs_memory="200Mi")

    assert script.fits({"resources": {"limits": {"memory": "128Mi"}}})
    assert not script.fits({"resources": {"limits": {"memory": "256Mi"}}})
    assert not script.fits({})
    assert not Script(Fate.CRASHES, when=lambda one: one["name"] == "a").fits({"name": "b"})
    assert site.read() is None


def test_object_in_an_unknown_namespace_is_refused(site):
    """As is a second one of a name."""
    with pytest.raises(Refusal, match='namespaces "none" not found'):
        site.store.create(BY_KIND["ConfigMap"], "none", {"metadata": {"name": "a"}}, WRITE)
    site.create("ConfigMap", "a", {})
    with pytest.raises(Refusal, match="already exists"):
        site.create("ConfigMap", "a", {})
    with pytest.raises(Refusal, match="does not match the namespace"):
        site.create("ConfigMap", "b", {"metadata": {"name": "b", "namespace": "other"}})
    with pytest.raises(Refusal, match="name or generateName is required"):
        site.create("ConfigMap", "", {})
