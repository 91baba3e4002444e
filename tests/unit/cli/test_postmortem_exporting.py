"""`fermata postmortem export`, as a person at a terminal uses it."""

import json

import pytest


@pytest.fixture
def drafted(desk, incident):
    """Give the id of an incident whose post-mortem is drafted."""
    assert desk.run("postmortem", "draft", incident, "-o", desk.folder / "first.md").code == 0
    return incident


def test_post_mortem_is_exported_to_a_file_and_updated_there(desk, drafted):
    """What was exported is told; again is nothing to do; an edit is left, and goes when that is said."""
    path = desk.folder / "out.md"

    first = desk.run("postmortem", "export", drafted, "--to", f"markdown:{path}")
    again = desk.run("postmortem", "export", "latest", "--to", f"markdown:{path}")

    assert (first.code, again.code) == (0, 0), first.err
    assert first.out == f"Published: {path}\n"
    assert again.out == f"Nothing to do, it says the same: {path}\n"
    assert "Checkout is down" in path.read_text()

    path.write_text(path.read_text().replace("## Impact", "## Whom it hurt"))
    left = desk.run("postmortem", "export", drafted, "--to", f"markdown:{path}")
    machine = desk.run("postmortem", "export", drafted, "--to", f"markdown:{path}", "--json")

    assert (left.code, machine.code) == (1, 1)
    assert "Left as it is" in left.err
    assert "add --force" in left.err
    assert json.loads(machine.out)["state"] == "left"
    assert "Whom it hurt" in path.read_text()

    forced = desk.run("postmortem", "export", drafted, "--to", f"markdown:{path}", "--force")

    assert forced.out == f"Updated: {path}\n"
    assert "Whom it hurt" not in path.read_text()


def test_file_is_exported_as_it_is(desk, drafted):
    """A draft that is a file goes the same way."""
    result = desk.run("postmortem", "export", desk.folder / "first.md", "--to", f"markdown:{desk.folder / 'b.md'}")

    assert result.code == 0, result.err
    assert "Checkout is down" in (desk.folder / "b.md").read_text()


def test_target_that_is_none_is_refused(desk, drafted):
    """Those that there are, are named."""
    result = desk.run("postmortem", "export", drafted, "--to", "wiki:OPS")

    assert result.code == 2
    assert "markdown:FILE" in result.err
