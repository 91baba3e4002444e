"""One field changes, and the diff shows nothing else."""

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from fermata.domain.manifest import FieldEdit
from fermata.kit.diffs import write_diff
from fermata.kit.errors import UserError
from fermata.ports.forge.yaml_edit import edit_document, find_field, load_documents

TEXT = """\
# The shop's checkout.
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout,   labels: {app: checkout}}
spec:
    replicas: 2      # Two zones.
    template:
        spec:
            containers:
            - name: sidecar
              image: 'proxy:1'
            - name: checkout
              image: "registry/checkout:1.4.1"
              env:
              - name: PAYMENT_TIMEOUT_MS
                value: "5000"   # Raised in spring.
              - {name: MODE, value: fast}
              resources:
                  limits: {memory: 256Mi}
                  requests:
                      memory: 128Mi
              command: |
                  sleep 1

---
kind: Service
metadata:
  name: checkout
"""
CONTAINER = ("spec", "template", "spec", "containers", "checkout")


def change(value, *path, text=TEXT):
    """Give the lines of the diff that a change makes."""
    edited = edit_document(text, 0, [FieldEdit(path=path, value=value)])
    lines = write_diff("x", text, edited).split("\n")
    return [line for line in lines[3:] if line.startswith(("+", "-"))]


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        (("spec", "replicas"), 3, ["-    replicas: 2      # Two zones.", "+    replicas: 3      # Two zones."]),
        (
            (*CONTAINER, "image"),
            "registry/checkout:1.4.0",
            ['-              image: "registry/checkout:1.4.1"', '+              image: "registry/checkout:1.4.0"'],
        ),
        (
            (*CONTAINER, "env", "PAYMENT_TIMEOUT_MS", "value"),
            "500",
            [
                '-                value: "5000"   # Raised in spring.',
                '+                value: "500"   # Raised in spring.',
            ],
        ),
        (
            (*CONTAINER, "resources", "limits", "memory"),
            "512Mi",
            ["-                  limits: {memory: 256Mi}", "+                  limits: {memory: 512Mi}"],
        ),
        (
            (*CONTAINER[:-1], "sidecar", "image"),
            "proxy:'2'",
            ["-              image: 'proxy:1'", "+              image: 'proxy:''2'''"],
        ),
        ((*CONTAINER[:-1], 0, "image"), "p:2", ["-              image: 'proxy:1'", "+              image: 'p:2'"]),
    ],
)
def test_value_is_replaced_where_it_stands(path, value, lines):
    """Quotes, comments, spaces and the order of keys stay."""
    assert change(value, *path) == lines


def test_missing_field_is_added_in_the_style_of_its_place():
    """Behind its neighbours, indented as they are; inside braces where these are."""
    assert change("500m", *CONTAINER, "resources", "limits", "cpu") == [
        "-                  limits: {memory: 256Mi}",
        '+                  limits: {memory: 256Mi, "cpu": "500m"}',
    ]
    assert change("1", *CONTAINER, "resources", "requests", "cpu") == ['+                      cpu: "1"']
    assert change("on", *CONTAINER, "env", "DEBUG", "value") == [
        "+              - name: DEBUG",
        '+                value: "on"',
    ]
    assert change("256Mi", *CONTAINER[:-1], "sidecar", "resources", "limits", "memory") == [
        "+              resources:",
        "+                limits:",
        "+                  memory: 256Mi",
    ]
    assert change("a b", *CONTAINER[:-1], "sidecar", "env", "X", "value") == [
        "+              env:",
        "+              - name: X",
        '+                value: "a b"',
    ]


def test_empty_value_and_end_of_file_are_places_too():
    """A key without a value, a map without entries, a last line without its end."""
    assert change({"a": 1}, "spec", text="spec:\nkind: x\n") == ["-spec:", '+spec: {"a": 1}']
    assert change("v", "spec", "a", text="spec: {}\n") == ["-spec: {}", '+spec: {"a": "v"}']
    assert change("v", "spec", "a", text="spec:\nx: 1\n") == ["-spec:", '+spec: {"a": "v"}']
    assert edit_document("a:\n  b: 1", 0, [FieldEdit(path=("a", "c"), value=2)]) == "a:\n  b: 1\n  c: 2"
    assert edit_document("a:\n-\n- 2\n", 0, [FieldEdit(path=("a", 0), value=1)]) == "a:\n- 1\n- 2\n"
    assert edit_document("a: 1\r\n", 0, [FieldEdit(path=("c",), value=2)]) == "a: 1\r\nc: 2\r\n"


