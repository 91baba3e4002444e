from fermata.rules.kubernetes.configured import configured_of
from fermata.rules.kubernetes.objects import KubeObject

CONTAINER = {
    "name": "web",
    "command": ["sh", 1],
    "args": "text",
    "env": [
        {"name": "DB", "value": "db:3306"},
        {"name": "EMPTY", "value": ""},
        {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "mode"}}},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
    ],
    "envFrom": [{"configMapRef": {"name": "two"}}, {"secretRef": {"name": "db"}}],
}


def test_containers_are_told_by_variables_words_and_config_maps():
    """Of all containers together; values of secrets are never known."""
    spec = {
        "containers": [CONTAINER],
        "initContainers": [{"name": "init", "args": ["--to", "db"]}],
        "volumes": [{"name": "cfg", "configMap": {"name": "three"}}, {"name": "other", "emptyDir": {}}],
    }

    told = configured_of(KubeObject("Pod", "shop", name="web-1", body={"spec": spec}))

    assert told.variables == {"DB": "db:3306"}
    assert told.words == ["sh", "--to", "db"]
    assert told.config_maps == ["two", "one", "three"]
