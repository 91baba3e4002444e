"""Edits of what two programs agree on."""

import pytest
from tests.unit.rules.changes.edit_scene import find_edits

from fermata.rules.changes.contract_edits import CONTRACT_FINDERS


def find(as_lines, body, path="a.java"):
    """Return text -> edit of a diff of one file, by default of Java."""
    return find_edits(CONTRACT_FINDERS, as_lines, body, path)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (" enum Status {\n-  CANCELED,\n+  CANCELLED,\n   PAID", "the value CANCELED goes or has another name"),
        (' class S(Enum):\n-    PAID = "paid"\n+    PAID = "PAID"', "the value PAID is written otherwise"),
        (" enum Priority {\n+  NONE,\n   LOW,\n   HIGH", "values that follow are counted otherwise"),
    ],
)
def test_member_of_an_enumeration_that_changes_is_found(as_lines, body, name):
    """Who stored or sent the old one has it still."""
    assert {"parse", "data"} & find(as_lines, body)[name].brings


@pytest.mark.parametrize(
    "body",
    [
        " enum Color {\n   RED,\n-  GREEN\n+  GREEN,\n+  BLUE\n }",
        "-  CANCELED,\n+  CANCELLED,",
        " enum Color {\n-  RED,\n+  RED ,\n   GREEN",
        ' class S(Enum):\n+    NEW = "new"\n     PAID = "paid"',
        " enum Color {\n-  RED,\n   RED,",
    ],
)
def test_member_that_stays_what_it_was_is_no_edit(as_lines, body):
    """One more at the end, or one with a value of its own, moves no other."""
    assert not any("value" in text for text in find(as_lines, body))


def test_key_with_the_same_value_under_another_name_is_found(as_lines):
    """Who reads the old one finds nothing."""
    found = find(as_lines, "-  total_cents: order.total,\n+  totalCents: order.total,", "a.ts")

    assert "parse" in found["the key total_cents has another name"].brings


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("-  total_cents: order.total,\n+  totalCents: order.total,", "a.yml"),
        ("-  total: order.total,\n+  total: order.sum,", "a.ts"),
        ("-  a: order.total,\n+  b: order.total,\n+  a: order.total2,", "a.ts"),
        ('-  "Accept": given,\n+  ACCEPT: given,', "a.py"),
    ],
)
def test_key_that_is_still_given_has_no_other_name(as_lines, body, path):
    """Another value, another key beside it, or a constant of that name."""
    assert not any("has another name" in text for text in find(as_lines, body, path))


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("a.graphql", "-  phone: String\n+  phones: [String]", "the field phone goes or has another name"),
        ("a.graphql", "-  at: DateTime\n+  at: DateTime!", "the field at has to be there"),
        ("schema/a.graphql", "-  phone: String", "the field phone goes or has another name"),
        ("a.proto", "-  int32 qty = 3;\n+  int32 qty = 4;", "the field qty has another number"),
        ("a.avsc", '+    {"name": "channel", "type": "string"}', "the field channel has to be there"),
        ("a.proto", "-  string note = 3;", "the field note goes or has another name"),
    ],
)
def test_field_of_a_schema_that_goes_or_is_needed_is_found(as_lines, path, body, name):
    """What others send or ask for no longer fits."""
    assert "parse" in find(as_lines, body, path)[name].brings


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.graphql", "+  nickname: String"),
        ("a.graphql", "-  at: DateTime!\n+  at:  DateTime!"),
        ("a.proto", "+  string nickname = 9;"),
        ("a.avsc", '+    {"name": "note", "type": ["null", "string"], "default": null}'),
    ],
)
def test_field_that_nobody_has_to_give_is_no_edit(as_lines, path, body):
    """More may be said than others read."""
    assert not any("the field" in text for text in find(as_lines, body, path))


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        (" class ExportWorker\n-  def perform(id)\n+  def perform(id, format)", True),
        (' class ExportWorker\n-  def perform(id)\n+  def perform(id, format = "csv")', False),
        (" class Export\n-  def build(id)\n+  def build(id, format)", False),
        (" class ExportWorker\n-  def perform(id)\n+  def other(id, format)", False),
    ],
)
def test_queued_work_with_other_arguments_is_found(as_lines, body, is_found):
    """What waits in the queue was given the old ones."""
    name = "perform takes other arguments than what waits for it"

    assert (name in find(as_lines, body, "app/a.rb")) is is_found


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("-import AWS from 'aws-sdk';\n+import { S3 } from '@aws-sdk/client-s3';", True),
        ("-import * as d from 'date-fns';\n+import { format } from 'date-fns';", False),
        ("-from .helpers import money\n+from .money import money", False),
        ("+import { S3 } from '@aws-sdk/client-s3';", False),
    ],
)
def test_library_in_place_of_another_is_found(as_lines, body, is_found):
    """Its calls are its own; parts of the same one, or of the program, are no other library."""
    assert any("in place of" in text for text in find(as_lines, body, "a.ts")) is is_found


def test_settings_agree_on_nothing_of_that_sort(as_lines):
    """Keys, members and libraries are those of programs."""
    assert find(as_lines, " enum\n-  RED,\n+  GREEN,\n-import a\n+import b", "a.yml") == {}