def test_removed_field_takes_its_lines_and_empty_parents_along():
    """A variable goes with its item; the last request goes with `requests`."""
    assert change(None, *CONTAINER, "env", "PAYMENT_TIMEOUT_MS") == [
        "-              - name: PAYMENT_TIMEOUT_MS",
        '-                value: "5000"   # Raised in spring.',
    ]
    assert change(None, *CONTAINER, "resources", "requests", "memory") == [
        "-                  requests:",
        "-                      memory: 128Mi",
    ]
    assert change(None, "spec", "replicas") == ["-    replicas: 2      # Two zones."]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ((*CONTAINER, "command"), "x", TEXT),
        ((*CONTAINER, "resources"), "x", TEXT),
        ((*CONTAINER, "absent"), None, TEXT),
        ((*CONTAINER[:-1], "other", "image"), "x", TEXT),
        (("spec", "replicas", "x"), "x", TEXT),
        (("metadata", "name"), None, TEXT),
        (("a",), 2, "a: &x 1\nb: *x\n"),
        (("a", "k"), 2, "a: &x {k: 1}\nb: *x\n"),
        (("b", "k"), 2, "a: &x {k: 1}\nb: *x\n"),
        (("a",), "x", "a: !!str b\n"),
        (("a", "b"), 1, "a:\n- 1\n"),
        (("a", "b"), 1, "a:\n  t: |\n    x\n"),
        (("a", "b"), 1, "x: &x 1\na:\n  c: *x\n"),
        (("b", "d"), 1, "a: &x\n  y: 1\nb:\n  c: *x\n"),
    ],
)
def test_what_would_reach_further_is_refused(path, value, text):
    """A block of text, a whole structure, an anchor that stands for two places: a person decides."""
    with pytest.raises(UserError, match="without a person") as refused:
        change(value, *path, text=text)

    assert refused.value.do


def test_text_that_is_not_yaml_is_refused():
    """A template has braces where YAML has values."""
    with pytest.raises(UserError, match="not YAML"):
        load_documents("a: {{ .Values.x }}\nb: {{- if }}")


def test_file_that_stands_for_a_huge_value_is_refused():
    """Nine anchors of nine anchors are a few hundred bytes and a billion values."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    with pytest.raises(UserError, match="more than can be compared"):
        load_documents("\n".join(["a0: &a0 x", *levels]))


def test_absent_field_is_none():
    """A path may end at a plain value, an unknown name, or an index beyond the list."""
    value = {"a": [{"name": "x", "v": 1}], "b": 2}

    assert find_field(value, ("a", "x", "v")) == 1
    assert [find_field(value, path) for path in (("b", "c"), ("a", "y"), ("a", 7), ("z",))] == [None] * 4


@example("2026-11-23T12:00:00Z", "a: x\n")
@example("12:30:45", "a: x\n")
@example("1e3", "a: x\n")
@example("On", "a: x\n")
@example("2026-11-23T12:00:00Z", "a: x\n")
@example("12:30:45", "a: x\n")
@example("1e3", "a: x\n")
@example("On", "a: x\n")
@given(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20), st.sampled_from(["a: x\n", 'a: "x"\n', "a: 'x'\n"])
)
def test_any_text_comes_back_as_it_was_given(value, text):
    """Words that YAML takes for numbers, booleans or comments are quoted."""
    edited = edit_document(text, 0, [FieldEdit(path=("a",), value=value)])

    assert load_documents(edited) == [{"a": value}]
    # Readers of YAML 1.1, as Kubernetes is, see more numbers, dates and booleans.
    assert yaml.safe_load(edited) == {"a": value}
