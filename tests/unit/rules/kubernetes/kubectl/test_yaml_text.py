import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fermata.rules.kubernetes.kubectl.yaml_text import read_yaml

CONFIG_MAP = """\
apiVersion: v1
# A comment of a person.
data:
  app.yaml: |
    server:
      port: 8080

    # kept
    name: "web"
  empty: ""
  folded: >-
    one
    two

    three
  kept: |+
    text

  indented: |2
      two more
  message: 'first it''s
    second'
  long: "a \\
    b

    c"
items:
- name: one
  ports:
  - port: 80
    name: http
  - 443
-
  name: two
- - nested
  - list
- plain text
  that goes on
- {}
kind: ConfigMap # The kind.
metadata:
  name: web
  labels:
  - none
status:
"""


def test_text_of_kubectl_reads_as_any_reader_reads_it():
    """Every form that kubectl prints gives what a complete reader gives."""
    assert read_yaml(CONFIG_MAP) == YAML(typ="safe", pure=True).load(io.StringIO(CONFIG_MAP))


@pytest.mark.parametrize("text", ["---\na: 1\n---\nb: 2\n", "a: 1\n---\nb: 2\n", "---\na: 1\n", "a: 1\n...\n"])
def test_first_document_is_read(text):
    """What stands after a separator is another document."""
    assert read_yaml(text) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("---\n", None),
        ("text\n", "text"),
        ("- a\n- b", ["a", "b"]),
        ("a:\n  - b\nc: 1", {"a": ["b"], "c": 1}),
        ("a:\n\n  b: 1", {"a": {"b": 1}}),
        ("a: |\n", {"a": ""}),
        ("a: |\n\n\nb: 1", {"a": "", "b": 1}),
        ("a: # why\n  b: 1", {"a": {"b": 1}}),
    ],
)
def test_small_documents(text, value):
    """Scalars, lists and blocks may stand alone or be empty."""
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\n    stray: 2\nb: 3", {"a": "1 stray: 2", "b": 3}),
        ("a:\n  b: 1\n- item\n", {"a": {"b": 1}}),
        ("a: 1\nno key here\nb: 2", {"a": 1, "b": 2}),
        ('a: "never closed\nb: 2', {"a": '"never closed', "b": 2}),
        ("- a\n   stray\n- b", ["a stray", "b"]),
        ("a:\n    b: 1\n  c: 2\nd: 3", {"a": {"b": 1}, "d": 3}),
        ("a:\n  b: {}\n     stray: 1\nd: 3", {"a": {"b": {}}, "d": 3}),
    ],
)
def test_line_that_does_not_fit_is_left_out(text, value):
    """Cut or garbled text gives what can be read."""
    assert read_yaml(text) == value


def test_text_too_deep_is_cut_off():
    """No nesting brings the reader down."""
    mappings = "\n".join(f"{' ' * depth}k:" for depth in range(500))
    items = "- " * 500 + "x"

    assert read_yaml(mappings + "\nend: 1")["end"] == 1
    assert isinstance(read_yaml(items), list)


@given(st.text(alphabet=st.sampled_from("ab: -\n'\"|>#{}[]\\ "), max_size=200))
def test_any_text_is_taken(text):
    """Whatever a text holds, reading it ends and does not fail."""
    read_yaml(text)
