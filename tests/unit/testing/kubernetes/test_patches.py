import pytest

from fermata.testing.kubernetes.answers import Refusal
from fermata.testing.kubernetes.patches import apply_json_patch, merge, merge_strategic

POD = {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}], "args": ["--a"]}]}


def test_merge_patch_replaces_lists_and_removes_by_null():
    """RFC 7386: maps merge, everything else is replaced."""
    assert merge({"a": {"b": 1, "c": [1, 2]}}, {"a": {"b": None, "c": [3]}}) == {"a": {"c": [3]}}
    assert merge(1, {"a": None, "b": 2}) == {"b": 2}


def test_strategic_patch_merges_named_things():
    """The other fields of a container stay, and its variables merge too."""
    patch = {"containers": [{"name": "web", "env": [{"name": "B", "value": "2"}]}]}

    [container] = merge_strategic(POD, patch)["containers"]

    assert container["image"] == "web:1"
    assert [one["name"] for one in container["env"]] == ["A", "B"]


def test_strategic_patch_replaces_what_has_no_names():
    """Arguments are one value; so is what says `$patch: replace`."""
    args = merge_strategic(POD, {"containers": [{"name": "web", "args": ["--b"]}]})
    inner = merge_strategic({"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}})
    whole = merge_strategic(POD, {"containers": [{"$patch": "replace"}, {"name": "other"}]})

    assert args["containers"][0]["args"] == ["--b"]
    assert whole["containers"] == [{"name": "other"}]
    assert inner == {"a": {"c": 2}}


def test_strategic_patch_removes_what_it_says():
    """By directive, by null; and keeps only what `$retainKeys` names."""
    patch = {"containers": [{"name": "web", "image": None, "env": [{"name": "A", "$patch": "delete"}]}]}
    strategy = merge_strategic({"s": {"type": "a", "rolling": 1}}, {"s": {"$retainKeys": ["type"], "type": "b"}})

    [container] = merge_strategic(POD, patch)["containers"]

    assert container == {"name": "web", "env": [], "args": ["--a"]}
    assert strategy == {"s": {"type": "b"}}


def test_strategic_patch_refuses_what_it_does_not_model():
    """And an item without its name, as a server does."""
    for patch, code in (
        ({"$deleteFromPrimitiveList/finalizers": ["a"]}, 501),
        ({"metadata": {"$patch": "delete"}}, 501),
        ({"containers": [{"image": "x"}]}, 400),
    ):
        with pytest.raises(Refusal) as found:
            merge_strategic(POD, patch)

        assert found.value.code == code


def test_order_of_lists_is_not_modelled():
    """Kubectl says it with every patch; it changes nothing here."""
    assert merge_strategic(POD, {"$setElementOrder/containers": [{"name": "web"}]}) == POD


def test_json_patch_tests_and_changes():
    """RFC 6902, as far as kubectl uses it; the original stays."""
    value = {"a": [1, 2], "b": {"c/d": 1}}
    operations = [
        {"op": "test", "path": "/b/c~1d", "value": 1},
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "add", "path": "/a/0", "value": 0},
        {"op": "replace", "path": "/b/c~1d", "value": 2},
        {"op": "add", "path": "/e", "value": {}},
        {"op": "remove", "path": "/a/1"},
    ]

    assert apply_json_patch(value, operations) == {"a": [0, 2, 3], "b": {"c/d": 2}, "e": {}}
    assert value == {"a": [1, 2], "b": {"c/d": 1}}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"op": "test", "path": "/a", "value": 2}, 422),
        ({"op": "remove", "path": "/b"}, 422),
        ({"op": "replace", "path": "/b", "value": 1}, 422),
        ({"op": "move", "path": "/b", "from": "/a"}, 501),
    ],
)
def test_json_patch_that_does_not_fit_is_refused(operation, code):
    """Nothing of it is applied."""
    with pytest.raises(Refusal) as found:
        apply_json_patch({"a": 1}, [operation])

    assert found.value.code == code
