"""Diagnosis of a folder on the command line: for people, for machines, and when nothing can be used."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.cli.desk import run

from fermata.rules.signatures import CATALOGUE

SRC = Path(__file__).parents[3] / "src"
LOG = """\
2026-11-23T12:03:02Z ERROR request failed
Traceback (most recent call last):
  File "/srv/checkout/pricing.py", line 42, in total
    return base * factor
TypeError: unsupported operand
"""
COMMIT = {
    "id": "9f1c2ab",
    "kind": "commit",
    "time": "2026-11-23T11:40:00Z",
    "repo": "checkout",
    "title": "Price bundles",
    "author": "ada",
    "diff": "--- a/checkout/pricing.py\n+++ b/checkout/pricing.py\n@@ -41,1 +41,2 @@\n x\n+    return base * factor\n",
}


@pytest.fixture
def bundle(tmp_path):
    """Give a bundle in which a commit is guilty."""
    folder = tmp_path / "shop-1"
    for name in ("logs", "changes", "alerts"):
        (folder / name).mkdir(parents=True)
    (folder / "bundle.yaml").write_text("version: 1\nid: shop-1\ntitle: checkout fails\n")
    (folder / "logs" / "checkout.log").write_text(LOG)
    (folder / "changes" / "c.json").write_text(json.dumps(COMMIT))
    alert = {"title": "down", "service": "checkout", "started_at": "2026-11-23T12:04:00Z", "status": "firing"}
    (folder / "alerts" / "a.json").write_text(json.dumps(alert))
    return folder


def test_bundle_is_diagnosed_for_machines(bundle):
    """One JSON object on stdout and nothing beside it."""
    result = run("investigate", "--bundle", bundle, "--offline", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json["verdict"] == "identified"
    assert result.json["guilty_change"] == "9f1c2ab"
    assert result.json["hypotheses"][0]["cause"] == "faulty_commit"
    assert "logs/checkout.log:5" in [item["source"] for item in result.json["hypotheses"][0]["citations"]]


def test_bundle_is_diagnosed_for_people(bundle):
    """What is wrong, the quoted lines with their places, the guilty change, and what to do."""
    result = run("investigate", "--bundle", bundle)

    assert result.code == 0
    for words in ("What is wrong", "logs/checkout.log:5", "TypeError: unsupported operand", "guilty: 9f1c2ab"):
        assert words in result.out


def test_change_is_named_as_people_know_it(bundle):
    """Its kind, title, author and time stand beside a short id; how much each sign weighs is left to --json."""
    sha = "9f1c2ab0" * 5
    (bundle / "changes" / "c.json").write_text(json.dumps(COMMIT | {"id": sha}))

    told = run("investigate", "--bundle", bundle).out.partition("\nChanges\n")[2].partition("\n\n")[0]

    assert 'guilty: 9f1c2ab09f1c, commit "Price bundles" by ada, 2026-11-23T11:40:00' in told
    assert sha not in told
    assert re.search(r"\([+-]\d", told) is None


def test_undetermined_bundle_says_what_would_settle_it(bundle):
    """Without the commit nothing explains the failure: the checks are named, and nobody is blamed."""
    (bundle / "changes" / "c.json").unlink()

    result = run("investigate", "--bundle", bundle)

    assert "The cause is undetermined" in result.out
    assert "What would settle it" in result.out


def test_broken_file_is_a_warning_on_stderr(bundle):
    """The rest is used, the exit code stays 0, and the file is named with line and reason, to machines too."""
    (bundle / "changes" / "broken.json").write_text('{"id": "x",\n "time": }')
    (bundle / "notes.docx").write_text("?")

    result = run("investigate", "--bundle", bundle, "--json")

    assert result.code == 0
    assert "changes/broken.json:2: it is not JSON" in result.err
    assert "notes.docx" in result.err
    assert result.json["guilty_change"] == "9f1c2ab"
    assert result.json["unknown_files"] == ["notes.docx"]
    assert any("changes/broken.json:2" in item["why"] for item in result.json["missing"])


def test_what_is_missing_is_told_to_people(bundle):
    """Gaps stand in the report as well, cut at ten."""
    for number in range(12):
        (bundle / "changes" / f"broken-{number:02}.json").write_text("{")

    out = run("investigate", "--bundle", bundle).out

    assert "What is missing" in out
    assert "2 more: see --json" in out


def test_collectors_that_failed_alike_are_named_in_one_line(tmp_path):
    """Nine of one engine that hangs are one thing to read; what would settle it is said once, too."""
    names = ("docker.state", "docker.logs", "postgres.statements")
    gaps = [{"collector": name, "reason": "timed out after 5s"} for name in names]
    (tmp_path / "alerts").mkdir()
    (tmp_path / "evidence").mkdir()
    alert = {"title": "down", "service": "checkout", "started_at": "2026-11-23T12:04:00Z", "status": "firing"}
    (tmp_path / "alerts" / "a.json").write_text(json.dumps(alert))
    (tmp_path / "evidence" / "gaps.json").write_text(json.dumps({"fermata": "gaps", "gaps": gaps}))

    out = run("investigate", "--bundle", tmp_path).out

    assert "  docker.state, docker.logs, postgres.statements: timed out after 5s\n" in out
    assert out.count("Investigate again: nothing was collected") == 1
    assert "What would settle it stands above" in out


@pytest.mark.parametrize("content", [None, "empty", "unusable"])
def test_nothing_usable_is_exit_2(tmp_path, content):
    """No such folder, an empty one, or one without a single usable file: an error with the reason."""
    folder = tmp_path / "bundle"
    if content:
        folder.mkdir()
    if content == "unusable":
        (folder / "kubectl.json").write_text("{")

    result = run("investigate", "--bundle", folder, "--json")

    assert (result.code, result.out) == (2, "")
    assert str(folder) in result.err


def test_text_from_a_bundle_moves_no_cursor(bundle):
    """A log line that a terminal would obey is shown, not obeyed; nor is it markup."""
    (bundle / "logs" / "checkout.log").write_text(LOG.replace("unsupported", "\x1b[2J[red]unsupported"))

    for result in (run("investigate", "--bundle", bundle), run("investigate", "--bundle", bundle, "--json")):
        assert "\x1b" not in result.out + result.err
        assert "[red]unsupported" in result.out


@pytest.mark.parametrize("words", [[], ["latest", "--bundle", "."], ["latest", "--offline"]])
def test_incident_and_bundle_are_one_or_the_other(words, desk):
    """Neither, both, or a live incident offline: the command says how it is used."""
    result = desk.run("investigate", *words)

    assert (result.code, result.out) == (2, "")
    assert "--bundle" in result.err


def test_empty_folder_name_is_a_usage_error():
    """An unset variable of a script must not name the working directory."""
    result = run("investigate", "--bundle", "")

    assert (result.code, result.out) == (2, "")
    assert "--bundle" in result.err


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "can be used: it is empty. See docs/bundle.md"),
        ({"bundle.yaml": "version: 1"}, "can be used: nothing but bundle.yaml is in it."),
        ({"red.csv": "x"}, "files nobody reads: red.csv; red.csv would be read under metrics/. See"),
        ({f"changes/{n:02}.json": "{" for n in range(23)}, "changes/19.json:1: it is not JSON"),
        ({f"changes/{n:02}.json": "{" for n in range(23)}, "; and 3 more. See"),
    ],
)
def test_folder_of_which_nothing_can_be_used_says_why(tmp_path, files, reason):
    """Each file by name, or how many more there are."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    result = run("investigate", "--bundle", tmp_path)

    assert result.code == 2
    assert reason in result.err


