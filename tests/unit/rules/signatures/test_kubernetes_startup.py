import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.kubernetes_startup import SIGNATURES

PULL = 'Failed to pull image "reg.io/team/web:1": '
IMAGED = {"containers": [{"name": "app", "image": "reg.io/team/web:1"}]}
DENIED = PULL + "failed to authorize: failed to fetch anonymous token: 403 Forbidden"
NOT_FOUND = PULL + "failed to resolve reference: reg.io/team/web:1: not found"


def stuck(reason, *messages, spec=None, detail=""):
    """Return a town whose container waits for a reason, with what the node said, the oldest first."""
    town = Town().deployment(spec=spec).replica_set(existing=1).waiting(reason, detail, spec=spec)
    for number, message in enumerate(messages):
        town.event("Pod", "web-1-a", "Failed", message, age_s=300 - number)
    return town


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("dial tcp: lookup reg.io on 10.0.0.10:53: no such host", "image_registry_dns_failure"),
        ("dial tcp: lookup reg.io: Temporary failure in name resolution", "image_registry_dns_failure"),
        ("dial tcp: lookup reg.io on 10.0.0.10:53: read udp: i/o timeout", "image_registry_dns_failure"),
        ("tls: failed to verify certificate: x509: certificate has expired", "image_registry_tls_failure"),
        ("http: server gave HTTP response to HTTPS client", "image_registry_tls_failure"),
        ("toomanyrequests: You have reached your pull rate limit", "image_registry_rate_limited"),
        ("no match for platform in manifest: not found", "image_architecture_mismatch"),
        ("unauthorized: authentication required", "missing_image_pull_secret"),
        ("401 Unauthorized", "missing_image_pull_secret"),
        ("pull access denied, repository does not exist or may require authorization", "missing_image_pull_secret"),
        ("manifest unknown: manifest unknown", "incorrect_image_reference"),
        ("reg.io/team/web:1: not found", "incorrect_image_reference"),
        ("dial tcp 10.1.1.1:443: i/o timeout", "image_registry_unreachable"),
        ("dial tcp 10.1.1.1:443: connect: connection refused", "image_registry_unreachable"),
        ("net/http: TLS handshake timeout", "image_registry_unreachable"),
        ("unexpected status: 503 Service Unavailable", "image_registry_unreachable"),
    ],
)
def test_failed_pull_is_told_by_the_registrys_words(message, cause):
    """Words differ by runtime, version and registry; exactly one cause takes each."""
    town = stuck("ImagePullBackOff", PULL + message, "Error: ErrImagePull", "Error: ImagePullBackOff", spec=IMAGED)

    (found,) = town.find(SIGNATURES, cause)

    assert town.list_causes(SIGNATURES) == [cause]
    assert found.subject.ref == "kubernetes:deployment/shop/web"
    assert message in found.text
    assert "kubernetes:pod/shop/web-1-a" in found.explains


@pytest.mark.parametrize(
    ("reason", "detail", "cause"),
    [
        ("InvalidImageName", 'Failed to apply default image tag "web::1"', "incorrect_image_reference"),
        ("ErrImageNeverPull", "", "image_not_present"),
        ("ErrImagePull", "manifest unknown", "incorrect_image_reference"),
        ("ImagePullBackOff", "", "image_pull_failed"),
    ],
)
def test_containers_own_state_is_enough(reason, detail, cause):
    """Events live for an hour, the state as long as it lasts."""
    assert stuck(reason, detail=detail).list_causes(SIGNATURES) == [cause]


def test_pull_that_succeeded_since_is_no_cause():
    """The pod runs; what was said before is history."""
    town = Town().deployment(ready=1).replica_set(existing=1, ready=1).pod(node="n1", ready=True)

    assert town.event("Pod", "web-1-a", "Failed", DENIED).list_causes(SIGNATURES) == []


