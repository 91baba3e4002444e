import pytest

from fermata.rules.kubernetes.kubectl.rows import row_body


def _body(kind, **cells):
    body = row_body(kind, {key.replace("_", " "): value for key, value in cells.items()})
    del body["printed"]
    return body


def test_row_keeps_its_columns():
    """What the API has no field for is found under its header."""
    body = row_body("Widget", {"NAME": "w", "AGE": "5m", "LABELS": "app=web"})

    assert body == {
        "metadata": {"labels": {"app": "web"}},
        "printed": {"NAME": "w", "AGE": "5m", "LABELS": "app=web"},
    }


def test_service_row_tells_its_ports_and_selector():
    """Node ports stand behind a colon."""
    cells = {
        "TYPE": "NodePort",
        "CLUSTER-IP": "10.0.0.1",
        "EXTERNAL-IP": "<none>",
        "PORT(S)": "80:30080/TCP,53/UDP",
        "SELECTOR": "app=web",
    }

    assert row_body("Service", cells)["spec"] == {
        "type": "NodePort",
        "clusterIP": "10.0.0.1",
        "selector": {"app": "web"},
        "ports": [{"protocol": "TCP", "port": 80, "nodePort": 30080}, {"protocol": "UDP", "port": 53}],
    }
    assert row_body("Service", {"TYPE": "ExternalName", "EXTERNAL-IP": "db.example.com"})["spec"] == {
        "type": "ExternalName",
        "externalName": "db.example.com",
    }


@pytest.mark.parametrize(
    ("text", "subsets"),
    [
        (
            "172.20.2.7:7070,172.20.2.7:8080,172.20.2.8:7070",
            [
                {"addresses": [{"ip": "172.20.2.7"}], "ports": [{"port": 7070}, {"port": 8080}]},
                {"addresses": [{"ip": "172.20.2.8"}], "ports": [{"port": 7070}]},
            ],
        ),
        ("172.20.2.7", [{"addresses": [{"ip": "172.20.2.7"}], "ports": []}]),
        ("[fd00::1]:80", [{"addresses": [{"ip": "fd00::1"}], "ports": [{"port": 80}]}]),
        ("<none>", []),
    ],
)
def test_endpoints_row_tells_ready_addresses(text, subsets):
    """A table holds ready addresses only."""
    assert _body("Endpoints", ENDPOINTS=text) == {"subsets": subsets}


def test_endpoints_row_that_leaves_some_out_is_no_list():
    """`+ 3 more...` means that the others are not known."""
    assert _body("Endpoints", ENDPOINTS="172.20.2.7:7070 + 3 more...") == {}
    assert _body("Endpoints") == {}


def test_quota_row_tells_used_and_hard():
    """Both columns hold amounts; what holds none is left out."""
    assert _body("ResourceQuota", REQUEST="pods: 3/10, requests.cpu: 10/10, odd", LIMIT="limits.cpu: 1/2") == {
        "status": {
            "used": {"pods": "3", "requests.cpu": "10", "limits.cpu": "1"},
            "hard": {"pods": "10", "requests.cpu": "10", "limits.cpu": "2"},
        },
        "spec": {"hard": {"pods": "10", "requests.cpu": "10", "limits.cpu": "2"}},
    }


@pytest.mark.parametrize(
    ("status", "ready", "cordoned"),
    [
        ("Ready", "True", None),
        ("NotReady", "False", None),
        ("Ready,SchedulingDisabled", "True", True),
        ("Unknown", "Unknown", None),
    ],
)
def test_node_row_tells_readiness_and_cordon(status, ready, cordoned):
    """One column holds both."""
    body = _body("Node", STATUS=status, VERSION="v1.31.2")

    assert body["status"]["conditions"] == [{"type": "Ready", "status": ready}]
    assert body.get("spec", {}).get("unschedulable") is cordoned
    assert body["status"]["nodeInfo"] == {"kubeletVersion": "v1.31.2"}


def test_wide_node_row_tells_its_address():
    """Wide columns name the machine."""
    cells = {"INTERNAL-IP": "192.168.0.5", "OS-IMAGE": "Ubuntu", "CONTAINER-RUNTIME": "containerd://1.7"}
    status = row_body("Node", cells)["status"]

    assert status["addresses"] == [{"type": "InternalIP", "address": "192.168.0.5"}]
    assert status["nodeInfo"] == {"containerRuntimeVersion": "containerd://1.7", "osImage": "Ubuntu"}
    assert _body("Node", STATUS="") == {}


def test_other_rows_tell_what_their_columns_say():
    """Each column has its field."""
    assert _body("Secret", TYPE="Opaque") == {"type": "Opaque"}
    assert _body("Namespace", STATUS="Terminating") == {"status": {"phase": "Terminating"}}
    assert row_body("NetworkPolicy", {"POD-SELECTOR": "<none>"})["spec"] == {"podSelector": {"matchLabels": {}}}
    assert _body("NetworkPolicy") == {}
    assert _body("Ingress", CLASS="nginx", HOSTS="*,shop.example.com") == {
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com"}]}
    }
    assert _body("Ingress", HOSTS="*") == {}


def test_autoscaler_row_tells_its_bounds():
    """A reference names what is scaled."""
    assert _body("HorizontalPodAutoscaler", REFERENCE="Deployment/web", MINPODS="1", MAXPODS="5", REPLICAS="2") == {
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 5},
        "status": {"currentReplicas": 2},
    }
    assert _body("HorizontalPodAutoscaler", REFERENCE="") == {}


def test_disruption_budget_row_tells_its_bound():
    """A bound is a count or a share; the other is not applicable."""
    assert _body("PodDisruptionBudget", MIN_AVAILABLE="1", MAX_UNAVAILABLE="N/A", ALLOWED_DISRUPTIONS="0") == {
        "spec": {"minAvailable": 1},
        "status": {"disruptionsAllowed": 0},
    }
    assert _body("PodDisruptionBudget", MAX_UNAVAILABLE="50%") == {"spec": {"maxUnavailable": "50%"}}


def test_binding_row_tells_role_and_subjects():
    """Wide columns name the subjects."""
    assert _body("RoleBinding", ROLE="Role/reader", USERS="ann", GROUPS="dev", SERVICEACCOUNTS="shop/web") == {
        "roleRef": {"kind": "Role", "name": "reader"},
        "subjects": [
            {"kind": "User", "name": "ann"},
            {"kind": "Group", "name": "dev"},
            {"kind": "ServiceAccount", "namespace": "shop", "name": "web"},
        ],
    }
    assert _body("RoleBinding", ROLE="") == {}
