"""Contexts of a kubeconfig, without their credentials."""

import pytest

from fermata.flows.setup.clusters import find_clusters

CONFIG = """\
apiVersion: v1
kind: Config
current-context: dev
clusters:
- {name: kind-dev, cluster: {server: "https://127.0.0.1:6443"}}
- {name: eu, cluster: {server: "https://api.prod.acme.io"}}
contexts:
- {name: shop, context: {cluster: eu, user: u, namespace: shop}}
- {name: dev, context: {cluster: kind-dev, user: u}}
- {name: other, context: {cluster: gone, user: u}}
users:
- {name: u, user: {token: hunter2, client-key-data: hunter2}}
"""


@pytest.fixture
def write(tmp_path, around):
    """Give a function that writes a kubeconfig and gives what is found in it."""

    def find(text):
        path = tmp_path / "config"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return find_clusters(around(kubeconfigs=(tmp_path / "absent", path)))

    return find


def test_proposed_context_comes_first_and_production_needs_a_word(write, tmp_path):
    """The current one may be taken; the others say why not, and no credential is kept of any."""
    dev, shop, other = write(CONFIG)

    assert dev.section == {"kubeconfig": str(tmp_path / "config"), "context": "dev"}
    assert dev.is_default
    assert "https://127.0.0.1:6443" in dev.title
    assert shop.section["namespaces"] == ["shop"]
    assert "looks like production" in shop.caution
    assert other.caution == "it is not the current context"
    assert "hunter2" not in repr((dev, shop, other))


def test_nothing_is_found_where_there_is_no_file(around, tmp_path):
    """No kubeconfig, no cluster, no word about it."""
    assert find_clusters(around(kubeconfigs=(tmp_path / "absent",))) == []


def test_pod_looks_at_the_cluster_around_it(around, tmp_path):
    """Its service account is its own credential; outside of a pod the variable alone means nothing."""
    (tmp_path / "token").write_text("hunter2")

    (found,) = find_clusters(around(service_account=tmp_path / "token"))

    assert found.section == {"in_cluster": True}
    assert "hunter2" not in repr(found)
    assert find_clusters(around(service_account=tmp_path / "absent")) == []


@pytest.mark.parametrize(
    "text", ["{", "- a", b"\xff\xfe\x00", "contexts: [a, {name: b}, {name: c, context: 1}]\nx: [:"]
)
def test_file_that_is_none_is_a_problem(write, text):
    """It is told as what keeps the cluster from being used, and nothing of it is quoted."""
    (found,) = write(text)

    assert not found.is_default
    assert found.problem.endswith("it is not YAML as kubectl writes it")


def test_entries_that_are_none_are_passed_over(write):
    """A hand-written file may be half done."""
    assert write("contexts: [a, {name: b}, {name: c, context: 1}]\nclusters: null\n") == []
