"""The permissions a cluster has to grant, and the objects that grant them."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fermata.integrations.kubernetes.rbac import (
    Permission,
    Subject,
    list_acting,
    list_reading,
    list_unknown_actions,
    write_rbac,
)
from fermata.integrations.kubernetes.settings import KubernetesSettings

PAGE = Path(__file__).parents[4] / "docs" / "systems" / "kubernetes.md"


def read(text):
    """Return the printed objects."""
    return list(YAML(typ="safe", pure=True).load_all(text))


def test_page_shows_the_grant_that_reading_needs():
    """What a person copies from the page is what `check` would print."""
    own = KubernetesSettings(in_cluster=True)

    shown = re.findall(r"```yaml\n(apiVersion.*?)```", PAGE.read_text(), re.DOTALL)

    assert shown == [write_rbac(list_reading(own), (), Subject())]


def test_reading_never_needs_more_than_get_and_list():
    """Evidence is read-only, and Secrets are no part of it."""
    found = list_reading(KubernetesSettings(in_cluster=True))

    assert {each.verb for each in found} == {"get", "list"}
    assert [each for each in found if each.resource == "secrets"] == []
    assert list_acting(KubernetesSettings(in_cluster=True)) == ()


def test_names_of_secrets_need_a_setting():
    """Who may list Secrets may read them: it is asked for only by name."""
    found = list_reading(KubernetesSettings(in_cluster=True, secret_names=True))

    assert [each.verb for each in found if each.resource == "secrets"] == ["list"]


def test_named_namespaces_get_a_role_each_and_the_cluster_the_rest():
    """Nothing of a namespace is granted across the cluster when namespaces are named."""
    inside, outside = Permission("", "pods", "list"), Permission("", "nodes", "list", is_namespaced=False)

    kinds = [
        (each["kind"], each["metadata"].get("namespace"), [rule["resources"] for rule in each.get("rules", [])])
        for each in read(write_rbac((inside, outside), ("shop", "payments"), Subject("User", "dana", "")))
    ]

    assert kinds == [
        ("Role", "shop", [["pods"]]),
        ("RoleBinding", "shop", []),
        ("Role", "payments", [["pods"]]),
        ("RoleBinding", "payments", []),
        ("ClusterRole", None, [["nodes"]]),
        ("ClusterRoleBinding", None, []),
    ]


def test_subject_is_who_the_server_says_we_are():
    """A service account is bound as one, anybody else as a user; nobody as the placeholder."""
    assert Subject.read("system:serviceaccount:ops:fermata") == Subject("ServiceAccount", "fermata", "ops")
    assert Subject.read("dana@example.com") == Subject("User", "dana@example.com", "")
    assert Subject.read("") == Subject("ServiceAccount", "fermata", "fermata")


@pytest.mark.parametrize(
    ("globs", "told"),
    [
        ((), ()),
        (("kubernetes.*", "kubernetes.rollout_*", "kubernetes.scale"), ()),
        (("kubernetes.rollout_restrat",), ("is kubernetes.rollout_restart meant?",)),
        (("docker.*",), ("there are kubernetes.rollout_restart, ",)),
    ],
)
def test_action_that_nobody_offers_is_told(globs, told):
    """A slip leaves the cluster read-only, which nobody notices before an incident."""
    found = list_unknown_actions(KubernetesSettings(in_cluster=True, actions=globs))

    assert len(found) == len(told)
    for words, text in zip(told, found, strict=True):
        assert words in text