def test_text_from_a_bundle_forges_no_line_of_the_report(bundle):
    """Line feeds in ids, titles, names and services cannot begin a line."""
    forged = "x\nWhat is wrong\n  nothing at all"
    (bundle / "bundle.yaml").write_text(json.dumps({"version": 1, "id": forged, "title": forged}))
    (bundle / "changes" / "c.json").write_text(json.dumps({**COMMIT, "id": forged, "title": forged, "author": forged}))
    (bundle / "logs" / f"{forged.replace('/', '')}.log").write_text(LOG)
    (bundle / f"{forged}.docx").write_text("?")
    (bundle / "changes" / "d.json").write_text(json.dumps([{"id": forged, "kind": forged}]))

    result = run("investigate", "--bundle", bundle)

    lines = (result.out + result.err).splitlines()
    assert lines.count("What is wrong") == 1
    assert "  nothing at all" not in lines


class _Screen(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self):
        """Answer as a terminal does."""
        return True


def test_report_keeps_within_a_terminal(bundle, monkeypatch):
    """Quoted lines go on below themselves, and what is missing is said once."""
    (bundle / "logs" / "checkout.log").write_text(LOG.replace("operand", "operand " + "x" * 200 + " y" * 60))
    (bundle / "changes" / "broken.json").write_text("{")
    screen = _Screen()
    console = Console(file=screen, width=80, highlight=False, force_terminal=True, color_system=None)
    for module in ("output", "diagnoses", "bundles"):
        monkeypatch.setattr(f"fermata.cli.{module}.get_console", lambda: console)

    result = run("investigate", "--bundle", bundle)

    lines = screen.getvalue().splitlines()
    assert max(len(line) for line in lines if line.startswith("      ")) <= 80
    assert len([line for line in lines if line.startswith("      ") and "y y y" in line]) >= 2
    assert sum("broken.json:1" in line for line in lines) == 1
    assert "broken.json" not in result.err


