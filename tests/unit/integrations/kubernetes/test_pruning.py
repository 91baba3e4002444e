"""What of an object becomes evidence, and what must not."""

import pytest

from fermata.integrations.kubernetes.pruning import prune

SECRET = "correct-horse-battery-staple-9"


def prune_one(item, shown=("*",)):
    """Prune one object."""
    (found,) = prune([item], shown).items
    return found


def test_bookkeeping_is_left_out():
    """Nobody reads managed fields, identifiers, or a manifest inside a manifest."""
    found = prune_one(
        {
            "kind": "Pod",
            "metadata": {
                "name": "p1",
                "uid": "70021d9d-6e41-4b1a-be93-0f6ffd080482",
                "resourceVersion": "7",
                "managedFields": [{"manager": "kubectl"}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
            },
            "status": {"containerStatuses": [{"name": "app", "containerID": "containerd://1", "restartCount": 0}]},
        }
    )

    assert found == {
        "kind": "Pod",
        "metadata": {"name": "p1"},
        "status": {"containerStatuses": [{"name": "app", "restartCount": 0}]},
    }


def test_what_the_server_fills_in_is_left_out_and_what_differs_stays():
    """A default says nothing; another value does."""
    kept = {"nodeName": "n1", "dnsPolicy": "None", "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    noise = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}
    spec = kept | {
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "tolerations": [noise, *kept["tolerations"]],
        "volumes": [{"name": "kube-api-access-x2x9p", "projected": {"sources": [{"serviceAccountToken": {}}]}}],
    }
    mount = {"name": "kube-api-access-x2x9p", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}

    assert prune_one({"kind": "Pod", "spec": spec | {"containers": [{"volumeMounts": [mount]}]}})["spec"] == kept | {
        "containers": [{}]
    }


@pytest.mark.parametrize(
    "volume", [{"hostPath": {"path": "/"}}, {"projected": {}}, {"projected": {"sources": [{"secret": {"name": "x"}}]}}]
)
def test_volume_that_is_only_called_like_the_tokens_stays(volume):
    """Its name is anybody's to choose."""
    spec = {
        "volumes": [{"name": "kube-api-access-x", **volume}],
        "containers": [{"volumeMounts": [{"name": "kube-api-access-x", "mountPath": "/host"}]}],
    }

    assert prune_one({"kind": "Pod", "spec": spec})["spec"] == spec


def test_variables_are_hidden_by_name_and_by_look():
    """A value is shown where its name is allowed and neither gives a secret away."""
    env = [
        {"name": "RATE", "value": "20"},
        {"name": "API_TOKEN", "value": "short"},
        {"name": "GREETING", "value": "hello"},
        {"name": "URL", "value": f"postgres://shop:{SECRET}@db/shop"},
        {"name": "SELF", "value": "$(RATE)"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
    ]

    found = prune([{"kind": "Pod", "spec": {"containers": [{"env": env}]}}], shown=("RATE", "URL"))

    values = {item["name"]: item.get("value") for item in found.items[0]["spec"]["containers"][0]["env"]}
    assert (values["RATE"], values["SELF"]) == ("20", "$(RATE)")
    assert all(values[name].startswith("<redacted ") for name in ("API_TOKEN", "GREETING", "URL"))
    assert found.redactions == 3
    # Names of secrets stay: what refers to a Secret that is not there is a cause.
    assert "secretKeyRef" in str(found.items[0])


def test_secret_looking_text_is_hidden_wherever_it_stands():
    """In a message, an argument, an annotation."""
    item = {
        "kind": "Pod",
        "metadata": {"annotations": {"note": f"password={SECRET}"}},
        "spec": {"containers": [{"args": [f"--db-password={SECRET}"]}]},
        "status": {"message": f"login failed: token={SECRET}"},
    }

    found = prune([item])

    assert SECRET not in str(found.items)
    assert found.redactions == 3


def test_secret_is_known_by_the_option_or_the_key_before_it():
    """A short one looks like a word; what stands before it says what it is."""
    args = ["--db-password", "hunter", "--retries", "3", "--token", "--verbose", "-api-key", "$(API_KEY)"]
    item = {
        "kind": "Pod",
        "metadata": {"annotations": {"example.com/api-token": "hunter", "example.com/team": "hunter"}},
        "spec": {"containers": [{"args": args}]},
    }

    found = prune_one(item)

    kept = found["spec"]["containers"][0]["args"]
    assert kept[1].startswith("<redacted ")
    assert [*kept[:1], *kept[2:]] == [*args[:1], *args[2:]]
    assert found["metadata"]["annotations"]["example.com/api-token"].startswith("<redacted ")
    assert found["metadata"]["annotations"]["example.com/team"] == "hunter"


def test_secret_between_references_to_variables_is_hidden():
    """Only what refers to others and holds nothing besides is no value."""
    secret = "Tr0ub4dor-x9"
    values = {"DB_PASSWORD": f"$(A){secret}$(B)", "DATABASE_URL": f"$(SCHEME)://app:{secret}@$(HOST)"}
    env = [{"name": name, "value": value} for name, value in values.items()]
    args = ["--password", f"$(A){secret}$(B)", "--token", "$(A)$(B.c-d)"]
    item = {"kind": "Pod", "metadata": {}, "spec": {"containers": [{"env": env, "args": args}]}}

    found = prune([item])

    assert secret not in str(found.items)
    assert found.redactions == 3
    assert found.items[0]["spec"]["containers"][0]["args"][3] == "$(A)$(B.c-d)"


@pytest.mark.parametrize(
    ("key", "value", "is_shown"),
    [
        ("MODE", "fast", True),
        ("password", "hunter", False),
        ("API_KEY", "abc", False),
        ("app.properties", f"a=1\npassword={SECRET}\nb=2\n", False),
        ("tls.key", "-----BEGIN PRIVATE KEY-----\nabcdefgh\n-----END PRIVATE KEY-----\n", False),
    ],
)
def test_config_map_is_hidden_key_by_key_and_line_by_line(key, value, is_shown):
    """People put secrets into config maps."""
    found = prune_one({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {key: value}})

    assert (found["data"][key] == value) is is_shown
    assert SECRET not in str(found)
    if "a=1" in value:
        assert found["data"][key].startswith("a=1\n")
        assert "b=2" in found["data"][key]


def test_binary_data_and_long_values_are_measured():
    """A certificate bundle is not read by anybody."""
    item = {"kind": "ConfigMap", "binaryData": {"ca": "QUJD"}, "data": {"page": "word and word, " * 500}}

    found = prune_one(item)

    assert found["binaryData"] == {"ca": "3 bytes"}
    assert found["data"]["page"].endswith("3500 more characters")


def test_data_of_anything_else_never_passes():
    """A Secret is never asked for; if one came all the same, its content would stay behind."""
    found = prune_one(
        {"kind": "Secret", "metadata": {"name": "db"}, "data": {"p": "c2VjcmV0"}, "stringData": {"q": "x"}}
    )

    assert found == {"kind": "Secret", "metadata": {"name": "db"}}


def test_controller_revision_keeps_its_template_and_nothing_else():
    """Its variables are hidden as a workload's are; whatever else somebody keeps so never passes."""
    variables = [{"name": "DB_PASSWORD", "value": "Tr0ub4dor-x9"}, {"name": "MODE", "value": "fast"}]
    template = {"$patch": "replace", "spec": {"containers": [{"name": "db", "env": variables}]}}
    item = {"kind": "ControllerRevision", "data": {"spec": {"template": template, "token": "abc"}, "more": 1}}

    found = prune([item])

    (container,) = found.items[0]["data"]["spec"]["template"]["spec"]["containers"]
    assert container["env"][1] == variables[1]
    assert "Tr0ub4dor" not in str(found.items)
    assert "abc" not in str(found.items)
    assert "more" not in found.items[0]["data"]


def test_node_is_kept_without_its_images():
    """A node lists a hundred of them."""
    found = prune_one({"kind": "Node", "status": {"images": [{"names": ["a"]}], "capacity": {"cpu": "2"}}})

    assert found == {"kind": "Node", "status": {"capacity": {"cpu": "2"}}}


def test_secret_across_the_cut_of_a_long_value_is_hidden_whole():
    """Half of an address holds all of its password."""
    secret = "postgres://shop:correct-horse-battery@db/x"
    value = ("word\n" * 900)[: 4000 - 37] + f" {secret} and more\n" + "word\n" * 400
    item = {"kind": "ConfigMap", "metadata": {"name": "app"}, "data": {"app.conf": value}}

    (pruned,) = prune([item]).items

    assert "correct" not in pruned["data"]["app.conf"]
    assert f"{len(value) - 4000} more characters" in pruned["data"]["app.conf"]
