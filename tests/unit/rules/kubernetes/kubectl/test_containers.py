import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.containers import (
    read_container,
    read_container_status,
    read_pod_spec,
    read_toleration,
    read_volume,
)
from fermata.rules.kubernetes.kubectl.outline import read_outline

CONTAINER = """\
server:
  Container ID:   containerd://ca79
  Image:          web:1
  Image ID:       web@sha256:59
  Ports:          8080/TCP, 9000/UDP (metrics), junk
  Host Ports:     80/TCP, 0/UDP
  Command:
    sh
    -c
    echo "a: b"
  Args:           <none>
  State:          Waiting
    Reason:       CrashLoopBackOff
  Last State:     Terminated
    Reason:       Error
    Message:      cannot start
                  at all
    Exit Code:    1
    Signal:       9
    Started:      Fri, 28 Nov 2025 15:31:21 +0800
    Finished:     Fri, 28 Nov 2025 15:31:22 +0800
  Ready:          False
  Restart Count:  3
  Limits:
    cpu:     300m
    memory:  128Mi
  Requests:
    cpu:      200m
  Liveness:   tcp-socket :8080 delay=0s timeout=1s period=10s #success=1 #failure=3
  Environment Variables from:
    cfg      ConfigMap  Optional: false
    db       Secret with prefix 'DB_'  Optional: true
    nothing to read
  Environment:
    REDIS_ADDR:  redis-cart:6379
    EMPTY:
    PASSWORD:    <set to the key 'password' in secret 'db'>  Optional: false
    MODE:        <set to the key 'mode' of config map 'cfg'>
    POD_IP:       (v1:status.podIP)
    CPUS:        2 (limits.cpu)
    LINES:       one
                 two
  Mounts:
    /etc/cfg from cfg (ro,path="a.conf")
    /data from data (rw)
    garbled
"""


def _container(text=CONTAINER):
    return read_outline(text).children[0]


def test_container_is_read_in_the_shape_of_the_api():
    """Ports, commands, resources, environment and mounts are where the API has them."""
    assert read_container(_container()) == {
        "name": "server",
        "image": "web:1",
        "ports": [
            {"containerPort": 8080, "protocol": "TCP", "hostPort": 80},
            {"containerPort": 9000, "protocol": "UDP", "name": "metrics"},
        ],
        "command": ["sh", "-c", 'echo "a: b"'],
        "args": [],
        "resources": {"limits": {"cpu": "300m", "memory": "128Mi"}, "requests": {"cpu": "200m"}},
        "livenessProbe": {
            "tcpSocket": {"port": 8080},
            "initialDelaySeconds": 0,
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
        "envFrom": [
            {"configMapRef": {"name": "cfg", "optional": False}},
            {"secretRef": {"name": "db", "optional": True}, "prefix": "DB_"},
        ],
        "env": [
            {"name": "REDIS_ADDR", "value": "redis-cart:6379"},
            {"name": "EMPTY", "value": ""},
            {
                "name": "PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": "db", "key": "password", "optional": False}},
            },
            {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "cfg", "key": "mode"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "LINES", "value": "one\ntwo"},
        ],
        "volumeMounts": [
            {"mountPath": "/etc/cfg", "name": "cfg", "readOnly": True, "subPath": "a.conf"},
            {"mountPath": "/data", "name": "data"},
        ],
    }


def test_what_is_not_printed_is_not_there():
    """A container of which little is printed has little."""
    assert read_container(_container("web:\n  Image: web:1\n  Port: <none>\n")) == {"name": "web", "image": "web:1"}


def test_status_of_a_container_is_read():
    """States have their reasons, exit codes and instants."""
    assert read_container_status(_container()) == {
        "name": "server",
        "image": "web:1",
        "imageID": "web@sha256:59",
        "containerID": "containerd://ca79",
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {
            "terminated": {
                "reason": "Error",
                "message": "cannot start\nat all",
                "exitCode": 1,
                "signal": 9,
                "startedAt": "2025-11-28T07:31:21+00:00",
                "finishedAt": "2025-11-28T07:31:22+00:00",
            }
        },
    }
    assert read_container_status(_container("web:\n  State: Running\n")) == {"name": "web", "state": {"running": {}}}


