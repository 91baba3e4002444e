from fermata.rules.kubernetes.kubectl.describe import describe_body


def test_description_of_a_quota_is_read():
    """Its table stands without a key."""
    text = """\
Name:         compute
Namespace:    shop
Scopes:       NotTerminating
Resource      Used  Hard
--------      ----  ----
requests.cpu  10    10
pods          3     50
cut
"""

    assert describe_body("ResourceQuota", text) == {
        "metadata": {"name": "compute", "namespace": "shop"},
        "status": {"used": {"requests.cpu": "10", "pods": "3"}, "hard": {"requests.cpu": "10", "pods": "50"}},
        "spec": {"hard": {"requests.cpu": "10", "pods": "50"}},
    }


def test_description_of_a_limit_range_is_read():
    """One item a type; a dash is not set."""
    text = """\
Name:       limits
Type        Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
----        --------  ---  ---  ---------------  -------------  -----------------------
Container   cpu       10m  2    100m             500m           -
Container   memory    -    1Gi  -                -              4
Pod         cpu       -    4    -                -              -
"""

    assert describe_body("LimitRange", text)["spec"]["limits"] == [
        {
            "type": "Container",
            "min": {"cpu": "10m"},
            "max": {"cpu": "2", "memory": "1Gi"},
            "defaultRequest": {"cpu": "100m"},
            "default": {"cpu": "500m"},
            "maxLimitRequestRatio": {"memory": "4"},
        },
        {"type": "Pod", "max": {"cpu": "4"}},
    ]


def test_description_of_a_namespace_is_read():
    """Its phase is its status."""
    assert describe_body("Namespace", "Name: shop\nStatus: Active\n")["status"] == {"phase": "Active"}


AUTOSCALER = """\
Name:                                                  web
Reference:                                             Deployment/web
Metrics:                                               ( current / target )
  resource cpu on pods  (as a percentage of request):  <unknown> / 80%
Min replicas:                                          1
Max replicas:                                          5
Deployment pods:                                       2 current / 3 desired
Conditions:
  Type           Status  Reason                   Message
  ----           ------  ------                   -------
  AbleToScale    True    SucceededGetScale
  ScalingActive  False   FailedGetResourceMetric  unable to get metrics
"""


def test_description_of_an_autoscaler_is_read():
    """Why it does not scale is a condition with its message."""
    body = describe_body("HorizontalPodAutoscaler", AUTOSCALER)

    assert body["spec"] == {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 5,
    }
    assert body["status"] == {
        "currentReplicas": 2,
        "desiredReplicas": 3,
        "conditions": [
            {"type": "AbleToScale", "status": "True", "reason": "SucceededGetScale"},
            {
                "type": "ScalingActive",
                "status": "False",
                "reason": "FailedGetResourceMetric",
                "message": "unable to get metrics",
            },
        ],
    }
    assert "<unknown> / 80%" in body["printed"]["Metrics"]
    assert describe_body("HorizontalPodAutoscaler", "Name: web") == {"metadata": {"name": "web"}}


def test_description_of_a_disruption_budget_is_read():
    """A bound is a count or a share."""
    text = """\
Name:           web
Min available:  1
Max unavailable: 25%
Selector:       app=web
Status:
    Allowed disruptions:  0
    Current:              1
    Desired:              1
    Total:                1
"""

    assert describe_body("PodDisruptionBudget", text) == {
        "metadata": {"name": "web"},
        "spec": {
            "minAvailable": 1,
            "maxUnavailable": "25%",
            "selector": {"matchLabels": {"app": "web"}},
        },
        "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1},
    }
    assert describe_body("PodDisruptionBudget", "Name: web") == {"metadata": {"name": "web"}}
