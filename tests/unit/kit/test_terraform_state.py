"""A state and what `terraform show -json` prints, flattened alike; secrets are in neither."""

import pytest

from fermata.kit import terraform_state
from fermata.kit.terraform_state import NotAState, compare_states, flatten_attributes, parse_state

SHOWN = {
    "format_version": "1.0",
    "values": {
        "outputs": {"url": {"value": "https://x", "sensitive": False}, "key": {"value": "horse-1", "sensitive": True}},
        "root_module": {
            "resources": [
                {
                    "address": "aws_db_instance.main",
                    "values": {"size": "large", "blob": "horse-2", "tags": [{"a": "x", "b": "horse-3"}]},
                    "sensitive_values": {"blob": True, "tags": [{"b": True}]},
                },
                {"address": 5},
            ],
            "child_modules": [
                {"resources": [{"address": "module.net.aws_vpc.main[0]", "values": {"cidr": "10.0.0.0/8"}}]},
                {"resources": [{"address": "module.net.random_password.db", "values": {"result": "horse-4"}}]},
                "nothing",
            ],
        },
    },
}


def test_printed_state_is_flattened_with_its_modules():
    """Addresses are Terraform's own; marked values, whatever depth they lie at, are not kept."""
    values = parse_state(SHOWN).values

    assert values == {
        "output.url": "https://x",
        "output.key": "(sensitive value)",
        "aws_db_instance.main.size": "large",
        "aws_db_instance.main.blob": "(sensitive value)",
        "aws_db_instance.main.tags.0.a": "x",
        "aws_db_instance.main.tags.0.b": "(sensitive value)",
        "module.net.aws_vpc.main[0].cidr": "10.0.0.0/8",
        "module.net.random_password.db.result": "(sensitive value)",
    }


def test_printed_state_without_modules_is_empty():
    """A new workspace holds nothing."""
    assert parse_state({"format_version": "1.0", "values": {}}).values == {}


@pytest.mark.parametrize("marks", [True, {"a": True}])
def test_mark_above_a_value_covers_it(marks):
    """What lies in something sensitive is sensitive."""
    assert dict(flatten_attributes("x.y", {"a": {"b": "horse"}}, marks)) == {"x.y.a.b": "(sensitive value)"}


@pytest.mark.parametrize("marks", [None, {}, {"a": []}, {"a": [False]}])
def test_value_without_a_mark_is_shown(marks):
    """A mark of another shape marks nothing."""
    assert dict(flatten_attributes("x.y", {"a": ["b"]}, marks)) == {"x.y.a.0": "b"}


def test_attributes_that_are_no_object_are_one_value():
    """A resource may hold a bare value."""
    assert dict(flatten_attributes("x.y", 5, None)) == {"x.y.value": "5"}


@pytest.mark.parametrize("value", [None, [], {}, {"serial": "5"}, {"format_version": "1.0"}])
def test_what_is_no_state_is_refused(value):
    """The message says what is missing."""
    with pytest.raises(NotAState, match="no serial"):
        parse_state(value)


def test_state_of_an_old_form_is_refused():
    """Its resources lie in modules: read like a later one it would hold nothing, and nothing would ever change."""
    with pytest.raises(NotAState, match="or before, whose resources"):
        parse_state({"version": 3, "serial": 7, "modules": [{"path": ["root"], "resources": {}}]})


def test_state_of_odd_parts_is_read_as_far_as_it_goes():
    """A part of another shape is left out; the rest counts."""
    odd = {"serial": 2, "lineage": 5, "outputs": {"a": 1}, "resources": [{"instances": "x"}, "y"]}

    state = parse_state(odd)

    assert (state.lineage, state.serial, state.values) == ("", 2, {})


def test_difference_is_told_by_resource():
    """One head for each; equal values are left out."""
    before, after = (
        parse_state({"serial": 1, "resources": [{"type": "a", "name": "b", "instances": [{"attributes": attributes}]}]})
        for attributes in ({"size": "1", "zone": "x", "old": "1"}, {"size": "2", "zone": "x", "new": "1"})
    )

    assert compare_states(before, after).splitlines() == [
        "@@ a.b @@",
        "+a.b.new = 1",
        "-a.b.old = 1",
        "-a.b.size = 1",
        "+a.b.size = 2",
    ]


