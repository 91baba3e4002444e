"""Which config maps a workload refers to."""

from fermata.integrations.kubernetes.collect import list_config_maps
from fermata.integrations.kubernetes.scope import Target


def make_targets(spec, *, is_pod=False):
    """Give one workload."""
    pod = {"kind": "Pod", "spec": spec}
    item = None if is_pod else {"kind": "Deployment", "spec": {"template": {"spec": spec}}}
    return (Target("Deployment", "shop", "checkout", item, (pod,)),)


def test_config_maps_are_found_wherever_they_are_referred_to():
    """Variables, whole sets of them, init containers, volumes; what Kubernetes adds itself is left out."""
    spec = {
        "containers": [
            {
                "envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "secret"}}],
                "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "a"}}}, {"name": "B"}],
            }
        ],
        "initContainers": [{"envFrom": [{"configMapRef": {"name": "init"}}]}],
        "volumes": [
            {"configMap": {"name": "files"}},
            {"projected": {"sources": [{"configMap": {"name": "parts"}}, {"configMap": {"name": "kube-root-ca.crt"}}]}},
            {"emptyDir": {}},
        ],
    }

    assert set(list_config_maps(make_targets(spec))) == {"all", "one", "init", "files", "parts"}
    assert set(list_config_maps(make_targets(spec, is_pod=True))) == {"all", "one", "init", "files", "parts"}


def test_workload_without_any_refers_to_none():
    """The usual case."""
    assert list_config_maps(make_targets({"containers": [{"name": "app"}]})) == ()