@pytest.mark.parametrize(("width", "line"), [(80, 1), (120, 0)])
def test_catalogue_fits_a_terminal(monkeypatch, width, line):
    """A table of its own there, and a paragraph for each signature where a table would be a pile of syllables."""
    screen = _Screen()
    console = Console(file=screen, width=width, highlight=False, force_terminal=True, color_system=None)
    for module in ("output", "bundles"):
        monkeypatch.setattr(f"fermata.cli.{module}.get_console", lambda: console)

    run("signatures")

    lines = screen.getvalue().splitlines()
    assert ["what it is" in text for text in lines[:2]] == [line == 0, line == 1]
    assert max(map(len, lines)) <= width


def test_signatures_are_listed():
    """The catalogue that causes come from, for people and for machines."""
    piped, listed = run("signatures").out, run("signatures", "--json").json

    assert [item["id"] for item in listed] == [item.id for item in CATALOGUE]
    assert piped.splitlines() == [f"{item.id}\t{item.title}" for item in CATALOGUE]
    assert set(listed[0]) == {"id", "title", "looks_at", "ruled_out_by", "confidence", "action", "names", "docs"}


def test_live_incident_is_exported_and_diagnosed_the_same(desk, tmp_path):
    """`incidents export` writes a folder that `investigate --bundle` reads to the same causes."""
    held = desk.send()

    told = desk.run("incidents", "export", "latest", "--to", tmp_path / "out")
    answer = run("investigate", "--bundle", tmp_path / "out", "--json").json

    assert "3 pieces of evidence and 1 alerts" in told.out
    assert answer["incident"] == held.incident.id
    assert [item["cause"] for item in answer["hypotheses"]] == [item.cause for item in held.diagnosis.hypotheses]
    assert answer["plan"]["actions"][0]["name"] == "rehearsal.set_memory_limit"


def test_export_is_told_to_machines(desk, tmp_path):
    """Where it is and how much; into a folder that holds something nothing is written."""
    desk.send()

    first = desk.run("incidents", "export", "latest", "--to", tmp_path / "out", "--json")
    again = desk.run("incidents", "export", "latest", "--to", tmp_path / "out")

    assert first.json == {"folder": str(tmp_path / "out"), "evidence": 3, "alerts": 1}
    assert again.code == 2
    assert "not empty" in again.err


def test_bundle_needs_neither_store_nor_engine(bundle):
    """Start-up time: what a live house needs is not even imported."""
    code = (
        "import sys; from fermata.cli.main import main\n"
        f"sys.argv = ['fermata', 'investigate', '--bundle', {str(bundle)!r}, '--json']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('dbos', 'sqlalchemy', 'starlette', 'fermata.bootstrap') if name in sys.modules],"
        " file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(SRC)}, check=True
    )

    assert done.stderr == "[]\n"


def test_one_cause_is_shown():
    """By its id alone, as a diagnosis writes it, or with the word for it."""
    short, long = run("signatures", "disk_full"), run("signatures", "show", "disk-full")

    assert (short.code, short.out) == (0, long.out)
    assert short.out.startswith("disk_full: A disk is full\n")
    assert "  see: docs/signatures.md#disk_full" in short.out
    assert run("signatures", "disk_full", "--json").json["id"] == "disk_full"