@pytest.mark.parametrize(
    ("text", "toleration"),
    [
        (
            "node.kubernetes.io/not-ready:NoExecute op=Exists for 300s",
            {
                "key": "node.kubernetes.io/not-ready",
                "effect": "NoExecute",
                "operator": "Exists",
                "tolerationSeconds": 300,
            },
        ),
        ("disk=ssd:NoSchedule", {"key": "disk", "value": "ssd", "effect": "NoSchedule", "operator": "Equal"}),
        ("disk:NoSchedule", {"key": "disk", "effect": "NoSchedule", "operator": "Exists"}),
        ("op=Exists", {"operator": "Exists"}),
        ("op=", {}),
        ("no toleration at all", {}),
    ],
)
def test_toleration_is_read(text, toleration):
    """Key, value, effect, operator and how long."""
    assert read_toleration(text) == toleration


POD_SPEC = """\
Service Account:      web
Priority Class Name:  high
Containers:
  server:
    Image:  web:1
Volumes:
  cfg:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      cfg
    Optional:  true
Node-Selectors:  disk=ssd
                 zone=a
Tolerations:     disk=ssd:NoSchedule
                 no toleration at all
Topology Spread Constraints:  kubernetes.io/hostname:DoNotSchedule when max skew 1 is exceeded for selector app=web
                              zone:ScheduleAnyway
                              none
"""


def test_pod_specification_is_read():
    """Where a pod may run and as whom."""
    spec = {}

    read_pod_spec(spec, read_outline(POD_SPEC))

    assert spec == {
        "containers": [{"name": "server", "image": "web:1"}],
        "serviceAccountName": "web",
        "priorityClassName": "high",
        "volumes": [{"name": "cfg", "configMap": {"name": "cfg", "optional": True}}],
        "nodeSelector": {"disk": "ssd", "zone": "a"},
        "tolerations": [{"key": "disk", "value": "ssd", "effect": "NoSchedule", "operator": "Equal"}],
        "topologySpreadConstraints": [
            {"topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1},
            {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
        ],
    }


def test_unprinted_specification_is_unknown():
    """Nothing is made up."""
    spec = {}

    read_pod_spec(spec, read_outline("Name: web"))

    assert spec == {}


PROJECTED = """\
Type: Projected (x)
  TokenExpirationSeconds: 3607
  ConfigMapName: ca
  SecretName: db
  ConfigMapOptional: <nil>
  DownwardAPI: true
"""


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("Type: Secret (x)\n  SecretName: db\n  Optional: false", {"secret": {"secretName": "db", "optional": False}}),
        (
            "Type: PersistentVolumeClaim (x)\n  ClaimName: data\n  ReadOnly: false",
            {"persistentVolumeClaim": {"claimName": "data"}},
        ),
        ("Type: HostPath (x)\n  Path: /mnt", {"hostPath": {"path": "/mnt"}}),
        ("Type: EmptyDir (x)\n  Medium:\n  SizeLimit: 1Gi", {"emptyDir": {"sizeLimit": "1Gi"}}),
        (
            PROJECTED,
            {
                "projected": {
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607}},
                        {"configMap": {"name": "ca"}},
                        {"secret": {"name": "db"}},
                    ]
                }
            },
        ),
        ("Type: Novel (x)", {}),
        ("", {}),
    ],
)
def test_volume_is_read_by_its_sort(text, volume):
    """A sort that is not known keeps its name."""
    assert read_volume(read_outline(f"v:\n  {text}").children[0]) == {"name": "v", **volume}


@given(st.text(alphabet=st.sampled_from("ab:= (),<>\n'"), max_size=100))
def test_any_text_is_taken(text):
    """Garbled descriptions do not fail."""
    node = read_outline(f"web:\n  Environment:\n    A: {text}\n  Mounts:\n    {text}\n  Ports: {text}")

    read_container(node.children[0])
    read_toleration(text)
