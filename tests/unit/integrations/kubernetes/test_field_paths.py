import copy

from fermata.integrations.kubernetes.field_paths import (
    Changes,
    build_config,
    compare,
    find_value,
    make_merge_patch,
    name_parts,
    put_value,
    show_path,
)
from fermata.testing.kubernetes.patches import merge

CONTAINERS = ("f:spec", "f:template", "f:spec", "f:containers")
WEB = (*CONTAINERS, 'k:{"name":"web"}')
LIMIT = (*WEB, "f:resources", "f:limits", "f:memory")


def _make_live():
    container = {
        "name": "web",
        "image": "web:1",
        "args": ["--a", "--b"],
        "env": [{"name": "LEVEL", "value": "info"}, {"name": "MODE", "value": "x"}],
        "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}],
        "resources": {"limits": {"memory": "128Mi"}},
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], "nodeSelector": {"a": "b"}}}
    return {"metadata": {"name": "web"}, "spec": {"replicas": 1, "template": template}}


def _get_container(item):
    return item["spec"]["template"]["spec"]["containers"][0]


def test_equal_objects_differ_in_nothing():
    """No path, no removal."""
    assert compare(_make_live(), _make_live()) == Changes()


def test_change_in_a_named_thing_is_found_by_its_name():
    """The order of a list of named things says nothing."""
    after = _make_live()
    _get_container(after)["resources"]["limits"]["memory"] = "256Mi"
    _get_container(after)["env"].reverse()

    assert dict(compare(_make_live(), after).written) == {LIMIT: "256Mi"}


def test_new_named_thing_is_written_leaf_by_leaf():
    """Its key is a leaf like any other."""
    after = _make_live()
    _get_container(after)["env"].append({"name": "EXTRA", "value": "1"})

    place = (*WEB, "f:env", 'k:{"name":"EXTRA"}')
    assert dict(compare(_make_live(), after).written) == {(*place, "f:name"): "EXTRA", (*place, "f:value"): "1"}


def test_list_without_names_is_one_value():
    """Arguments are replaced as a whole; so are maps that the API calls atomic."""
    after = _make_live()
    _get_container(after)["args"].append("--c")
    after["spec"]["template"]["spec"]["nodeSelector"] = {"a": "c"}

    changes = compare(_make_live(), after)

    assert changes.written[(*WEB, "f:args")] == ["--a", "--b", "--c"]
    assert changes.written[("f:spec", "f:template", "f:spec", "f:nodeSelector")] == {"a": "c"}


def test_removed_thing_is_one_path():
    """What goes, goes with all that is in it."""
    after = _make_live()
    del _get_container(after)["resources"]["limits"]
    _get_container(after)["env"] = _get_container(after)["env"][1:]

    assert compare(_make_live(), after).removed == {
        (*WEB, "f:resources", "f:limits"),
        (*WEB, "f:env", 'k:{"name":"LEVEL"}'),
    }


def test_empty_map_is_written_as_such():
    """It is a value where nothing was."""
    after = _make_live()
    after["spec"]["strategy"] = {}

    assert dict(compare(_make_live(), after).written) == {("f:spec", "f:strategy"): {}}


def test_port_without_protocol_is_a_tcp_port():
    """Two ports of one number differ by protocol, and TCP is what is meant without one."""
    udp = (*WEB, "f:ports", 'k:{"containerPort":80,"protocol":"UDP"}')
    tcp = (*WEB, "f:ports", 'k:{"containerPort":80,"protocol":"TCP"}')

    assert find_value(_make_live(), udp) == {"containerPort": 80, "protocol": "UDP"}
    assert find_value(_make_live(), tcp) == {"containerPort": 80}


def test_value_that_is_not_there_is_none():
    """Whatever the path stumbles over."""
    for path in ((*WEB, "f:nothing"), (*CONTAINERS, 'k:{"name":"other"}'), ("f:spec", "v:1"), ("i:0",)):
        assert find_value(_make_live(), path) is None


def test_member_of_a_set_is_found_and_put():
    """Finalizers are a set of plain values."""
    item = {"metadata": {"finalizers": ["a"]}}
    path = ("f:metadata", "f:finalizers", 'v:"b"')

    before = find_value(item, path)
    put_value(item, path, "b")
    put_value(item, path, "b")

    assert before is None
    assert find_value(item, path) == "b"
    assert item["metadata"]["finalizers"] == ["a", "b"]


def test_configuration_holds_the_change_and_what_was_applied_before():
    """What is left out would be removed by the server: it is said again, with the live value."""
    owned = [(*WEB, "f:env", 'k:{"name":"LEVEL"}', f"f:{key}") for key in ("name", "value")]
    owned += [(*WEB, "f:name"), ("f:spec", "f:gone")]

    config = build_config(_make_live(), owned, Changes({LIMIT: "256Mi"}))

    container = {
        "name": "web",
        "env": [{"name": "LEVEL", "value": "info"}],
        "resources": {"limits": {"memory": "256Mi"}},
    }
    assert config == {"spec": {"template": {"spec": {"containers": [container]}}}}


def test_configuration_leaves_out_what_is_to_go():
    """So the server removes it."""
    level = (*WEB, "f:env", 'k:{"name":"LEVEL"}')
    owned = [(*level, "f:name"), (*level, "f:value"), ("f:spec", "f:replicas")]

    assert build_config(_make_live(), owned, Changes({}, frozenset({level}))) == {"spec": {"replicas": 1}}


def test_configuration_does_not_share_with_the_object():
    """What is built from it may be changed."""
    live = _make_live()
    config = build_config(live, [(*WEB, "f:args")], Changes())
    config["spec"]["template"]["spec"]["containers"][0]["args"].append("--c")

    assert live == _make_live()


def test_merge_patch_turns_one_into_the_other():
    """Removed keys are nulls, lists are whole, what is equal is left out."""
    after = copy.deepcopy(_make_live())
    after["spec"]["paused"] = True
    del after["spec"]["replicas"]
    _get_container(after)["image"] = "web:2"

    patch = make_merge_patch(_make_live(), after)

    assert merge(_make_live(), patch) == after
    assert patch["spec"].keys() == {"replicas", "paused", "template"}
    assert make_merge_patch(after, after) == {}


def test_path_is_shown_as_the_server_shows_it():
    """A person compares the two."""
    assert show_path(LIMIT) == '.spec.template.spec.containers[name="web"].resources.limits.memory'
    assert show_path(("f:metadata", "f:finalizers", 'v:"a"')) == '.metadata.finalizers[="a"]'


def test_path_names_its_parts_for_a_manifest():
    """Named things by their name."""
    expected = ("spec", "template", "spec", "containers", "web", "resources", "limits", "memory")
    assert name_parts(LIMIT) == expected
