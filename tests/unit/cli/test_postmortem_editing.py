"""`fermata postmortem show | edit | keep | tick`, as a person at a terminal uses them."""

import json
import stat

import pytest

from fermata.cli import postmortem_editing
from fermata.domain.heard import HeardMessage
from fermata.domain.person import FERMATA
from fermata.flows.observe import Watch
from fermata.flows.postmortem.keeping import find_postmortem, save_edit


@pytest.fixture
def drafted(desk, incident):
    """Give the id of an incident whose post-mortem is drafted; one message of its talk is chatter."""

    async def chat(house, engine):
        at = (await house.readings.show(incident)).incident.opened_at
        message = HeardMessage(platform="slack", room="C1", id="9.0", at=at, user="U1", text="who brings lunch?")
        await Watch(house.context).hear(message)

    desk.play(chat)
    assert desk.run("postmortem", "draft", incident, "-o", desk.folder / "first.md").code == 0
    return incident


@pytest.fixture
def use_editor(desk, monkeypatch):
    """Give a function that makes a script the editor; `$1` is the file."""

    def use(script):
        path = desk.folder / "editor.sh"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        # The environment is how an editor is chosen; nothing else can say it.
        monkeypatch.setenv("VISUAL", str(path))

    return use


def write_behind(desk, incident_id, old, new):
    """Let somebody else save an edit."""

    async def work(house, engine):
        found = await find_postmortem(house.context, incident_id)
        await save_edit(house.context, found, found.text.replace(old, new), FERMATA)

    desk.play(work)


def test_post_mortem_is_shown_as_people_left_it(desk, drafted, use_editor):
    """The text, what was changed in it, what was left out of it, and all of it for machines."""
    assert "Nobody changed it" in desk.run("postmortem", "show", "--diff").out
    use_editor('sed -i "s/^## Impact/## Whom it hurt/" "$1"')

    edited = desk.run("postmortem", "edit", drafted)

    assert "Saved as version 2." in edited.out
    assert "## Whom it hurt" in desk.run("postmortem", "show").out
    assert "-## Impact\n+## Whom it hurt" in desk.run("postmortem", "show", "--diff").out
    assert json.loads(desk.run("postmortem", "show", "--json").out)["version"] == 2


def test_editor_that_changes_nothing_saves_nothing(desk, drafted, use_editor):
    """A look is no edit; nor is an editor that fails, or is not there."""
    use_editor("true")
    assert "Nothing was changed" in desk.run("postmortem", "edit").out
    use_editor("exit 3")
    assert "ended with 3" in desk.run("postmortem", "edit").err
    use_editor("true")
    (desk.folder / "editor.sh").unlink()
    assert "No editor could be started" in desk.run("postmortem", "edit").err
    assert json.loads(desk.run("postmortem", "show", "--json").out)["version"] == 1


def test_edit_that_is_refused_lies_in_a_file(desk, drafted, use_editor, monkeypatch):
    """Whatever refuses it: what somebody typed is not gone with the editor, also where it is no UTF-8."""
    monkeypatch.chdir(desk.folder)
    use_editor("printf 'all of it anew \\377\\n' > \"$1\"")

    refused = desk.run("postmortem", "edit")

    (aside,) = desk.folder.glob("postmortem-*.md")
    assert (refused.code, aside.read_text()) == (2, "all of it anew \ufffd\n")
    assert "no line of the document is left in it" in refused.err
    assert f"your text lies in {aside.name}" in refused.err


def test_edit_that_others_stand_in_the_way_of_is_put_aside(desk, drafted, use_editor, monkeypatch):
    """Theirs is shown, and what was typed lies in a file: nothing is refused in silence."""
    monkeypatch.chdir(desk.folder)
    use_editor('sed -i "s/^## Impact/## Harm/" "$1"')
    opened = postmortem_editing._open_editor

    def open_slowly(text):
        edited = opened(text)
        write_behind(desk, drafted, "## Impact", "## Whom it hurt")
        return edited

    monkeypatch.setattr(postmortem_editing, "_open_editor", open_slowly)
    # Somebody else saves while the editor is open: no script could do that from within.
    for number in ("", "-2"):
        result = desk.run("postmortem", "edit", drafted)

        assert result.code == 2
        assert "+## Whom it hurt" in result.out
        assert "## Harm" in (desk.folder / f"postmortem-{drafted}{number}.md").read_text()
        write_behind(desk, drafted, "## Whom it hurt", "## Impact")


def test_dropped_message_is_listed_and_taken_back(desk, drafted):
    """Its id is what the command is given."""
    listed = desk.run("postmortem", "show", "--dropped").out.splitlines()
    name = next(line.split()[0] for line in listed if "who brings lunch?" in line)

    kept = desk.run("postmortem", "keep", drafted, name)
    unknown = desk.run("postmortem", "keep", drafted, "slack:C1/none")

    assert f"{name} is in the timeline of version" in kept.out
    assert unknown.code == 2
    assert "left out no message" in unknown.err


def test_action_items_are_listed_and_linked(desk, drafted, use_editor):
    """Without a tracker in the settings, a ticket's link can still be noted."""
    assert "There is no action item" in desk.run("postmortem", "tick").out
    use_editor('sed -i "s/^The rules found none in the talk./- [ ] Add an alert/" "$1"')
    desk.run("postmortem", "edit")

    (line,) = desk.run("postmortem", "tick").out.splitlines()
    item = line.split()[0]
    nowhere = desk.run("postmortem", "tick", drafted, item)
    linked = desk.run("postmortem", "tick", drafted, item, "--link", "https://x.example/7")

    assert line.endswith("Add an alert")
    assert "no tracker is in the settings" in nowhere.err
    assert linked.code == 0
    assert "- [x] Add an alert [ticket](https://x.example/7)" in desk.run("postmortem", "show").out


def test_what_was_never_drafted_is_said(desk, incident):
    """With the command that drafts it."""
    result = desk.run("postmortem", "show", incident)

    assert result.code == 2
    assert f"fermata postmortem draft {incident}" in result.err
