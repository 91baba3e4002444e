from fermata.rules.kubernetes.kubectl.rows import row_body

WIDE = {"CONTAINERS": "web,mesh", "IMAGES": "web:1,mesh:2", "SELECTOR": "app=web"}
CONTAINERS = [{"name": "web", "image": "web:1"}, {"name": "mesh", "image": "mesh:2"}]


def _body(kind, cells):
    body = row_body(kind, cells)
    del body["printed"]
    return body


def test_pod_row_tells_its_node_and_address():
    """Brackets stand for neither."""
    assert _body("Pod", {"STATUS": "Completed", "IP": "10.0.0.1", "NODE": "n1", "NOMINATED NODE": "n2"}) == {
        "status": {"phase": "Succeeded", "podIP": "10.0.0.1", "nominatedNodeName": "n2"},
        "spec": {"nodeName": "n1"},
    }
    assert _body("Pod", {"STATUS": "CrashLoopBackOff", "IP": "<none>", "NODE": "<none>"}) == {}


def test_deployment_row_tells_counts_and_template():
    """READY counts ready pods before wanted ones."""
    cells = {"READY": "0/3", "UP-TO-DATE": "1", "AVAILABLE": "0", **WIDE}

    assert _body("Deployment", cells) == {
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": CONTAINERS}},
        },
        "status": {"readyReplicas": 0, "updatedReplicas": 1, "availableReplicas": 0},
    }
    assert _body("Deployment", {}) == {}


def test_replica_and_stateful_sets_count_likewise():
    """Each has its own columns."""
    assert _body("ReplicaSet", {"DESIRED": "2", "CURRENT": "1", "READY": "0"}) == {
        "spec": {"replicas": 2},
        "status": {"replicas": 1, "readyReplicas": 0},
    }
    assert _body("StatefulSet", {"READY": "2/3"}) == {"spec": {"replicas": 3}, "status": {"readyReplicas": 2}}


def test_daemon_set_row_counts_nodes():
    """Its selector is of nodes, and of pods when wide."""
    cells = {"DESIRED": "4", "CURRENT": "4", "READY": "3", "UP-TO-DATE": "4", "AVAILABLE": "3"}

    assert _body("DaemonSet", {**cells, "NODE SELECTOR": "disk=ssd"}) == {
        "spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
        "status": {
            "desiredNumberScheduled": 4,
            "currentNumberScheduled": 4,
            "numberReady": 3,
            "updatedNumberScheduled": 4,
            "numberAvailable": 3,
        },
    }
    assert "spec" not in _body("DaemonSet", {**cells, "NODE SELECTOR": "<none>"})


def test_job_row_tells_whether_it_is_done():
    """A job that runs has no condition yet."""
    assert _body("Job", {"STATUS": "Failed", "COMPLETIONS": "0/1"}) == {
        "spec": {"completions": 1},
        "status": {"succeeded": 0, "conditions": [{"type": "Failed", "status": "True"}]},
    }
    assert _body("Job", {"STATUS": "Running"}) == {}


def test_cron_job_row_tells_its_schedule():
    """Its containers are two templates down."""
    assert _body("CronJob", {"SCHEDULE": "*/5 * * * *", "TIMEZONE": "<none>", "SUSPEND": "True", **WIDE}) == {
        "spec": {
            "schedule": "*/5 * * * *",
            "suspend": True,
            "jobTemplate": {"spec": {"template": {"spec": {"containers": CONTAINERS}}}},
        }
    }
    assert _body("CronJob", {"SUSPEND": "False"}) == {"spec": {"suspend": False}}
    assert _body("CronJob", {}) == {}
