"""YAML that every reader reads the same."""

import pytest
import yaml as yaml_1_1
from ruamel.yaml import YAML

from fermata.kit.yaml_writing import write_yaml

DOCUMENT = {
    "apiVersion": "v1",
    "empty": {},
    "none": [],
    "list": [{"a": 1, "b": ["x", {"c": None}]}, [1, 2], "*", "two words"],
    "percent": "25",
    "number": 2.5,
    "is_on": True,
    "labels": {"app.kubernetes.io/name": "shop", "on": "yes", "time": "12:30", "date": "2026-11-26", "big": "1e3"},
}


@pytest.mark.parametrize("read", [YAML(typ="safe", pure=True).load, yaml_1_1.safe_load])
def test_document_comes_back_as_it_was(read):
    """YAML 1.1 and 1.2 read the same document: what either would take for a number or a switch is quoted."""
    assert read(write_yaml(DOCUMENT)) == DOCUMENT


def test_lists_stand_where_kubectl_writes_them():
    """Keys keep their order, and a list its key's column."""
    assert write_yaml({"kind": "Workflow", "steps": [{"name": "a"}], "count": "1"}) == (
        'kind: Workflow\nsteps:\n- name: a\ncount: "1"\n'
    )


def test_text_that_could_break_out_is_quoted():
    """A line end, a colon or a comment sign stays inside its text."""
    text = "a: b # c\n- d"

    assert write_yaml({"text": text}) == 'text: "a: b # c\\n- d"\n'
