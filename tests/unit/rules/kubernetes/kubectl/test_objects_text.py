import json

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.kubectl.objects_text import iter_objects, list_contents, place_objects, read_objects

ITEMS = [{"kind": "Pod", "metadata": {"name": name}, "spec": {"nodeName": f"node-{name}"}} for name in ("a", "b")]


def _place(text, bodies):
    document = Document("key", DocumentForm.API, text)
    return [
        passage.document.text[passage.start : passage.end if passage.end >= 0 else None]
        for _, passage in place_objects(document, bodies)
    ]


def test_objects_are_read_from_json_and_yaml():
    """Whatever was asked for, the text says what it is."""
    assert read_objects(json.dumps(ITEMS[0]), "json") == [ITEMS[0]]
    assert read_objects(json.dumps(ITEMS[0]), "yaml") == [ITEMS[0]]
    assert read_objects("kind: Pod\nmetadata:\n  name: a\n", "yaml") == [{"kind": "Pod", "metadata": {"name": "a"}}]


def test_text_cut_off_holds_no_object():
    """Half a JSON text says nothing that can be trusted."""
    assert read_objects('{"kind": "Pod", "meta', "json") == []
    assert read_objects("[" * 100_000, "json") == []


def test_lists_are_taken_apart():
    """Items of a typed list get its kind; what is no object is left out."""
    typed = {"kind": "PodList", "items": [{"metadata": {"name": "a"}}, "garbage"]}
    mixed = {"kind": "List", "items": [ITEMS[0], {"metadata": {}}, {"kind": 7}]}

    assert iter_objects(typed) == [{"kind": "Pod", "metadata": {"name": "a"}}]
    assert iter_objects(mixed) == [ITEMS[0]]
    assert iter_objects(ITEMS[0]) == [ITEMS[0]]
    assert iter_objects({"items": []}) == iter_objects("text") == []


def test_list_of_one_kind_is_all_there_is():
    """Unless it goes on; a mixture, or a single object, is not all of anything."""
    pods = [{"kind": "Pod", "metadata": {"namespace": name}} for name in ("shop", "other")]
    nodes = {"kind": "NodeList", "items": [{"metadata": {"name": "n1"}}, {"metadata": None}]}

    assert list_contents({"kind": "List", "items": pods}) == {("Pod", "shop"), ("Pod", "other")}
    assert list_contents(nodes) == {("Node", "")}
    assert list_contents({"kind": "PodList", "items": pods, "metadata": {"continue": "x"}}) == set()
    assert list_contents({"kind": "List", "items": [*pods, {"kind": "Node"}]}) == set()
    for other in ({"kind": "List", "items": []}, pods[0], {"items": pods}, "text"):
        assert list_contents(other) == set()


def test_each_item_of_a_list_has_its_part_of_the_text():
    """A quote about one object must not come from another."""
    pretty = json.dumps({"kind": "PodList", "items": ITEMS}, indent=4)
    yaml = "items:\n- kind: Pod\n  metadata:\n    name: a\n- kind: Pod\n  metadata:\n    name: b\nkind: List\n"
    documents = "kind: Pod\nmetadata:\n  name: a\n---\nkind: Pod\nmetadata:\n  name: b\n"
    led = f"\n---\n{documents}"
    compact = json.dumps({"kind": "PodList", "items": ITEMS})

    for text in (pretty, yaml, documents, led, compact):
        first, second = _place(text, ITEMS)
        assert '"a"' in first or "name: a" in first, text
        assert '"b"' not in first, text
        assert "name: b" not in first, text
        assert '"b"' in second or "name: b" in second, text


def test_single_object_has_the_whole_text():
    """Nothing has to be told apart."""
    assert _place("text", [ITEMS[0]]) == ["text"]
    assert _place("text", []) == []


def test_objects_that_the_text_does_not_show_begin_where_the_last_one_did():
    """A text that does not match its objects is still no error."""
    assert _place("text", [ITEMS[0], {"metadata": None}]) == ["", "text"]
