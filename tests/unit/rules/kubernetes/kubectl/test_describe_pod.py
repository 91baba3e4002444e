from fermata.rules.kubernetes.kubectl.describe import describe_body

POD = """\
Name:             web-1
Namespace:        shop
Priority:         0
Service Account:  web
Node:             worker-02/192.168.0.53
Start Time:       Fri, 28 Nov 2025 15:31:20 +0800
Labels:           app=web
Status:           Running
IP:               172.20.2.7
IPs:
  IP:           172.20.2.7
Controlled By:  ReplicaSet/web-79b4
Init Containers:
  init:
    Image:  init:1
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
Containers:
  web:
    Image:          web:1
    State:          Running
      Started:      Fri, 28 Nov 2025 15:31:21 +0800
    Ready:          True
    Restart Count:  0
  late:
    Image:          late:1
Conditions:
  Type                        Status
  Initialized                 True
  Ready                       False
Volumes:  <none>
QoS Class:                   Burstable
Node-Selectors:              <none>
Tolerations:                 <none>
"""


def test_description_of_a_pod_is_read():
    """Specification and status are parted as in the API."""
    body = describe_body("Pod", POD)

    assert body["spec"] == {
        "initContainers": [{"name": "init", "image": "init:1"}],
        "containers": [{"name": "web", "image": "web:1"}, {"name": "late", "image": "late:1"}],
        "serviceAccountName": "web",
        "volumes": [],
        "nodeSelector": {},
        "tolerations": [],
        "nodeName": "worker-02",
        "priority": 0,
    }
    assert body["status"] == {
        "hostIP": "192.168.0.53",
        "podIP": "172.20.2.7",
        "qosClass": "Burstable",
        "startTime": "2025-11-28T07:31:20+00:00",
        "initContainerStatuses": [
            {"name": "init", "image": "init:1", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
        ],
        "containerStatuses": [
            {
                "name": "web",
                "image": "web:1",
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2025-11-28T07:31:21+00:00"}},
            }
        ],
        "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "False"}],
        "phase": "Running",
    }


def test_pod_that_is_being_deleted_says_so():
    """When it is deleted is not printed."""
    body = describe_body(
        "Pod", "Name: web\nStatus: Terminating (lasts 5m)\nTermination Grace Period: 30s\nNode: <none>\n"
    )

    assert body["metadata"] == {"name": "web", "deletionTimestamp": "unknown"}
    assert body["spec"] == {"terminationGracePeriodSeconds": 30}
    assert body["status"] == {}


def test_evicted_pod_tells_why():
    """Reason and message are the pod's own."""
    body = describe_body(
        "Pod", "Name: web\nStatus: Failed\nReason: Evicted\nMessage: The node was low on resource: memory.\n"
    )

    assert body["status"] == {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }
