import pytest
from tests.unit.flows.postmortem.trail_bundle import CHAT, write_bundle

from fermata.flows.postmortem.draft_files import find_base, update, write_new
from fermata.flows.postmortem.drafting import draft_bundle
from fermata.kit.errors import UserError

POINTS = [[1782993600 + 60 * minute, 1.0 if minute < 21 else 60.0] for minute in range(60)]
TALK = [{"id": "t1", "time": "2026-07-02T12:40:00Z", "user": "ana", "text": "who brings lunch?"}]
METRIC = {"id": "M1", "name": "errors", "labels": {"service": "checkout"}, "points": POINTS}


@pytest.fixture
def draft(tmp_path):
    """Drafts the bundle; its chat may be written anew."""
    folder = write_bundle(tmp_path / "b", CHAT | {"metrics": [METRIC], "messages": CHAT["messages"] + TALK})

    def run(kept, prefix, corrections):
        return draft_bundle(folder, kept=kept, prefix=prefix, corrections=corrections)

    return run


def test_new_draft_has_its_drawings_and_its_base_beside_it(tmp_path, draft):
    """The Markdown links to files that are there."""
    path = tmp_path / "draft.md"

    write_new(path, draft)

    text = path.read_text()
    assert find_base(path).read_text() == text
    assert "](plots/draft-checkout-errors.svg)" in text
    assert (tmp_path / "plots" / "draft-checkout-errors.svg").read_text().startswith("<svg")


def test_update_takes_ticked_messages_back_and_keeps_edits(tmp_path, draft):
    """One step for the editor: a tick, and the message is a line of the timeline."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    edited = path.read_text().replace("The rules found none in the talk.", "Ana adds an alert.")
    path.write_text(edited.replace("- [ ] 12:40:00 ana", "- [x] 12:40:00 ana"))

    updated = update(path, draft)

    text = path.read_text()
    assert "Ana adds an alert." in text
    assert "Who brings lunch? | [message](#src-t1) |" in text
    assert updated.has_changed
    assert updated.conflicts == ()
    assert "- [x] 12:40:00 ana" in text
    assert not update(path, draft).has_changed


def test_message_that_is_unticked_leaves_the_timeline_again(tmp_path, draft):
    """The tick is the whole of it: nothing else remembers."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    first = path.read_text()
    path.write_text(first.replace("- [ ] 12:40:00 ana", "- [x] 12:40:00 ana"))
    update(path, draft)
    path.write_text(path.read_text().replace("- [x] 12:40:00 ana", "- [ ] 12:40:00 ana"))

    update(path, draft)

    assert path.read_text() == first


def test_corrected_key_time_is_what_the_table_and_the_figures_say(tmp_path, draft):
    """It stays the person's with each further draft; what the rules had stands beside it, and comes back with it."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    first = path.read_text()
    line = next(line for line in first.split("\n") if line.startswith("mitigated: "))
    path.write_text(first.replace(line, "mitigated: 12:26:30  # the graph"))

    update(path, draft)

    text = path.read_text()
    assert "| mitigated | 12:26:30 | a person corrected it; by the rules 12:50:00, it was said to be" in text
    assert "| Time to mitigate | 5m 30s | started 12:21:00 to mitigated 12:26:30 |" in text
    assert ", mitigated after 5m 30s" in text
    assert "mitigated: 12:26:30  # the graph" in text
    assert not update(path, draft).has_changed
    path.write_text(path.read_text().replace("mitigated: 12:26:30  # the graph", line))
    update(path, draft)
    assert path.read_text() == first


def test_correction_that_is_no_time_is_said_to_be_that(tmp_path, draft):
    """It changes nothing, and nobody has to wonder why."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    path.write_text(path.read_text().replace("started: 2026", "started: yesterday 2026"))

    updated = update(path, draft)

    assert updated.drafted.warnings[0].startswith(
        "`started: yesterday 2026-07-02T12:21:00.000Z` in the first lines is no"
    )
    assert "is no time" in path.read_text()
    assert "| started | 12:21:00 |" in path.read_text()


def test_update_without_news_changes_nothing(tmp_path, draft):
    """Drafting again is safe at any time."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    path.write_text(path.read_text() + "\nThank you all.\n")

    updated = update(path, draft)

    assert not updated.has_changed
    assert updated.conflicts == ()
    assert path.read_text().endswith("Thank you all.\n")


def test_edit_in_the_way_stays_and_is_shown_as_a_diff(tmp_path, draft):
    """Both wrote the same line: the person's stands."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    mine = path.read_text().replace("# Post-mortem: Checkout errors", "# What happened to checkout")
    path.write_text(mine)
    write_bundle(tmp_path / "b", CHAT | {"incident": CHAT["incident"] | {"title": "Checkout is down"}})

    updated = update(path, draft)

    assert "# What happened to checkout\n" in path.read_text()
    assert "+# Post-mortem: Checkout is down\n" in updated.diff
    assert len(updated.conflicts) >= 1


def test_file_that_exists_is_not_written_anew(tmp_path, draft):
    """It may hold edits; the way to keep them is named."""
    path = tmp_path / "draft.md"
    path.write_text("mine")

    with pytest.raises(UserError, match="--update"):
        write_new(path, draft)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("gone", ["base", "text"])
def test_update_needs_what_was_generated_last(tmp_path, draft, gone):
    """Without it nobody can tell an edit from a generated line, so nothing is written."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    if gone == "base":
        find_base(path).unlink()
    else:
        path.write_bytes(b"\xff\xfe\xff")

    with pytest.raises(UserError, match=r"missing|cannot be read"):
        update(path, draft)


def test_folder_that_takes_no_file_is_named(tmp_path, draft):
    """Nothing is left half-written."""
    with pytest.raises(UserError, match=r"cannot be written.*no folder .*Create it"):
        write_new(tmp_path / "no" / "draft.md", draft)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be written.*Not a directory"):
        write_new(tmp_path / "file" / "draft.md", draft)


@pytest.fixture
def draft_other(tmp_path):
    """Drafts another incident's bundle."""
    other = write_bundle(tmp_path / "other", CHAT | {"metrics": [METRIC]})
    manifest = other / "bundle.yaml"
    manifest.write_text(manifest.read_text().replace("inc-1", "other"))

    def run(kept, prefix, _):
        return draft_bundle(other, kept=kept, prefix=prefix)

    return run


def test_draft_of_another_incident_is_not_merged(tmp_path, draft, draft_other):
    """One file with the title of the one and the timeline of the other would tell of neither."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    first = path.read_text()

    with pytest.raises(UserError, match="was not updated") as refused:
        update(path, draft_other)

    assert "post-mortem of inc-1, and this draft is of other" in str(refused.value)
    assert path.read_text() == find_base(path).read_text() == first


@pytest.mark.parametrize("case", ['"other"', "other", "'other'"])
def test_incident_whose_export_has_another_name_is_merged_once_a_person_says_so(tmp_path, draft, draft_other, case):
    """The name is the folder's or the file's, and may change from one download to the next."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    path.write_text(path.read_text().replace('case: "inc-1"', f"case: {case}"))

    update(path, draft_other)

    assert path.read_text().startswith(f"---\ncase: {case}\n")


@pytest.mark.parametrize(("old", "is_taken"), [("inc", True), ("inc-1-2026-07-02", True), ("in", False)])
def test_more_or_less_of_one_export_is_still_one_incident(tmp_path, draft, old, is_taken):
    """Whoever names hours the second time has the same incident: its name goes on, and it cites the same."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    for file in (path, find_base(path)):
        file.write_text(file.read_text().replace('case: "inc-1"', f'case: "{old}"'))

    if is_taken:
        assert 'case: "inc-1"' in update(path, draft).drafted.document
    else:
        with pytest.raises(UserError, match="was not updated"):
            update(path, draft)


def test_incident_of_another_channel_is_not_merged_although_its_name_goes_on(tmp_path, draft):
    """Nothing that it cites was cited before."""
    path = tmp_path / "draft.md"
    write_new(path, draft)
    for file in (path, find_base(path)):
        file.write_text(file.read_text().replace('case: "inc-1"', 'case: "inc"').replace('<a id="src-', '<a id="src-x'))

    with pytest.raises(UserError, match="was not updated"):
        update(path, draft)


def test_draft_of_a_template_that_names_no_case_is_merged(tmp_path, draft_other):
    """Nothing tells them apart there."""
    path = tmp_path / "draft.md"
    write_new(path, lambda kept, prefix, _: draft_bundle(tmp_path / "other", "# $heading\n", kept=kept, prefix=prefix))

    assert update(path, draft_other).has_changed
