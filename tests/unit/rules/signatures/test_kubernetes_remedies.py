import pytest

from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.kubernetes_remedies import (
    ASPECTS,
    CORDONED,
    MAPPED,
    REFUSED,
    REPLACED,
    VARIABLES,
    describe_action,
    see_all,
    see_image,
    see_probes,
    see_pull,
    see_registry,
    see_resources,
    see_settings,
    see_start,
    see_variables,
)

CONTAINER = {"name": "app", "image": "registry.example/shop/web:1"}
POD = {"containers": [CONTAINER]}


@pytest.mark.parametrize(
    ("aspect", "container", "pod"),
    [
        (see_image, {"image": "registry.example/shop/web:2"}, {}),
        (see_registry, {"image": "registry.exmaple/shop/web:1"}, {}),
        (see_pull, {}, {"imagePullSecrets": [{"name": "other"}]}),
        (see_pull, {}, {"serviceAccountName": "other"}),
        (see_pull, {"image": "registry.example/shop/private:1"}, {}),
        (see_start, {"command": ["run"]}, {}),
        (see_start, {}, {"volumes": [{"name": "data"}]}),
        (see_settings, {"env": [{"name": "MODE", "value": "fast"}]}, {}),
        (see_probes, {"readinessProbe": {"tcpSocket": {"port": 81}}}, {}),
        (see_probes, {"args": ["--port=81"]}, {}),
        (see_variables, {"envFrom": [{"configMapRef": {"name": "web"}}]}, {}),
        (see_resources, {"resources": {"limits": {"memory": "1Gi"}}}, {}),
        (see_all, {}, {"nodeSelector": {"disk": "ssd"}}),
    ],
)
def test_aspect_sees_what_it_is_about(aspect, container, pod):
    """What a cause is about makes two revisions different."""
    assert aspect(CONTAINER | container, POD | pod) != aspect(CONTAINER, POD)


@pytest.mark.parametrize(
    ("aspect", "container"),
    [
        (see_image, {"command": ["run"]}),
        (see_registry, {"image": "registry.example/shop/web:2"}),
        (see_pull, {"image": "registry.example/shop/web:2"}),
        (see_pull, {"image": "registry.example/shop/web:1@sha256:0"}),
        (see_start, {"env": [{"name": "MODE", "value": "fast"}]}),
        (see_settings, {"readinessProbe": {}}),
        (see_resources, {"image": "registry.example/shop/web:2"}),
        (see_variables, {"image": "registry.example/shop/web:2"}),
    ],
)
def test_aspect_is_blind_to_the_rest(aspect, container):
    """What a cause is not about does not: going back would not cure it."""
    assert aspect(CONTAINER | container, POD) == aspect(CONTAINER, POD)


def test_causes_are_those_of_the_catalogue():
    """A cause that no signature names would never be cured."""
    known = {signature.id for signature in CATALOGUE}

    assert {*ASPECTS, *VARIABLES, *MAPPED, *REFUSED, *REPLACED, *CORDONED} <= known


def test_signatures_say_what_they_may_propose():
    """Who reads the catalogue finds the action of each cause that has one, and what a person must do otherwise."""
    actions = {signature.id: signature.action for signature in CATALOGUE}

    for cause in {*ASPECTS, *VARIABLES, *MAPPED, *REFUSED}:
        assert "kubernetes.rollback_to_revision" in actions[cause], cause
    assert all("kubernetes.delete_pod" in actions[cause] for cause in REPLACED)
    assert all("kubernetes.cordon" in actions[cause] for cause in CORDONED)
    assert "kubernetes.set_resources" in actions["oom_killed"]
    assert "kubernetes.scale" in actions["deployment_zero_replicas"]


def test_person_is_named_where_nothing_else_is():
    """With an action the person comes last; without one, alone."""
    assert describe_action("missing_secret_key", "Add the key.") == "none: a person must add the key"
    assert describe_action("init_container_failing", "Look.") == (
        "kubernetes.rollback_to_revision when the revision before ran and differs in what fails; kubernetes.delete_pod "
        "when it is the only pod of its template that does not run; otherwise a person must look"
    )


@pytest.mark.parametrize(
    "cause",
    [
        *("missing_secret_binding", "missing_config_map", "missing_config_map_key", "namespace_pod_quota_exceeded"),
        *("service_selector_mismatch", "network_policy_denies_ingress", "pvc_capacity_mismatch"),
        *("taint_toleration_mismatch", "application_schema_mismatch", "application_data_incompatible"),
    ],
)
def test_what_is_missing_beside_a_workload_stays_a_persons(cause):
    """No action of the catalogue makes it, and going back would hide who removed it, or meet data it cannot read."""
    (signature,) = (item for item in CATALOGUE if item.id == cause)

    assert cause not in {*ASPECTS, *VARIABLES, *MAPPED, *REFUSED, *REPLACED, *CORDONED}
    assert signature.action.startswith("none: a person must") or "kubernetes." not in signature.action
