"""Which logs of a workload are read."""

from datetime import UTC, datetime, timedelta

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.logs import MOST_LOGS, MOST_PODS, list_places
from fermata.integrations.kubernetes.scope import Target

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RUNNING = {"running": {"startedAt": "2026-11-25T11:00:00Z"}}
WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
ENDED = {"terminated": {"exitCode": 1}}


def make_scope(*refs):
    """Frame the last hour."""
    entities = tuple(Entity.parse(ref) for ref in refs)
    start = NOW - timedelta(hours=1)
    return Scope(
        incident_id=IncidentId("inc"),
        alerts=(),
        entities=entities,
        onset=NOW,
        window_start=start,
        window_end=NOW + start.resolution,
    )


def make_target(*pods):
    """Give a workload."""
    items = tuple(
        {
            "metadata": {"name": name},
            "status": {
                "containerStatuses": [{"name": each, **status} for each, status in containers.items()],
                "initContainerStatuses": [{"name": each, **status} for each, status in init.items()],
            },
        }
        for name, containers, init in pods
    )
    return Target("Deployment", "shop", "checkout", None, items)


def list_files(target, *refs):
    """Give the logs as words."""
    return [place.file_name for place in list_places([target], make_scope(*refs))]


def test_container_that_was_started_again_is_read_before_and_now():
    """What ended is the more telling one."""
    target = make_target(("p1", {"app": {"state": RUNNING, "restartCount": 2}, "side": {"state": RUNNING}}, {}))

    assert list_files(target) == ["shop__p1__app__previous.log", "shop__p1__app.log", "shop__p1__side.log"]


def test_container_that_waits_to_be_started_again_is_read_once():
    """The kubelet gives the same lines for both."""
    target = make_target(("p1", {"app": {"state": WAITING, "lastState": ENDED, "restartCount": 2}}, {}))

    assert list_files(target) == ["shop__p1__app__previous.log"]


def test_container_that_never_ran_has_nothing_to_read():
    """Its image cannot be had, or its pod is not placed."""
    target = make_target(("p1", {"app": {"state": {"waiting": {"reason": "ImagePullBackOff"}}}}, {}))

    assert list_files(target) == []


def test_init_container_is_read_unless_it_came_through():
    """One that failed tells why nothing starts."""
    init = {"done": {"state": {"terminated": {"exitCode": 0}}}, "stuck": {"state": ENDED}}

    assert list_files(make_target(("p1", {}, init))) == ["shop__p1__stuck.log"]


def test_named_container_comes_first_and_few_pods_are_enough():
    """They all run the same program."""
    pods = [(f"p{index}", {"proxy": {"state": RUNNING}, "app": {"state": RUNNING}}, {}) for index in range(9)]

    files = list_files(make_target(*pods), "container/shop/app")

    assert files[:MOST_PODS] == ["shop__p0__app.log", "shop__p1__app.log", "shop__p2__app.log"]
    assert len(files) == 2 * MOST_PODS <= MOST_LOGS


def test_running_container_is_asked_for_the_window_only():
    """Before a restart, whatever there is."""
    target = make_target(("p1", {"app": {"state": RUNNING, "restartCount": 1}}, {}))
    before, now = list_places([target], make_scope())

    asked = {"container": "app", "timestamps": "true", "tailLines": "9", "limitBytes": "67108864"}
    assert before.get_params(9, NOW) == asked | {"previous": "true"}
    assert now.get_params(9, NOW) == asked | {"sinceTime": "2026-11-25T12:00:00Z"}
    assert before.get_query(9) == "kubectl logs p1 -n shop -c app --tail=9 --previous"
