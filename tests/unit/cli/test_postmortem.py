import json

import pytest
from tests.unit.flows.postmortem.export_samples import list_slack_files, write_zip
from tests.unit.flows.postmortem.trail_bundle import CHAT, write_bundle
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.kit.errors import UserError


def run(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, ["postmortem", "draft", *map(str, arguments)])


def test_draft_is_printed_as_markdown_or_json(tmp_path):
    """People get the document, machines all of it; what could not be used goes to stderr."""
    folder = write_bundle(tmp_path / "b")

    page, data = run("--bundle", folder), run("--bundle", folder, "--json")

    assert page.exit_code == data.exit_code == 0
    assert page.stdout.startswith("---\ncase: ")
    assert json.loads(data.stdout)["case"] == "inc-1"
    assert "Nowhere/Land" in data.stderr


def test_draft_is_merged_into_a_file_that_people_edited(tmp_path):
    """With `--update` edits stay, and where they stand in the way a diff says what was generated."""
    folder, target = write_bundle(tmp_path / "b"), tmp_path / "draft.md"
    run("--bundle", folder, "-o", target)
    target.write_text(target.read_text().replace("# Post-mortem: Checkout errors", "# What happened"))

    same = run("--bundle", folder, "-o", target, "--update")
    write_bundle(tmp_path / "b", CHAT | {"incident": CHAT["incident"] | {"title": "Checkout is down"}})
    other = run("--bundle", folder, "-o", target, "--update")

    assert "stays as it is" in same.stderr
    assert "Merged into" in other.stderr
    assert "1 place that you edited is generated otherwise now" in other.stderr
    assert "+# Post-mortem: Checkout is down" in other.stderr
    assert "# What happened\n" in target.read_text()


def test_dropped_messages_are_listed_with_their_words(tmp_path):
    """The document does not quote them; whoever edits must be able to read them."""
    chatter = {
        "id": "t1",
        "time": "2026-07-02T12:40:00Z",
        "user": "ana",
        "text": "who brings lunch? " + "or tea? " * 30,
    }
    folder = write_bundle(tmp_path / "b", CHAT | {"messages": [*CHAT["messages"], chatter]})

    listed, page = run("--bundle", folder, "--dropped"), run("--bundle", folder)

    assert "t1  12:40:00 ana: who brings lunch? or tea?" in listed.stdout
    assert "lunch" not in page.stdout


def test_file_that_exists_is_never_overwritten(tmp_path):
    """It may hold somebody's edits."""
    folder, target = write_bundle(tmp_path / "b"), tmp_path / "draft.md"

    first, second = run("--bundle", folder, "-o", target), run("--bundle", folder, "-o", target)
    nowhere = run("--bundle", folder, "-o", tmp_path / "no" / "draft.md")

    assert first.stdout == ""
    assert target.read_text().startswith("---\ncase: ")
    assert isinstance(second.exception, UserError)
    assert "may hold edits" in str(second.exception)
    assert "cannot be written" in str(nowhere.exception)


@pytest.mark.parametrize(("template", "said"), [("# $heading\n", "# Checkout errors"), (None, "cannot be read")])
def test_template_may_be_a_teams_own(tmp_path, template, said):
    """Another template is used, and one that cannot be read is named."""
    path = tmp_path / "own.md"
    if template is not None:
        path.write_text(template)

    result = run("--bundle", write_bundle(tmp_path / "b"), "--template", path)

    assert said in f"{result.stdout} {result.exception}"


def test_export_is_drafted_without_a_bundle(tmp_path):
    """Of the channel and the time that are named; what cannot be read is named, too."""
    path = write_zip(tmp_path / "acme.zip", list_slack_files())

    drafted = run("--export", path, "--only", "#inc-1", "--only", "2026-07-02T12:00Z..2026-07-02T13:00Z", "--json")
    whole = run("--export", path)
    nothing = run("--export", path, "--only", "nowhere")
    no_span = run("--export", path, "--only", "noon..")

    said = [line["text"] for line in json.loads(drafted.stdout)["timeline"]]
    assert "Errors are back to baseline" in said
    assert "2 channels are read as one talk" in whole.stderr
    assert "no messages of the incident" in str(nothing.exception)
    assert "no channel of that name; there are inc-1, " in str(nothing.exception)
    assert "no span of time" in str(no_span.exception)


def test_options_that_would_change_nothing_are_refused(tmp_path):
    """Whoever gave one believes that it does something."""
    folder = write_bundle(tmp_path / "b")

    update = run("--bundle", folder, "--update")
    only = run("--bundle", folder, "--only", "#inc-1")
    file = run("--bundle", folder / "chat.json")

    assert "Name it with --output" in str(update.exception)
    assert "chat.json: it is read whole: --only is about exports" in only.stderr
    assert "--bundle FOLDER" in str(file.exception)


def test_two_sources_are_refused(tmp_path):
    """Only one of them would be read."""
    folder, export = write_bundle(tmp_path / "b"), write_zip(tmp_path / "e.zip", list_slack_files())

    with pytest.raises(UserError, match="One bundle or one export") as refused:
        CliRunner().invoke(
            app, ["postmortem", "draft", "--bundle", str(folder), "--export", str(export)], catch_exceptions=False
        )

    assert "into the bundle's folder" in str(refused.value)
