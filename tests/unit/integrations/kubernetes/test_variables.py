"""Variables as a container has them."""

import pytest

from fermata.integrations.kubernetes.variables import resolve

POD = {
    "metadata": {"name": "p1", "namespace": "shop", "labels": {"app": "web"}, "annotations": {"team": "a"}},
    "spec": {"nodeName": "n1"},
    "status": {"podIP": "10.1.1.1"},
}


def give(*env, sources=(), config_maps=None, shown=("*",)):
    """Resolve a container's variables."""
    return resolve({"env": list(env), "envFrom": list(sources)}, POD, config_maps or {}, shown)


def refer(name, **source):
    """Give a variable that comes from somewhere."""
    return {"name": name, "valueFrom": source}


def test_config_maps_come_first_and_the_spec_wins():
    """As Kubernetes merges them: prefixes, later sources, then single variables."""
    sources = [{"configMapRef": {"name": "base"}}, {"configMapRef": {"name": "more"}, "prefix": "APP_"}]
    maps = {"base": {"data": {"MODE": "slow", "RATE": "1", "9bad": "x"}}, "more": {"data": {"MODE": "fast"}}}

    found = give({"name": "RATE", "value": "2"}, sources=sources, config_maps=maps)

    assert found.values == {"MODE": "slow", "APP_MODE": "fast", "RATE": "2"}
    assert found.origins["RATE"] == "spec"
    assert found.origins["APP_MODE"] == "configmap more"


def test_references_to_other_variables_are_expanded():
    """Of what was set before; an unknown one stays, and two signs are one."""
    found = give(
        {"name": "HOST", "value": "db"}, {"name": "URL", "value": "http://$(HOST):80/$(PORT)/$$x"}, {"name": "EMPTY"}
    )

    assert found.values == {"HOST": "db", "URL": "http://db:80/$(PORT)/$x", "EMPTY": ""}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "p1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['team']", "a"),
        ("spec.nodeName", "n1"),
        ("status.podIP", "10.1.1.1"),
        ("status.hostIP", "field:status.hostIP"),
        ("metadata.labels['none']", "field:metadata.labels['none']"),
    ],
)
def test_field_of_the_pod_is_looked_up(path, value):
    """What is not known stands as its path."""
    assert give(refer("X", fieldRef={"fieldPath": path})).values == {"X": value}


def test_secret_is_named_and_never_looked_up():
    """Where it comes from is all that is said."""
    found = give(
        refer("DB_PASSWORD", secretKeyRef={"name": "db", "key": "password"}),
        sources=[{"secretRef": {"name": "all"}, "prefix": "X_"}],
    )

    assert found.values == {"DB_PASSWORD": "secret:db/password"}
    assert found.unknown == ["secret:all (each with the prefix X_)"]


def test_what_is_referred_to_and_missing_is_said():
    """A pod would not start with it, unless the reference is optional."""
    key = {"name": "conf", "key": "NONE"}
    gone = {"name": "gone", "key": "A"}

    found = give(
        refer("A", configMapKeyRef=key),
        refer("B", configMapKeyRef=gone),
        refer("C", configMapKeyRef=gone | {"optional": True}),
        refer("D", configMapKeyRef={"name": "unread", "key": "A"}),
        sources=[{"configMapRef": {"name": "gone", "optional": True}}],
        config_maps={"conf": {"data": {}}, "gone": None},
    )

    assert found.missing == ["key NONE of configmap conf, for A", "configmap gone"]
    assert found.values == {"D": "configmap:unread/A"}


def test_values_are_hidden_by_name_and_by_look():
    """Equal values stay comparable."""
    found = give(
        {"name": "API_TOKEN", "value": "abc"},
        {"name": "OTHER_TOKEN", "value": "abc"},
        {"name": "RATE", "value": "2"},
        {"name": "WORDS", "value": "hello"},
        shown=("RATE",),
    )

    assert found.values["API_TOKEN"] == found.values["OTHER_TOKEN"]
    assert found.values["RATE"] == "2"
    assert found.values["WORDS"].startswith("<redacted ")
    assert found.redactions == 3


def test_amounts_of_a_container_are_named():
    """They are computed by the kubelet."""
    assert give(refer("MEM", resourceFieldRef={"resource": "limits.memory"})).values == {
        "MEM": "resource:limits.memory"
    }