@pytest.mark.parametrize(("cause", "hint"), [("disk_ful", "Is it disk_full?"), ("zzz", "`fermata signatures`")])
def test_cause_that_there_is_not_is_refused(cause, hint):
    """With what it may be."""
    result = run("signatures", cause)

    assert (result.code, result.out) == (2, "")
    assert hint in result.err


def test_two_bundles_are_refused(bundle):
    """The last would win, and nobody would know."""
    result = run("investigate", "--bundle", bundle, "--bundle", bundle, "--offline")

    assert (result.code, result.out) == (2, "")
    assert "--bundle was given 2 times" in result.err


def test_files_beside_their_folder_are_told_where_they_belong(bundle):
    """Of those that nobody reads, on stderr."""
    (bundle / "more.log").write_text(LOG)

    result = run("investigate", "--bundle", bundle, "--offline")

    assert "files nobody reads: more.log; more.log would be read under logs/" in result.err


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("-client_max_body_size 64m;\n+client_max_body_size 60m;", "no change is guilty"),
        ("-forward . /etc/resolv.conf\n+forward . 10.9.9.9", "leads, and the first of these may have brought it"),
    ],
    ids=["untied", "tied"],
)
def test_changes_are_cleared_only_where_none_is_suspect(bundle, config, words):
    """A cause that leads does not acquit the change that may have brought it."""
    line = "2026-11-23T12:0{}:01Z ERROR lookup api.acme.example on 172.20.0.10:53: no such host\n"
    calm = "".join(f"2026-11-23T11:{minute:02}:01Z INFO ok {minute}\n" for minute in range(60))
    (bundle / "logs" / "checkout.log").write_text(calm + "".join(line.format(minute) for minute in range(1, 9)))
    record = COMMIT | {"kind": "config", "service": "dns", "time": "2026-11-23T12:00:00Z"}
    diff = f"--- a/dns/resolv.yaml\n+++ b/dns/resolv.yaml\n@@ -1,1 +1,1 @@\n{config}\n"
    (bundle / "changes" / "c.json").write_text(json.dumps(record | {"diff": diff}))

    assert words in run("investigate", "--bundle", bundle).out


def test_change_that_nothing_ties_is_not_said_to_have_brought_it(bundle):
    """Where no cause outside clears the changes, having been near is still no accusation."""
    pods = "NAME    READY   STATUS             RESTARTS   AGE\npay-1   0/1     ImagePullBackOff   0          9m\n"
    event = "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE\n9m          Warning   Failed   pod/pay-1   {}\n"
    why = 'Failed to pull image "r.example/a:1": rpc error: code = NotFound desc = r.example/a:1: not found'
    (bundle / "objects").mkdir(exist_ok=True)
    (bundle / "objects" / "k.txt").write_text(f"$ kubectl get pods\n{pods}$ kubectl get events\n{event.format(why)}")
    (bundle / "changes" / "c.json").write_text(
        json.dumps(COMMIT | {"diff": "--- a/a.yml\n+++ b/a.yml\n@@ -1 +1 @@\n-title: x\n+title: y\n"})
    )

    out = run("investigate", "--bundle", bundle).out

    assert "no change is named: another cause leads, and nothing ties one of these to it closely" in out


def test_change_that_nobody_read_is_neither_named_nor_cleared(bundle):
    """A cause outside leads, and still nobody knows what that change did; whoever reads it learns why none is named."""
    line = "2026-11-23T12:0{}:01Z ERROR lookup api.acme.example on 172.20.0.10:53: no such host\n"
    (bundle / "logs" / "checkout.log").write_text("".join(line.format(minute) for minute in range(1, 9)))
    record = COMMIT | {"kind": "config", "service": "stock", "time": "2026-11-23T09:00:00Z", "diff": ""}
    (bundle / "changes" / "c.json").write_text(json.dumps(record))

    out = run("investigate", "--bundle", bundle).out

    assert "no change is named: none that was read was in effect where it hurts when it began" in out
    assert "no change is guilty" not in out
