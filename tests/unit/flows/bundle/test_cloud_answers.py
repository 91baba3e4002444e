"""What AWS answers of services, tasks and databases: each event a line of a log, the oldest first."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.kit.errors import UserError

SERVICE = {
    "services": [
        {
            "serviceArn": "arn:aws:ecs:eu-west-1:1:service/prod/web",
            "serviceName": "web",
            "events": [
                {"id": "b", "createdAt": "2026-11-23T12:05:00+00:00", "message": "(service web) was unable to place."},
                {"id": "a", "createdAt": 1795435200, "message": "(service web) has reached\na steady state."},
            ],
        }
    ],
    "failures": [],
}
TASK = {
    "taskArn": "arn:aws:ecs:eu-west-1:1:task/prod/a",
    "group": "service:web",
    "stoppedReason": "Essential container in task exited",
    "stoppedAt": "2026-11-23T12:05:00Z",
    "containers": [{"name": "web", "exitCode": 137, "reason": "OutOfMemoryError: killed"}, {"name": "proxy"}],
}


def test_events_of_a_service_are_its_log(folder, texts):
    """The newest comes first in the answer, and last in the log."""
    folder.write("objects/ecs.json", SERVICE)

    item = folder.get_only(EvidenceKind.LOGS)

    assert item.entity.ref == "service/web"
    assert texts(item) == [
        "2026-11-23T12:00:00Z (service web) has reached a steady state.",
        "2026-11-23T12:05:00Z (service web) was unable to place.",
    ]


def test_counts_of_a_service_and_its_deployments_are_told(folder, texts):
    """How many tasks run of those wanted is what the answer is asked for; it is of no moment that it gives."""
    counts = {"desiredCount": 3, "runningCount": 1, "pendingCount": 0}
    new = {
        "status": "PRIMARY", "taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/web:52",
        "createdAt": "2026-11-23T12:01:00Z", "rolloutState": "DONE", **counts, "runningCount": 0,
    }  # fmt: skip
    service = {**SERVICE["services"][0], **counts, "deployments": [new, counts, {"status": "ACTIVE"}], "events": []}
    folder.write("objects/ecs.json", {"services": [service]})

    assert texts(folder.get_only(EvidenceKind.LOGS)) == [
        "(service web) runs 1 of 3 tasks that are wanted, 0 pending",
        "deployment of 2026-11-23T12:01:00Z of web:52 runs 0 of 3 tasks that are wanted, 0 pending: PRIMARY DONE",
        "deployment of no task definition runs 1 of 3 tasks that are wanted, 0 pending: no state",
    ]


def test_stopped_task_tells_how_each_container_ended(folder, texts):
    """The task's reason seldom says more than that one ended; a task that runs says nothing."""
    running = {**TASK, "stoppedReason": None, "lastStatus": "RUNNING"}
    folder.write("objects/tasks.json", {"tasks": [TASK, running, {**TASK, "group": "", "stoppedAt": None}]})

    named, unnamed = (item for item in folder.read().evidence if item.kind is EvidenceKind.LOGS)

    ends = "web: exit code 137 OutOfMemoryError: killed; proxy: exit code none"
    assert (named.entity.ref, unnamed.entity.ref) == ("service/web", "service/ecs")
    assert texts(named) == [f"2026-11-23T12:05:00Z task stopped: Essential container in task exited; {ends}"]
    assert texts(unnamed) == [f"task stopped: Essential container in task exited; {ends}"]


@pytest.mark.parametrize("path", ["objects/rds.json", "events/rds.json"])
def test_events_of_a_database_are_its_log(folder, texts, path):
    """RDS and ElastiCache name the source of each."""
    event = {"SourceIdentifier": "prod-db", "Message": "DB instance restarted", "Date": "2026-11-23T12:00:00Z"}
    folder.write(path, {"Events": [event, {"SourceIdentifier": "", "Message": "nobody's"}]})

    item = folder.get_only(EvidenceKind.LOGS)

    assert item.entity.ref == "service/prod-db"
    assert texts(item) == ["2026-11-23T12:00:00Z DB instance restarted"]


@pytest.mark.parametrize("content", [{"services": [{"name": "web"}]}, {"tasks": [{"id": 1}]}, {"Events": []}])
def test_other_records_with_such_names_are_no_answer(folder, content):
    """They are kept as they were before."""
    folder.write("objects/a.json", content)

    assert all(item.kind is not EvidenceKind.LOGS for item in folder.read().evidence)


@pytest.mark.parametrize(
    "content",
    [{"services": [{**SERVICE["services"][0], "events": []}]}, {"tasks": [{**TASK, "stoppedReason": None}]}],
)
def test_answer_that_tells_of_nothing_is_named(folder, content):
    """Nothing that somebody sends in is passed over in silence."""
    folder.write("objects/ecs.json", content)

    with pytest.raises(UserError, match="it tells of no event, and of no task that stopped"):
        folder.read()
