import pytest

from fermata.rules.kubernetes.objects import KubeObject
from fermata.rules.kubernetes.phases import (
    PodPhase,
    is_bound,
    is_ready,
    last_termination,
    pod_phase,
    state_of,
    status_word,
)


def _pod(status, *, spec=None, **metadata):
    return KubeObject("Pod", "shop", name="web-1", body={"metadata": metadata, "spec": spec or {}, "status": status})


def _printed(**cells):
    return KubeObject("Pod", "shop", name="web-1", body={"printed": cells})


def _container(state, *, name="web", ready=False, **rest):
    return {"name": name, "ready": ready, "state": state, **rest}


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("CrashLoopBackOff", PodPhase.CRASH),
        ("OOMKilled", PodPhase.CRASH),
        ("ExitCode:3", PodPhase.CRASH),
        ("Signal:9", PodPhase.CRASH),
        ("ImagePullBackOff", PodPhase.IMAGE),
        ("CreateContainerConfigError", PodPhase.CONFIG),
        ("RunContainerError", PodPhase.RUN_ERROR),
        ("ContainerCreating", PodPhase.CREATING),
        ("Init:0/2", PodPhase.CREATING),
        ("Init:Error", PodPhase.INIT_FAILING),
        ("Init:CrashLoopBackOff", PodPhase.INIT_FAILING),
        ("Init:ExitCode:1", PodPhase.INIT_FAILING),
        ("Init:ErrImagePull", PodPhase.IMAGE),
        ("Init:CreateContainerConfigError", PodPhase.CONFIG),
        ("Completed", PodPhase.COMPLETED),
        ("Evicted", PodPhase.EVICTED),
        ("Terminating", PodPhase.TERMINATING),
        ("Unknown", PodPhase.UNKNOWN),
        ("SomethingNew", PodPhase.UNKNOWN),
    ],
)
def test_printed_status_tells_the_phase(word, phase):
    """The STATUS column is read as kubectl fills it."""
    assert pod_phase(_printed(STATUS=word, READY="0/1")) is phase


def test_running_pod_is_ready_when_all_containers_are():
    """The READY column counts."""
    assert pod_phase(_printed(STATUS="Running", READY="2/2")) is PodPhase.RUNNING_READY
    assert pod_phase(_printed(STATUS="Running", READY="1/2")) is PodPhase.RUNNING_NOT_READY
    assert pod_phase(_printed(STATUS="NotReady", READY="1/2")) is PodPhase.RUNNING_NOT_READY


def test_pending_pod_without_node_is_unschedulable():
    """A pod that has a node is being made there."""
    assert pod_phase(_printed(STATUS="Pending", NODE="<none>")) is PodPhase.UNSCHEDULABLE
    assert pod_phase(_printed(STATUS="Pending", NODE="worker-1")) is PodPhase.CREATING
    assert is_bound(_pod({}, spec={"nodeName": "worker-1"}))
    assert not is_bound(_pod({}))


def test_readiness_without_a_column_is_a_condition():
    """The API says it as a condition of the pod."""
    assert is_ready(_pod({"conditions": [{"type": "Ready", "status": "True"}]}))
    assert not is_ready(_pod({"conditions": [{"type": "Ready", "status": "False"}]}))
    assert not is_ready(_pod({}))