def test_pull_secret_that_does_not_exist_explains_a_vague_answer():
    """The pod names it, or its account does; a complete list lacks it."""
    spec = IMAGED | {"imagePullSecrets": [{"name": "regcred"}]}
    by_pod = stuck("ImagePullBackOff", NOT_FOUND, spec=spec).listing("secrets", "other")
    by_account = stuck("ImagePullBackOff", spec=IMAGED).listing("secrets")
    by_account.add("ServiceAccount", "default", imagePullSecrets=[{"name": "regcred"}])

    assert by_pod.list_causes(SIGNATURES) == ["missing_image_pull_secret"]
    assert by_account.list_causes(SIGNATURES) == ["missing_image_pull_secret"]


def test_precise_answer_is_believed_although_a_pull_secret_is_missing():
    """The registry let the node look: the tag does not exist."""
    spec = IMAGED | {"imagePullSecrets": [{"name": "regcred"}]}
    town = stuck("ImagePullBackOff", PULL + "manifest unknown", spec=spec).listing("secrets")

    assert town.list_causes(SIGNATURES) == ["incorrect_image_reference"]


def neighbour(town, image, state):
    """Add another pod that runs, or does not, an image."""
    return town.pod(
        "other", None, node="n1", ready=True, state=state, spec={"containers": [{"name": "app", "image": image}]}
    )


def test_place_that_serves_others_without_credentials_wants_none():
    """Registries that hide private images answer a wrong name like a missing right."""
    town = neighbour(stuck("ImagePullBackOff", DENIED, spec=IMAGED), "reg.io/team/other:1", {"running": {}})

    (found,) = town.find(SIGNATURES, "incorrect_image_reference")

    assert (found.confidence, town.list_causes(SIGNATURES)) == (0.75, ["incorrect_image_reference"])


@pytest.mark.parametrize(
    ("image", "state"), [("reg.io/private/other:1", {"running": {}}), ("reg.io/team/other:1", {"waiting": {}})]
)
def test_other_place_or_image_that_never_ran_proves_nothing(image, state):
    """Then the registry is believed."""
    town = neighbour(stuck("ImagePullBackOff", DENIED, spec=IMAGED), image, state)

    assert town.list_causes(SIGNATURES) == ["missing_image_pull_secret"]


def test_place_is_not_judged_open_with_credentials_or_without_a_place():
    """Whoever presents credentials may see more; and a bare name has no folder to compare."""
    known = IMAGED | {"imagePullSecrets": [{"name": "regcred"}]}
    credited = neighbour(stuck("ImagePullBackOff", DENIED, spec=known), "reg.io/team/other:1", {"running": {}})
    bare = stuck("ImagePullBackOff", 'Failed to pull image "web": denied', spec={"containers": [{"name": "a"}]})

    assert credited.list_causes(SIGNATURES) == ["missing_image_pull_secret"]
    assert bare.list_causes(SIGNATURES) == ["missing_image_pull_secret"]


@pytest.mark.parametrize(
    ("reason", "message", "cause"),
    [
        ("CreateContainerConfigError", 'Error: secret "db" not found', "missing_secret_binding"),
        ("CreateContainerConfigError", 'Error: configmap "conf" not found', "missing_config_map"),
        ("CreateContainerConfigError", "Error: couldn't find key pw in Secret shop/db", "missing_secret_key"),
        ("CreateContainerConfigError", "Error: couldn't find key x in ConfigMap shop/conf", "missing_config_map_key"),
        (
            "ContainerCreating",
            'MountVolume.SetUp failed for volume "v" : secret "db" not found',
            "missing_secret_binding",
        ),
        ("ContainerCreating", "MountVolume.SetUp: references non-existent secret key: pw", "missing_secret_key"),
        ("ContainerCreating", "MountVolume.SetUp: references non-existent config key: x", "missing_config_map_key"),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root",
            "container_user_forbidden",
        ),
        ("ContainerCreating", "Failed to create pod sandbox: cni plugin not initialized", "pod_sandbox_failed"),
        ("RunContainerError", 'exec: "run": executable file not found in $PATH', "container_command_not_found"),
        ("CreateContainerError", "no command specified", "container_command_not_found"),
        ("StartError", 'exec: "/run": stat /run: no such file or directory', "container_command_not_found"),
        ("RunContainerError", 'exec: "/run": permission denied: unknown', "container_command_not_executable"),
        ("RunContainerError", 'exec: "run": error mounting "/a": mkdir: permission denied not found', ""),
        ("RunContainerError", "exec /run: exec format error", "image_architecture_mismatch"),
        ("RunContainerError", "error mounting: not a directory: Are you trying to mount", "volume_subpath_mismatch"),
        (
            "CreateContainerError",
            "Minimum memory limit allowed is 6MB: minimum memory limit allowed",
            "memory_limit_too_low",
        ),
    ],
)
def test_start_that_fails_is_told_by_the_nodes_words(reason, message, cause):
    """Each of the node's wordings has one meaning in the phase it is said in."""
    assert stuck(reason, message).list_causes(SIGNATURES) == ([cause] if cause else [])