BLOCKS = {
    "spec": [
        {
            "env": [{"name": "MODE", "value": "fast"}, {"name": "DB_PASSWORD", "value": "horse-lantern"}],
            "args": ["--port", "8080", "--db-password", "horse-lantern"],
            "volume": [{"secret": [{"secret_name": "shop-tls", "items": [{"key": "tls.crt", "path": "tls.crt"}]}]}],
        }
    ],
    "set": [{"name": "auth.password", "value": "horse-lantern"}],
    "tags": [{"key": "Name", "value": "web"}, {"key": "owner-token", "value": "horse-lantern"}],
    "passwords": ["horse-lantern"],
    "tokens": {"ci": "horse-lantern", "bob": {"current": "horse-lantern"}},
}


def test_secret_is_hidden_by_whatever_name_it_stands_under():
    """Blocks of a name and a value, lists, maps, the option before an argument: as providers keep them."""
    values = dict(flatten_attributes("x.y", BLOCKS, {}))

    assert "horse" not in str(values)
    shown = {path.removeprefix("x.y."): value for path, value in values.items() if "redacted" not in value}
    assert shown["spec.0.env.0.value"] == "fast"
    assert shown["spec.0.args.1"] == "8080"
    assert shown["spec.0.volume.0.secret.0.secret_name"] == "shop-tls"
    assert shown["spec.0.volume.0.secret.0.items.0.path"] == "tls.crt"
    assert shown["tags.0.value"] == "web"


def test_blocks_of_a_state_are_hidden_like_those_that_are_shown():
    """A state file and a plan say the same."""
    kept = [{"type": "x", "name": "y", "instances": [{"attributes": BLOCKS}]}]

    values = parse_state({"serial": 1, "lineage": "a", "resources": kept}).values

    assert values == dict(flatten_attributes("x.y", BLOCKS, {}))


def read(serial, *resources):
    """Give a state of resources."""
    return parse_state({"serial": serial, "resources": resources})


def resource(name, *instances, **parts):
    """Give a resource of type `a`."""
    return {"mode": "managed", "type": "a", "name": name, "instances": instances, **parts}


def test_address_of_a_resource_is_terraforms_own():
    """With its module, and the key of an instance in quotes: two modules have resources of one name."""
    own = read(
        1,
        resource("b", {"index_key": "eu.west", "attributes": {"n": 1}}, module='module.m["x.y"]'),
        resource("b", {"index_key": 0, "attributes": {"n": 2}}),
        resource("c", {"attributes": {"n": 3}}, mode="data"),
    )

    assert own.values == {'module.m["x.y"].a.b["eu.west"].n': "1", "a.b[0].n": "2", "data.a.c.n": "3"}
    assert compare_states(read(0), own).splitlines()[::2] == [
        "@@ a.b[0] @@",
        "@@ data.a.c @@",
        '@@ module.m["x.y"].a.b["eu.west"] @@',
    ]


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ({"value": {"n": 1}, "type": ["object", {"n": "number"}]}, {"a.b.x.n": "1"}),
        ({"value": "on", "type": "string"}, {"a.b.x": "on"}),
        ({"y": {"value": [1], "type": ["tuple", ["number"]]}}, {"a.b.x.y.0": "1"}),
        ({"y": {"value": "on", "type": "string"}}, {"a.b.x.y.value": "on", "a.b.x.y.type": "string"}),
        ({"value": "on", "type": "secure"}, {"a.b.x.value": "on", "a.b.x.type": "secure"}),
        ({"value": "on", "type": ["a"]}, {"a.b.x.value": "on", "a.b.x.type.0": "a"}),
        ({"value": "on", "type": ["other", "x"]}, {"a.b.x.value": "on", "a.b.x.type.0": "other", "a.b.x.type.1": "x"}),
    ],
)
def test_type_that_a_state_keeps_beside_a_value_is_none(value, values):
    """Of an attribute that takes any type; a provider's own block of a value and a type is left as it is."""
    assert read(1, resource("b", {"attributes": {"x": value}})).values == values


def test_what_only_moved_is_no_difference():
    """The same object under another address; what differs in anything, or has no id, is another one."""
    same, other = {"id": "i-1", "n": 1}, {"id": "i-2", "n": 1}
    before = read(1, resource("b", {"attributes": same}), resource("c", {"attributes": other}))
    after = read(2, resource("b", {"attributes": same}, module="module.m"), resource("d", {"attributes": {"n": 1}}))

    assert compare_states(before, after).splitlines() == [
        "@@ a.c @@",
        "-a.c.id = i-2",
        "-a.c.n = 1",
        "@@ a.d @@",
        "+a.d.n = 1",
    ]


