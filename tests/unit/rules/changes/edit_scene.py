"""What finders of edits make of a diff of one file."""

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.sides import list_sides


def find_edits(finders, as_lines, body, path="a.py"):
    """Return text -> edit."""
    sides = list_sides(parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}")))
    return {edit.text: edit for one in sides for finder in finders for edit in finder(one)}
