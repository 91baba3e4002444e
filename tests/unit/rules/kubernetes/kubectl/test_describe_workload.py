from fermata.rules.kubernetes.kubectl.describe import describe_body

TEMPLATE = """\
Pod Template:
  Labels:       app=web
  Annotations:  note: x
  Service Account:  web
  Containers:
   web:
    Image:  web:1
"""
DEPLOYMENT = f"""\
Name:                   web
Selector:               app=web
Replicas:               3 desired | 2 updated | 3 total | 1 available | 2 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  25% max unavailable, 1 max surge, odd
{TEMPLATE}Conditions:
  Type           Status   Reason
  ----           ------   ------
  Available      False    MinimumReplicasUnavailable
  Progressing    Unknown  DeploymentPaused
OldReplicaSets:  web-1 (1/1 replicas created)
NewReplicaSet:   <none>
"""
POD_SPEC = {"serviceAccountName": "web", "containers": [{"name": "web", "image": "web:1"}]}


def test_description_of_a_deployment_is_read():
    """Counts, strategy, template and conditions; a paused one says so as a condition."""
    body = describe_body("Deployment", DEPLOYMENT)

    assert body["spec"] == {
        "selector": {"matchLabels": {"app": "web"}},
        "replicas": 3,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
        "minReadySeconds": 0,
        "paused": True,
        "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"note": "x"}}, "spec": POD_SPEC},
    }
    assert body["status"] == {
        "updatedReplicas": 2,
        "replicas": 3,
        "availableReplicas": 1,
        "unavailableReplicas": 2,
        "conditions": [
            {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
            {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"},
        ],
    }
    assert body["printed"] == {"OldReplicaSets": "web-1 (1/1 replicas created)"}


def test_deployment_cut_off_is_read_as_far_as_it_goes():
    """What is missing is unknown."""
    assert describe_body("Deployment", "Name: web\nReplicas: 3 desired | 2 odd") == {
        "metadata": {"name": "web"},
        "spec": {"replicas": 3},
    }


def test_description_of_a_replica_set_is_read():
    """Its counts of pods by state have no field in the API."""
    text = "Name: web-1\nReplicas: 1 current / 2 desired\nPods Status: 1 Running / 1 Waiting / 0 Succeeded / 0 Failed\n"

    assert describe_body("ReplicaSet", text) == {
        "metadata": {"name": "web-1"},
        "spec": {"replicas": 2},
        "status": {"replicas": 1},
        "printed": {"Pods Status": "1 Running / 1 Waiting / 0 Succeeded / 0 Failed"},
    }


STATEFUL_SET = """\
Name:               db
Replicas:           3 desired | 3 total
Update Strategy:    RollingUpdate
  Partition:        1
Volume Claims:
  Name:          data
  StorageClass:  fast
  Labels:        <none>
  Annotations:   <none>
  Capacity:      1Gi
  Access Modes:  [ReadWriteOnce]
  Name:          logs
  StorageClass:
  Capacity:      2Gi
"""


def test_description_of_a_stateful_set_is_read():
    """Its claims are templates, one a volume."""
    assert describe_body("StatefulSet", STATEFUL_SET)["spec"] == {
        "replicas": 3,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "data"},
                "spec": {
                    "storageClassName": "fast",
                    "resources": {"requests": {"storage": "1Gi"}},
                    "accessModes": ["ReadWriteOnce"],
                },
            },
            {"metadata": {"name": "logs"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        ],
    }


def test_stateful_set_without_claims_has_none():
    """Brackets stand for no templates."""
    assert "spec" not in describe_body("StatefulSet", "Name: db\nVolume Claims: <none>\n")


def test_description_of_a_daemon_set_is_read():
    """It counts nodes."""
    text = f"""\
Name:           agent
Selector:       name=agent
{TEMPLATE}Desired Number of Nodes Scheduled: 4
Current Number of Nodes Scheduled: 3
Number of Nodes Scheduled with Up-to-date Pods: 2
Number of Nodes Scheduled with Available Pods: 1
Number of Nodes Misscheduled: 0
"""

    body = describe_body("DaemonSet", text)

    assert body["status"] == {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 3,
        "updatedNumberScheduled": 2,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
    }
    assert body["spec"]["template"]["spec"] == POD_SPEC


JOB = f"""\
Name:             import
Parallelism:      1
Completions:      1
Completion Mode:  NonIndexed
Suspend:          true
Backoff Limit:    6
Start Time:       Fri, 28 Nov 2025 15:31:20 +0800
Completed At:     Fri, 28 Nov 2025 15:31:25 +0800
Active Deadline Seconds:  60s
Pods Statuses:    1 Active (0 Ready) / 0 Succeeded / 3 Failed
{TEMPLATE}"""


def test_description_of_a_job_is_read():
    """Limits, instants and how its pods fared."""
    body = describe_body("Job", JOB)

    assert body["spec"].pop("template")["spec"] == POD_SPEC
    assert body["spec"] == {
        "parallelism": 1,
        "completions": 1,
        "completionMode": "NonIndexed",
        "suspend": True,
        "backoffLimit": 6,
        "activeDeadlineSeconds": 60,
    }
    assert body["status"] == {
        "startTime": "2025-11-28T07:31:20+00:00",
        "completionTime": "2025-11-28T07:31:25+00:00",
        "active": 1,
        "succeeded": 0,
        "failed": 3,
    }


def test_description_of_a_cron_job_is_read():
    """Its job is a template."""
    text = f"""\
Name:                          nightly
Schedule:                      0 3 * * *
Concurrency Policy:            Forbid
Suspend:                       False
Starting Deadline Seconds:     10s
Parallelism:                   <unset>
Last Schedule Time:  Fri, 28 Nov 2025 03:00:00 +0000
Active Jobs:         nightly-1, nightly-2
{TEMPLATE}"""

    body = describe_body("CronJob", text)

    job = body["spec"].pop("jobTemplate")["spec"]
    assert job["template"]["spec"] == POD_SPEC
    assert body["spec"] == {
        "schedule": "0 3 * * *",
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "startingDeadlineSeconds": 10,
    }
    assert body["status"] == {
        "lastScheduleTime": "2025-11-28T03:00:00+00:00",
        "active": [{"name": "nightly-1"}, {"name": "nightly-2"}],
    }
    assert "suspend" not in describe_body("CronJob", "Name: nightly")["spec"]