def test_text_of_json_is_told_value_by_value():
    """As providers keep containers and policies; a secret among them is one by its own name."""
    containers = '[{"name": "web", "memory": 512, "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]'
    own = read(1, resource("b", {"attributes": {"x": containers, "y": "[odd", "z": "[]", "n": "{" * 90_000}}))

    assert own.values["a.b.x.0.memory"] == "512"
    assert "hunter2" not in own.values["a.b.x.0.environment.0.value"]
    assert (own.values["a.b.y"], own.values["a.b.z"]) == ("[odd", "[]")


def test_text_of_json_that_terraform_marks_stays_hidden():
    """All of it."""
    values = dict(flatten_attributes("a.b", {"x": '{"key": "v"}'}, {"x": True}))

    assert values == {"a.b.x.key": "(sensitive value)"}


def test_secret_that_only_the_whole_text_of_json_shows_is_hidden():
    """A header is the second of a pair, and a list's items have no name of their own."""
    headers = '[["X-Api-Key", "G66HaQ3rj1dYczDWAYY6gHSq"], ["Accept", "text/html"]]'

    own = read(1, resource("b", {"attributes": {"headers": headers}}))

    assert "G66HaQ3rj1dYczDWAYY6gHSq" not in str(own.values)
    assert own.values["a.b.headers.1.1"] == "text/html"


def test_only_what_differs_is_written(monkeypatch):
    """Hiding a value's secrets takes seven times as long as reading it, and a large state has 100,000 of them."""
    written = []

    def note(name, text):
        written.append(name)
        return text

    # Nothing else shows how much was written.
    monkeypatch.setattr(terraform_state, "hide_value", note)
    before, after = (
        parse_state(
            {
                "serial": serial,
                "resources": [{"type": "t", "name": "n", "instances": [{"attributes": {"a": "1", "size": size}}]}],
            }
        )
        for serial, size in ((1, "large"), (2, "small"))
    )

    assert compare_states(before, after).splitlines() == ["@@ t.n @@", "-t.n.size = large", "+t.n.size = small"]
    assert written == ["size", "size"]


def hold(serial, *instances, address="aws_db_instance.main"):
    """Give a state of one resource."""
    kind, _, name = address.partition(".")
    return parse_state({"serial": serial, "resources": [{"type": kind, "name": name, "instances": list(instances)}]})


def test_nothing_is_no_value():
    """A refresh writes what was `null` as an empty list or map: nothing went."""
    before = hold(1, {"attributes": {"tags": None, "ports": None, "size": "small", "zone": None}})
    after = hold(2, {"attributes": {"tags": {}, "ports": [], "size": None, "zone": "b"}})

    assert compare_states(before, after).splitlines()[1:] == [
        "-aws_db_instance.main.size = small",
        "+aws_db_instance.main.zone = b",
    ]


def test_object_that_was_replaced_does_not_speak_for_its_address():
    """Where destroying the old one failed it stays in the state, behind the new one."""
    before = hold(1, {"attributes": {"id": "i-1", "size": "large"}})
    after = hold(
        2, {"attributes": {"id": "i-2", "size": "small"}}, {"deposed": "52d1", "attributes": {"size": "large"}}
    )
    shown = {"address": "aws_db_instance.main", "deposed_key": "52d1", "values": {"size": "large"}}

    assert compare_states(before, after).splitlines()[1:] == [
        "+aws_db_instance.main.deposed.52d1 = replaced, and not destroyed yet",
        "-aws_db_instance.main.id = i-1",
        "+aws_db_instance.main.id = i-2",
        "-aws_db_instance.main.size = large",
        "+aws_db_instance.main.size = small",
    ]
    assert parse_state({"format_version": "1.0", "values": {"root_module": {"resources": [shown]}}}).values == {
        "aws_db_instance.main.deposed.52d1": "replaced, and not destroyed yet"
    }


def test_object_whose_making_failed_is_told():
    """An apply that failed half way leaves it tainted, whatever status of its own it has."""
    told = {
        "terraform_data.seed.tainted": "making it failed, or somebody marked it: the next apply makes it anew",
        "terraform_data.seed.status": "CREATING",
    }
    own = {"status": "CREATING"}
    shown = {"address": "terraform_data.seed", "tainted": True, "values": own}

    assert hold(2, {"status": "tainted", "attributes": own}, address="terraform_data.seed").values == told
    assert parse_state({"format_version": "1.0", "values": {"root_module": {"resources": [shown]}}}).values == told