def test_sandbox_killed_for_memory_is_not_the_networks_fault():
    """The limit was too low even for the sandbox, which the signatures of memory tell."""
    words = "Failed to create pod sandbox: container init was OOM-killed (memory limit too low?)"

    assert stuck("ContainerCreating", words).list_causes(SIGNATURES) == []


def test_secret_made_since_is_not_missing():
    """The node tries again within a minute or two."""
    town = stuck("CreateContainerConfigError", 'Error: secret "db" not found').add("Secret", "db")

    assert town.list_causes(SIGNATURES) == []


def read(source, name):
    """Return an environment variable that is read from elsewhere."""
    return {"name": "A", "valueFrom": {source: {"name": name, "key": "k"}}}


@pytest.mark.parametrize(
    ("spec", "kinds", "cause"),
    [
        ({"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]}, "secrets", "missing_secret_binding"),
        ({"containers": [{"env": [{"value": "b"}, read("secretKeyRef", "db")]}]}, "secrets", "missing_secret_binding"),
        ({"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]}, "cm", "missing_config_map"),
        ({"initContainers": [{"env": [read("configMapKeyRef", "c")]}]}, "cm", "missing_config_map"),
        ({"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}, "secrets", "missing_secret_binding"),
        ({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}, "cm", "missing_config_map"),
    ],
)
def test_dangling_reference_is_seen_without_events(spec, kinds, cause):
    """The pod cannot start without it, and a complete list does not hold it."""
    town = stuck("CreateContainerConfigError", spec=spec).listing(kinds, "other")

    (found,) = town.find(SIGNATURES, cause)

    assert (found.confidence, found.subject.name) == (0.85, "web")
    assert town.list_causes(SIGNATURES) == [cause]


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "db", "optional": True}}]}]},
        {"volumes": [{"name": "v", "secret": {"secretName": "db", "optional": True}}, {"name": "w", "emptyDir": {}}]},
        {"containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "there"}}]}]},
    ],
)
def test_optional_or_existing_reference_is_not_dangling(spec):
    """A pod starts without what it calls optional."""
    assert stuck("CreateContainerConfigError", spec=spec).listing("secrets", "there").list_causes(SIGNATURES) == []


