"""`bundle.yaml`: what it says is used; what it lacks or gets wrong is a warning."""

from datetime import UTC, datetime

import pytest

from fermata.domain.scope import UNKNOWN_ONSET

LOG = "2026-11-23T12:00:00Z ERROR a\n2026-11-23T12:10:00Z ERROR b\n"


@pytest.fixture
def logged(folder):
    """Give a bundle with a log."""
    folder.write("logs/a.log", LOG)
    return folder


def at(hour, minute=0):
    """Give an instant of the day."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


def test_manifest_is_read(logged):
    """Id, title, question, notes and window are those of the file; without alerts the logs tell the onset."""
    logged.write(
        "bundle.yaml",
        "version: 1\nid: INC/7\ntitle: T\nquestion: Q?\nnotes: N\n"
        "window: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T13:00:00Z}\n",
    )

    bundle = logged.read()

    assert (bundle.id, bundle.title, bundle.question, bundle.notes) == ("INC/7", "T", "Q?", "N")
    assert (bundle.window.start, bundle.window.end, bundle.onset) == (at(11), at(13), at(12))
    assert bundle.incident_id == "INC-7"
    assert bundle.warnings == ()


def test_missing_manifest_is_a_warning(logged):
    """The folder's name is the id, and the times of the logs are the window."""
    (logged.path / "bundle.yaml").unlink()

    bundle = logged.read()

    assert (bundle.id, bundle.onset, bundle.window.end) == ("bundle", at(12), at(12, 10))
    assert "bundle.yaml: it is missing" in bundle.warnings[0]


def test_change_before_the_failure_is_not_too_late(folder):
    """Without an alert the onset is where the failure came up in the logs, not the first time that any file tells."""
    (folder.path / "bundle.yaml").unlink()
    folder.write("changes/a.json", [{"id": "c1", "kind": "config", "time": "2026-11-23T09:40:00Z", "title": "x"}])
    folder.write("logs/a.log", "[2026-11-23 12:01:10,101] INFO ok\n[2026-11-23 12:03:02,313] ERROR failed\n")

    assert folder.read().onset == at(12, 3).replace(second=2)


def test_changes_tell_a_time_where_nothing_else_does(folder):
    """And where not even they do, nothing is made up."""
    (folder.path / "bundle.yaml").unlink()
    folder.write("changes/a.json", [{"id": "c1", "kind": "config", "time": "2026-11-23T09:40:00Z", "title": "x"}])
    assert folder.read().onset == at(9, 40)

    folder.write("changes/a.json", [])
    folder.write("logs/a.log", "ERROR failed\n")
    assert folder.read().onset == UNKNOWN_ONSET


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("version: [1", "bundle.yaml:1: it is not YAML"),
        ("- a\n", "no mapping"),
        ("version: 2\n", "version is 2"),
        ("version: 1\nwindow: noon\n", "no mapping with start and end"),
        ("version: 1\nwindow: {start: noon}\n", "window.start is no RFC 3339 time"),
        ("version: 1\nwindow: {start: 2026-11-23T12:00:00Z, end: 2026-11-23T11:00:00Z}\n", "ends before it starts"),
        ("version: 1\nalert: alerts/none.json\n", "alerts/none.json is not there"),
        ("version: 1\ncolour: red\n", "fields nobody reads: colour"),
    ],
)
def test_broken_manifest_is_a_warning(logged, text, warning):
    """Whatever is wrong with it, the log is still read."""
    logged.write("bundle.yaml", text)

    bundle = logged.read()

    assert len(bundle.evidence) == 1
    assert any(warning in item for item in bundle.warnings), bundle.warnings


def test_secret_in_a_title_is_hidden(logged):
    """People paste."""
    logged.write("bundle.yaml", "version: 1\ntitle: 'login with password=hunter2secret fails'\n")

    assert "hunter2secret" not in logged.read().title
