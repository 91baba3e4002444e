"""Objects as lines of YAML."""

import pytest
from ruamel.yaml import YAML

from fermata.integrations.kubernetes.yaml_text import write_list, write_value


def read(lines):
    """Read YAML back."""
    return YAML(typ="safe", pure=True).load("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": [1, {"c": "x", "d": []}, [2, [3]]], "e": {}, "f": None, "g": True, "h": 1.5},
        {
            "words": [
                "true",
                "No",
                "null",
                "~",
                "1",
                "1.5",
                "0x10",
                "1e3",
                "2026-11-25",
                "12:30:45",
                "- a",
                "# b",
                "a: b",
            ]
        },
        {
            "odd": [
                "",
                " lead",
                "trail ",
                "tab\there",
                'quote"',
                "it's",
                "é",
                "a #b",
                "a: ",
                "*x",
                "&y",
                "!z",
                "%w",
                "@v",
            ]
        },
        {"sizes": ["128Mi", "500m", "1Gi"], "image": "registry:5000/shop/checkout:1.2", "key with space": "x"},
        {"text": "two\nlines\n", "nested": {"text": "a\n  b"}},
        {"text": "two\nlines\x1b[0m\r\n"},
        [],
        {},
        "plain",
    ],
)
def test_value_reads_back_as_it_was(value):
    """What looks like another type stands in quotes."""
    back = read(write_value(value))

    # A block's last line feed is not told apart.
    assert str(back).replace("\\n'", "'") == str(value).replace("\\n'", "'")


def test_what_is_quoted_inside_a_message_stays_as_it_was_said():
    """A claim quotes the server's words, and looks for them in the line."""
    said = 'Failed to pull image "shop/checkout:1.5": it\'s not found'
    plain = "Back-off restarting failed container checkout in pod p1_shop(70021d9d), {x}, $(y) & more!"

    assert write_value({"message": said}) == ["message: 'Failed to pull image \"shop/checkout:1.5\": it''s not found'"]
    assert write_value({"message": plain}) == [f"message: {plain}"]
    assert read(write_value({"a": said, "b": plain})) == {"a": said, "b": plain}


def test_sizes_and_images_stand_as_people_write_them():
    """Without quotes, so that they can be searched for."""
    assert write_value({"memory": "64Mi", "image": "shop/checkout:1.5"}) == ["memory: 64Mi", "image: shop/checkout:1.5"]


def test_each_object_of_a_list_begins_at_the_margin():
    """Nothing else does, so that a line belongs to one object; its first line says how it is."""
    items = [{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{"name": "a"}]}}, {"kind": "Pod"}]

    lines = write_list("pods of shop: 2", "Pod", items, lambda item: f"{len(item)} keys")

    assert lines[:5] == ["# pods of shop: 2", "#   3 keys", "#   1 keys", "kind: PodList", "items:"]
    assert [line for line in lines if line.startswith("- ")] == ["- # 3 keys", "- # 1 keys"]
    assert read(lines)["items"][0]["spec"] == {"containers": [{"name": "a"}]}


def test_long_list_is_summed_up_by_its_first_objects():
    """The ones that matter come first; how many follow is said."""
    lines = write_list("pods", "Pod", [{"kind": "Pod"}] * 20, lambda _: "ready")

    assert lines[12:15] == ["#   ready", "#   and 8 more", "kind: PodList"]