def test_dangling_reference_does_not_explain_a_pod_that_crashes():
    """Its containers were configured, or it would not have got so far."""
    spec = {"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}

    assert stuck("CrashLoopBackOff", spec=spec).listing("secrets", "other").list_causes(SIGNATURES) == []


@pytest.mark.parametrize(
    ("code", "cause"), [(126, "container_command_not_executable"), (127, "container_command_not_found")]
)
def test_shells_exit_code_tells_what_it_could_not_run(code, cause):
    """A shell keeps two codes for commands that it cannot run."""
    spec = {"containers": [{"name": "app"}]}
    town = Town().deployment().replica_set(existing=1).waiting("CrashLoopBackOff", spec=spec)
    status = town.bodies[-1]["status"]["containerStatuses"][0]
    status["lastState"] = {"terminated": {"exitCode": code, "reason": "Error"}}

    (found,) = town.find(SIGNATURES, cause)

    assert found.confidence == 0.7


def test_last_words_of_a_crashing_container_count():
    """An exec that fails inside the container leaves no event; a program's own words are another signature's."""
    foreign = stuck("CrashLoopBackOff").log("web-1-a", "exec /srv/web: exec format error")
    chatty = stuck("CrashLoopBackOff").log("web-1-a", "INFO exec format error is what we test for", "ValueError: x")

    assert foreign.list_causes(SIGNATURES) == ["image_architecture_mismatch"]
    assert chatty.list_causes(SIGNATURES) == []


def test_idle_words_say_nothing():
    """A state without reason and an event of the ordinary sort are no reason to look for a cause."""
    town = stuck("").event("Pod", "web-1-a", "Odd", 'secret "db" not found', sort="Normal")

    assert town.list_causes(SIGNATURES) == []


def test_init_container_that_fails_is_told_when_nothing_better_is():
    """With its last words, where they were kept."""
    status = {"initContainerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}

    def build():
        town = Town().deployment().replica_set(existing=1)
        return town.pod(node="n1", spec={"initContainers": [{"name": "app"}]}, status=status)

    silent = build().find(SIGNATURES, "init_container_failing")[0]
    spoken = build().log("web-1-a", "waiting for db").find(SIGNATURES, "init_container_failing")[0]

    assert silent.text.endswith("never starts.")
    assert spoken.quotes[0].text == "waiting for db"
    assert build().list_causes(SIGNATURES) == ["init_container_failing"]


def test_sidecar_that_dies_beside_running_containers_is_not_said_to_keep_the_pod_from_starting():
    """An init container that restarts always goes on after the others have succeeded."""
    waiting = {"name": "proxy", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    status = {"initContainerStatuses": [waiting], "conditions": [{"type": "Initialized", "status": "True"}]}
    spec = {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]}
    town = Town().deployment().replica_set(existing=1).pod(node="n1", spec=spec, status=status)

    (found,) = town.find(SIGNATURES, "init_container_failing")

    assert found.text == "A sidecar of web (an init container with restartPolicy Always) does not stay up."


def test_init_container_with_a_better_cause_is_told_once():
    """Its image cannot be pulled: nothing is left to say."""
    town = Town().deployment().replica_set(existing=1)
    failed = {"terminated": {"reason": "Error", "exitCode": 127}}
    status = {"initContainerStatuses": [{"name": "i", "state": failed}]}
    town.pod(node="n1", spec={"initContainers": [{"name": "i"}]}, status=status)

    assert town.list_causes(SIGNATURES) == ["container_command_not_found"]


def test_two_pods_of_one_workload_are_one_cause():
    """The second adds nothing; one without a word leaves it to the other."""
    town = Town().deployment().replica_set(existing=2).waiting("CreateContainerConfigError", name="web-1-b")
    town.waiting("CreateContainerConfigError", 'secret "db" not found').waiting(
        "CreateContainerConfigError", 'secret "db" not found', name="web-1-c"
    )

    assert len(town.find(SIGNATURES, "missing_secret_binding")) == 1


@pytest.mark.parametrize(
    ("status", "causes"),
    [
        ("InvalidImageName", ["incorrect_image_reference"]),
        ("ErrImageNeverPull", ["image_not_present"]),
        ("CrashLoopBackOff", []),
    ],
)
def test_status_that_has_one_cause_only_needs_no_more_than_a_table(status, causes):
    """A paste of `kubectl get pods` is all there is."""
    head = "NAME                   READY   STATUS             RESTARTS   AGE"
    text = f"{head}\nweb-6f8c7d9b5-2kxzq    0/1     {status:<19}0          9m"
    query = "kubectl get pods -n shop"
    town = Town()
    town.documents.append(Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=NOW))

    assert town.list_causes(SIGNATURES) == causes
