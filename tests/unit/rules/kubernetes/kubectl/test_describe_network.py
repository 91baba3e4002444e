import pytest

from fermata.rules.kubernetes.kubectl.describe import describe_body

SERVICE = """\
Name:                     web
Selector:                 app=web
Type:                     NodePort
IP:                       10.68.76.205
Port:                     http  80/TCP
TargetPort:               8080/TCP
NodePort:                 http  30080/TCP
Endpoints:                172.20.1.1:8080,172.20.1.2:8080
Port:                     <unset>  9000/UDP
TargetPort:               metrics/UDP
Endpoints:                172.20.1.1:9000
Session Affinity:         None
External Traffic Policy:  Cluster
Internal Traffic Policy:  Cluster
"""


def test_description_of_a_service_is_read():
    """Each port has its own lines; the addresses stand apart, since the API has no such field."""
    body = describe_body("Service", SERVICE)

    assert body["spec"] == {
        "type": "NodePort",
        "clusterIP": "10.68.76.205",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "externalTrafficPolicy": "Cluster",
        "selector": {"app": "web"},
        "ports": [
            {"protocol": "TCP", "name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080},
            {"protocol": "UDP", "port": 9000, "targetPort": "metrics"},
        ],
    }
    assert body["printed"] == {"Endpoints": "172.20.1.1:8080,172.20.1.2:8080,172.20.1.1:9000"}


def test_service_without_endpoints_says_so():
    """An empty line means none; no line means unknown."""
    assert describe_body("Service", "Name: web\nEndpoints:\n")["printed"] == {"Endpoints": ""}
    assert "printed" not in describe_body("Service", "Name: web\nTargetPort: 80/TCP\nNodePort: 1\n")


ENDPOINTS = """\
Name:         web
Subsets:
  Addresses:          172.20.1.1,172.20.1.2
  NotReadyAddresses:  172.20.1.3
  Ports:
    Name     Port  Protocol
    ----     ----  --------
    <unset>  9555  TCP
    http
  Addresses:          <none>
  NotReadyAddresses:  172.20.1.4
"""


def test_description_of_endpoints_is_read():
    """Addresses that are not ready are kept apart."""
    assert describe_body("Endpoints", ENDPOINTS)["subsets"] == [
        {
            "addresses": [{"ip": "172.20.1.1"}, {"ip": "172.20.1.2"}],
            "notReadyAddresses": [{"ip": "172.20.1.3"}],
            "ports": [{"port": 9555, "protocol": "TCP"}, {"name": "http"}],
        },
        {"notReadyAddresses": [{"ip": "172.20.1.4"}]},
    ]


def test_endpoints_without_subsets_are_empty_and_without_the_line_unknown():
    """An empty section is an answer."""
    assert describe_body("Endpoints", "Name: web\nSubsets:\n  NotReadyAddresses: x\n")["subsets"] == []
    assert "subsets" not in describe_body("Endpoints", "Name: web\n")


POLICY = """\
Name:         isolate
Spec:
  PodSelector:     app=web
  Allowing ingress traffic:
    To Port: 80/TCP
    To Port: odd
    From:
      PodSelector: app=front
      NamespaceSelector: team=a
      Odd: x
    ----------
    From:
      IPBlock:
        CIDR: 10.0.0.0/8
    Odd: x
  Allowing egress traffic:
    To Port: dns/UDP
    To: <any> (traffic not restricted by destination)
  Policy Types: Ingress, Egress
"""


def test_description_of_a_network_policy_is_read():
    """Rules are parted by lines, each with its ports and peers."""
    assert describe_body("NetworkPolicy", POLICY)["spec"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "ports": [{"port": 80, "protocol": "TCP"}],
                "from": [
                    {"podSelector": {"matchLabels": {"app": "front"}}},
                    {"namespaceSelector": {"matchLabels": {"team": "a"}}},
                ],
            },
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        ],
        "egress": [{"ports": [{"port": "dns", "protocol": "UDP"}]}],
    }


def test_isolating_policy_admits_nothing():
    """No rules is the answer, as in the API."""
    text = """\
Spec:
  PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)
  Allowing ingress traffic:
    <none> (Selected pods are isolated for ingress connectivity)
  Not affecting egress traffic
  Policy Types: Ingress
"""

    assert describe_body("NetworkPolicy", text)["spec"] == {
        "podSelector": {"matchLabels": {}},
        "policyTypes": ["Ingress"],
        "ingress": [],
    }


INGRESS = """\
Name:             shop
Ingress Class:    nginx
Rules:
  Host              Path  Backends
  ----              ----  --------
  shop.example.com
                    /     web:80 (10.0.0.1:8080)
                    /api  api:http (<error: endpoints "api" not found>)
  *
                    /x    odd
"""


def test_description_of_an_ingress_is_read():
    """Backends keep what is printed of their addresses."""
    assert describe_body("Ingress", INGRESS)["spec"] == {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "shop.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "backend": {
                                "service": {"name": "web", "port": {"number": 80}},
                                "printed": "10.0.0.1:8080",
                            },
                        },
                        {
                            "path": "/api",
                            "backend": {
                                "service": {"name": "api", "port": {"name": "http"}},
                                "printed": '<error: endpoints "api" not found>',
                            },
                        },
                    ]
                },
            },
            {"http": {"paths": [{"path": "/x"}]}},
        ],
    }


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ("  a.com  /  web:80 (x)\n", [("a.com", ["/"])]),
        ("  /  web:80 (x)\n", []),
        ("", []),
    ],
)
def test_rules_in_one_line_or_without_host(rows, rules):
    """A path without any host before it is left out."""
    body = describe_body("Ingress", f"Rules:\n  Host  Path  Backends\n{rows}")

    found = body["spec"].get("rules", [])
    assert [(rule["host"], [path["path"] for path in rule["http"]["paths"]]) for rule in found] == rules