RUNNING = {"running": {"startedAt": "2026-11-25T11:00:00Z"}}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"phase": "Running", "containerStatuses": [_container(RUNNING, ready=True)]}, "Running"),
        ({"phase": "Pending"}, "Pending"),
        ({}, ""),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        (
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]},
            "SchedulingGated",
        ),
        (
            {"phase": "Pending", "containerStatuses": [_container({"waiting": {"reason": "ErrImagePull"}})]},
            "ErrImagePull",
        ),
        (
            {"phase": "Running", "containerStatuses": [_container({"terminated": {"reason": "Error", "exitCode": 1}})]},
            "Error",
        ),
        ({"phase": "Running", "containerStatuses": [_container({"terminated": {"exitCode": 3}})]}, "ExitCode:3"),
        ({"phase": "Running", "containerStatuses": [_container({"terminated": {"signal": 9}})]}, "Signal:9"),
        ({"phase": "Running", "containerStatuses": [{"name": "web"}, "garbage"]}, "Running"),
        (
            {"phase": "Pending", "initContainerStatuses": [_container({"running": {}}, name="init")]},
            "Init:0/1",
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [_container({"waiting": {"reason": "PodInitializing"}})]},
            "Init:0/1",
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [_container({"terminated": {"exitCode": 2}})]},
            "Init:ExitCode:2",
        ),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [_container({"waiting": {"reason": "CrashLoopBackOff"}})],
            },
            "Init:CrashLoopBackOff",
        ),
        (
            {
                "phase": "Running",
                "initContainerStatuses": [_container({"terminated": {"exitCode": 0}}, name="init")],
                "containerStatuses": [_container(RUNNING, ready=True)],
            },
            "Running",
        ),
    ],
)
def test_status_word_follows_from_the_fields_of_the_api(status, word):
    """What kubectl would print is computed as kubectl does."""
    assert status_word(_pod(status)) == word


def test_init_container_without_status_has_not_begun():
    """A status that is missing says nothing."""
    pod = _pod({"phase": "Pending"}, spec={"initContainers": [{"name": "init"}]})

    assert status_word(pod) == "Pending"


def test_container_without_status_has_not_begun():
    """A container of the specification alone says nothing."""
    pod = _pod({"phase": "Pending"}, spec={"containers": [{"name": "web"}]})

    assert status_word(pod) == "Pending"


def test_sidecar_that_runs_has_come_through():
    """A restartable init container is expected to go on running."""
    status = {
        "phase": "Running",
        "initContainerStatuses": [_container(RUNNING, name="mesh", ready=True, started=True)],
        "containerStatuses": [_container(RUNNING, ready=True)],
    }

    assert (
        status_word(_pod(status, spec={"initContainers": [{"name": "mesh", "restartPolicy": "Always"}]})) == "Running"
    )


@pytest.mark.parametrize(("ready", "word"), [("True", "Running"), ("False", "NotReady")])
def test_completed_container_beside_a_running_one_does_not_complete_the_pod(ready, word):
    """A pod is done when all of its containers are."""
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": ready}],
        "containerStatuses": [
            _container({"terminated": {"reason": "Completed", "exitCode": 0}}, name="job"),
            _container(RUNNING, name="web", ready=True),
        ],
    }

    assert status_word(_pod(status)) == word


def test_deleted_pod_is_terminating_unless_its_node_is_lost():
    """Nobody can say what a pod on a lost node does."""
    assert status_word(_pod({"phase": "Running"}, deletionTimestamp="unknown")) == "Terminating"
    assert status_word(_pod({"reason": "NodeLost"}, deletionTimestamp="unknown")) == "Unknown"


def test_last_end_is_the_present_one_or_the_one_before_the_restart():
    """A container that runs again still tells how it ended before."""
    pod = _pod(
        {
            "containerStatuses": [
                _container({"terminated": {"exitCode": 0}}, name="done"),
                _container(RUNNING, name="web", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
                _container(RUNNING, name="fine"),
                "garbage",
            ]
        }
    )

    assert last_termination(pod, "web")["reason"] == "OOMKilled"
    assert last_termination(pod)["exitCode"] == 137
    assert last_termination(pod, "done")["exitCode"] == 0
    assert last_termination(pod, "fine") == {}


def test_state_of_another_shape_is_empty():
    """Garbage where a state should be is no state."""
    assert state_of({"state": {"waiting": "text"}}, "waiting") == {}
    assert state_of({"state": "text"}, "waiting") == {}


@pytest.mark.parametrize("ended", [{"reason": "Error", "exitCode": 137}, {"reason": "Completed", "exitCode": 0}])
def test_evicted_pod_is_no_crash_of_its_container(ended):
    """What its containers ended with follows from the eviction, although kubectl prints that."""
    status = {"phase": "Failed", "containerStatuses": [_container({"terminated": ended})]}

    assert pod_phase(_pod(status | {"reason": "Evicted"})) is PodPhase.EVICTED
    assert pod_phase(_pod(status)) is not PodPhase.EVICTED
