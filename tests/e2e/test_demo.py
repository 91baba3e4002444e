"""`fermata demo` as its users see it: by script, by key, and however they leave it."""

import json
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.e2e.company import ENVIRONMENT
from tests.e2e.conftest import list_processes
from tests.e2e.terminal import Terminal

from fermata.cli.demo.metrics_stack import find_programs

pytestmark = [
    pytest.mark.usefixtures("leaves_nothing"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits are enforced on Linux only"),
]
DEMO = [sys.executable, "-m", "fermata", "demo"]
# A first look must not take longer, on the smallest machine that is supported (two cores).
AT_MOST_S = 60
HELD = "Nothing runs until you say so"
CURES = {
    "memory": ("memory_limit_exceeded", ["supervisor.set_memory_limit"], "ulimit -d 131072"),
    "bad-config": ("invalid_environment_value", ["supervisor.set_env"], 'PAYMENT_TIMEOUT_MS="250",'),
    "bad-commit": ("faulty_commit", ["git.revert_commit", "supervisor.restart"], "-from operator import itemgetter"),
}
QUICK = ["--no-prometheus", "--scenario", "bad-config"]


@pytest.fixture
def env(tmp_path):
    """Give an environment whose temporary directory is the test's own."""
    (tmp_path / "tmp").mkdir()
    return ENVIRONMENT | {"TMPDIR": str(tmp_path / "tmp")}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play every scenario by script, and one without Prometheus, all at once; give what each of them left."""
    options = {scenario: ["--scenario", scenario] for scenario in CURES} | {"alone": ["--no-prometheus"]}

    # Not in the threads: the factory is not made for several at once.
    folders = {name: tmp_path_factory.mktemp(name) for name in options}

    def play(name):
        folder = folders[name]
        env = ENVIRONMENT | {"TMPDIR": str(folder)}
        done = subprocess.run([*DEMO, "--yes", "--json", *options[name]], env=env, capture_output=True, check=False)
        left = [*folder.iterdir(), *list_processes(folder)]
        return done.returncode, done.stdout.decode(), done.stderr.decode(), left

    with ThreadPoolExecutor(len(options)) as pool:
        return dict(zip(options, pool.map(play, options), strict=True))


@pytest.mark.parametrize("scenario", CURES)
def test_scripted_demo_reports_the_right_cure(played, scenario):
    """One JSON object on stdout: the cause, the action, the diff, and that it worked; the story is on stderr."""
    status, out, err, left = played[scenario]

    assert status == 0, err
    report = json.loads(out)
    cause, names, change = CURES[scenario]
    assert (report["scenario"], report["cause"], report["verification"]) == (scenario, cause, "restored")
    assert [action["name"] for action in report["plan"]["actions"]] == names
    assert change in report["plan"]["actions"][0]["diff"]
    assert (report["decision"], report["incident"]["state"]) == ({"state": "executed", "by": "dana"}, "resolved")
    assert list(report["seconds"]) == ["stage", "fermata", "alert", "plan", "decision", "fix", "total"]
    assert report["seconds"]["total"] < AT_MOST_S
    assert report["alert_source"].startswith("Prometheus" if find_programs() else "posted by the demo")
    assert left == []
    # No terminal: no codes, and no line is broken.
    assert "\x1b" not in err
    assert re.search(r"^ +\d+\.\ds  .* checkout.*[.;] ?.*$", err, re.MULTILINE)
    assert "The hash chain holds" in err
    # Where the limit is the cause, whether the commit that asks for more is named too hangs on when its errors came.
    if cause != "memory_limit_exceeded":
        assert (report["guilty_change"] is not None) == (cause == "faulty_commit")
    assert_signed(report["postmortem"], names, report["guilty_change"])
    assert "The post-mortem's draft" in err


def assert_signed(draft, names, guilty):
    """The draft tells what happened, in its order, each line with its source; and nothing else."""
    told = [line["text"] for line in draft["timeline"]]
    executed = [f"Executed {name} on " for name in names]
    # A commit that is guilty is told before what it did.
    changed = [f"Changed, in commit {guilty[:7]}"] if guilty else []
    begins = [*changed, "Alert", "Proposed plan ", "Approved plan ", *executed]
    assert [text[: len(start)] for text, start in zip(told, begins, strict=False)] == begins
    # On a busy machine another alert may fire before the fix holds.
    assert {text.split(" ")[0].rstrip("s") for text in told[len(begins) :]} == {"Alert", "Restored,"}
    assert draft["timeline"][begins.index("Approved plan ")]["actor"] == "Dana Demo"
    assert all(line["citations"] for line in draft["timeline"])
    assert [name for name, at in draft["key_times"].items() if at is None] == ["declared"]
    assert draft["contributing_factors"]
    # Those who changed something in the shop's story: nobody is to blame.
    assert not re.search("Lindqvist|Tanaka|Haddad|Brandt", draft["document"])
    assert draft["document"].startswith("---\ncase: ")
    assert draft["file"] is None


def test_demo_without_prometheus_posts_its_own_alert(played):
    """Where there is no Prometheus, the same happens, and it is said who sent the alert."""
    status, out, err, _ = played["alone"]

    assert status == 0, err
    report = json.loads(out)
    assert report["verification"] == "restored"
    assert report["alert_source"] == "posted by the demo in Alertmanager's format (Prometheus is switched off)"
    assert report["alert_source"] in err


def test_key_a_approves_and_no_other_key_does(env, tmp_path):
    """An arrow key ends in the letter A and pasted text holds it: neither is a word; the key pressed alone is."""
    with Terminal([*DEMO, *QUICK, "--scenario", "bad-commit"], env=env, columns=120) as terminal:
        terminal.wait_for("waiting for the shop")
        terminal.press(b"a")
        terminal.wait_for(HELD)
        for keys in (b"\x1b[A", b"x", b"\x1bOA", b"yes, aa\n", b"\x1b[", b"A", b"z"):
            terminal.press(keys)
            time.sleep(0.1)
        # Twice the demo's own poll: whatever these keys did would show by now.
        time.sleep(0.8)
        terminal.read()
        assert "Approved" not in terminal.text
        terminal.press(b"a")

        assert terminal.wait() == 0
        assert "Approved by dana" in terminal.text
        assert "Restored: dana approved plan" in terminal.text
        assert "fermata demo --scenario memory" in terminal.text
        assert terminal.is_as_before
    assert list((tmp_path / "tmp").iterdir()) == []


def test_key_r_rejects_and_the_directory_can_be_used_again(env, tmp_path):
    """Rejected: nothing is executed, exit status 1. The files of --dir stay, and the next demo there begins anew."""
    kept = tmp_path / "kept"
    with Terminal([*DEMO, *QUICK, "--dir", kept], env=env, columns=80) as terminal:
        terminal.wait_for(HELD)
        terminal.press(b"r")

        assert terminal.wait() == 1
        assert "Nothing was executed: dana rejected plan" in terminal.text
        assert terminal.is_as_before
        assert_fits(terminal.text, 80)
    assert 'PAYMENT_TIMEOUT_MS="250ms"' in (kept / "stage" / "conf.d" / "checkout.ini").read_text()
    show = [sys.executable, "-m", "fermata", "--config", kept / "fermata.yaml", "show", "--json"]
    view = json.loads(subprocess.run(show, env=env, capture_output=True, check=True).stdout)
    assert (view["proposal"]["state"], view["executions"]) == ("rejected", [])

    draft = (kept / "postmortem.md").read_text()
    assert "Rejected plan" in draft
    assert "mitigated: null\nresolved: null\n" in draft

    again = subprocess.run([*DEMO, *QUICK, "--dir", kept, "--yes", "--json"], env=env, capture_output=True, check=False)

    assert again.returncode == 0, again.stderr.decode()
    report = json.loads(again.stdout)
    assert report["verification"] == "restored"
    assert report["incident"]["id"] != view["incident"]["id"]
    assert 'PAYMENT_TIMEOUT_MS="250"' in (kept / "stage" / "conf.d" / "checkout.ini").read_text()


def assert_fits(text, columns):
    """No line is longer than the screen, unless one word of it is: a path or a link that must stay whole."""
    for line in text.splitlines():
        shown = line.rpartition("\r")[2]
        assert len(shown) <= columns or max(map(len, shown.split())) > columns // 2, shown


WAYS_OUT = {
    "ctrl-c while it starts": ("git repository", b"\x03", 130),
    "ctrl-c while held": (HELD, b"\x03", 130),
    "q while held": (HELD, b"q", 130),
    "sigterm while held": (HELD, signal.SIGTERM, 128 + signal.SIGTERM),
}


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """Leave a demo in every way, all at once; give the status, the terminal and the temporary directory of each."""
    folders = {name: tmp_path_factory.mktemp("left") for name in WAYS_OUT}

    def leave(name):
        moment, word, _ = WAYS_OUT[name]
        folder = folders[name]
        with Terminal([*DEMO, *QUICK], env=ENVIRONMENT | {"TMPDIR": str(folder)}) as terminal:
            terminal.wait_for(moment)
            time.sleep(0.3)
            terminal.press(word) if isinstance(word, bytes) else terminal.program.send_signal(word)
            return terminal.wait(20), terminal.text, terminal.is_as_before, folder

    with ThreadPoolExecutor(len(WAYS_OUT)) as pool:
        return dict(zip(WAYS_OUT, pool.map(leave, WAYS_OUT), strict=True))


@pytest.mark.parametrize("way", WAYS_OUT)
def test_left_demo_cleans_up_after_itself(left, way):
    """However it is left: no process, no temporary directory, the terminal as it was, and a word about it."""
    status, text, is_as_before, folder = left[way]

    assert status == WAYS_OUT[way][2], text
    assert is_as_before
    assert "Traceback" not in text
    assert ("you quit; nothing was executed" if way.startswith("q") else "interrupted; everything is stopped") in text
    assert list(folder.iterdir()) == []
    assert list_processes(folder) == []


def test_closed_window_leaves_nothing(env, tmp_path):
    """Whoever closes the terminal's window ends the shop too."""
    with Terminal([*DEMO, *QUICK], env=env) as terminal:
        terminal.wait_for("shoppers are being served")
        terminal.close()
        terminal.program.wait(15)

    assert list((tmp_path / "tmp").iterdir()) == []


def test_somebodys_directory_is_not_taken(env, tmp_path):
    """A directory with a real `fermata.yaml` in it is refused before anything is written."""
    (tmp_path / "mine").mkdir()
    mine = tmp_path / "mine" / "fermata.yaml"
    mine.write_text("state_dir: state\n")

    refused = subprocess.run([*DEMO, "--dir", mine.parent, "--yes"], env=env, capture_output=True, check=False)

    assert refused.returncode == 2
    assert b"holds files that are not the demo's" in refused.stderr
    assert list(mine.parent.iterdir()) == [mine]
    assert mine.read_text() == "state_dir: state\n"
