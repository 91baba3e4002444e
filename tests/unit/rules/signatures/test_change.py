from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.rules.signatures.conftest import Scene, build_stack
from tests.unit.rules.signatures.rollouts import RolledTown

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, LogFacts
from fermata.rules.signatures.change import FAULTY_COMMIT

ONSET = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)
CONTAINER = "docker:container/checkout/shop-checkout-1"
GUILTY = "abc1234" * 5 + "abcde"
DECOY = "dec0dec" * 5 + "abcde"
FILE = "services/checkout.py"
FRAMES = ("/srv/shop/services/checkout.py:60:check_out", "/srv/shop/services/checkout.py:41:total_cents")
BROKEN = "TypeError: 'int' object is not iterable"
DIFF = [f"--- a/{FILE}", f"+++ b/{FILE}", "@@ -40,2 +40,3 @@ def total_cents(lines):", "+    total_cents_code()"]


@pytest.fixture
def failing(scene, stack):
    """Give checkout running, restarted before the onset, with a traceback into line 41."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    return scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])


def test_commit_that_wrote_the_failing_line_is_reverted_and_restarted(failing):
    """Revert first, then restart: in this order, or the revert has no effect."""
    failing.change(GUILTY, {FILE: [40, 41]}, diff=DIFF, title="Speed up totals")

    (found,) = failing.match(FAULTY_COMMIT)

    assert [(item.name, item.target.ref, dict(item.parameters)) for item in found.suggestions] == [
        ("git.revert_commit", "git:repository/shop", {"commit": GUILTY}),
        ("supervisor.restart", "supervisor:process/checkout", {}),
    ]
    assert found.confidence == 0.9
    assert [citation.quote for citation in found.citations] == [BROKEN, DIFF[-1]]
    assert found.entity.ref == "supervisor:process/checkout"
    assert "abc1234 (Speed up totals) by Tomás wrote services/checkout.py:41" in found.text
    assert failing.diagnose().guilty_change == GUILTY


def test_later_commit_to_another_file_is_a_decoy(failing):
    """The latest change is not the guilty one for being the latest."""
    failing.change(DECOY, {"README.md": [1]}, before=timedelta(seconds=5))
    failing.change(GUILTY, {FILE: [41]})

    assert failing.diagnose().guilty_change == GUILTY


def test_line_beats_function_beats_file(failing):
    """The change that leads there most closely is blamed, not the latest."""
    failing.change(DECOY, {FILE: [1]}, before=timedelta(seconds=5))
    failing.change("f00f00f", {FILE: [42]}, diff=DIFF, before=timedelta(seconds=10))
    failing.change(GUILTY, {FILE: [41]})

    assert [found.suggestions[0].parameters["commit"] for found in failing.match(FAULTY_COMMIT)] == [GUILTY]


def test_same_function_is_weaker_and_same_file_suggests_nothing(failing):
    """A file that fits is a reason to read, not to revert."""
    (function,) = failing.change(GUILTY, {FILE: [43]}, diff=DIFF).match(FAULTY_COMMIT)
    failing.evidence.pop()
    (file,) = failing.change(GUILTY, {FILE: [3]}).match(FAULTY_COMMIT)

    assert (function.confidence, len(function.suggestions)) == (0.6, 2)
    assert (file.confidence, file.suggestions) == (0.4, ())
    assert file.person_must.startswith("Read commit abc1234 by Tomás")
    assert file.citations[1].quote == f"+++ b/{FILE}"


def test_caller_of_the_failing_line_is_a_little_weaker(failing):
    """A wrong argument fails one call further in."""
    (found,) = failing.change(GUILTY, {FILE: [60]}).match(FAULTY_COMMIT)

    assert found.confidence == 0.85


def test_library_frames_are_not_the_programs_own(scene, stack):
    """The innermost frame in the program's own code counts, however deep the library goes."""
    library = [f"/usr/lib/python3.11/json/decoder.py:{line}:decode" for line in range(5)]
    scene.logs(stack(BROKEN, *FRAMES, *library)).change(GUILTY, {FILE: [41]})

    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.9


def test_module_level_and_syntax_errors_have_no_function(scene, stack):
    """Such a frame is compared by line and file only."""
    scene.logs(stack("NameError: x", f"{FILE}:3:<module>")).change(GUILTY, {FILE: [9]})
    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.4

    scene.evidence.clear()
    scene.logs([f'  File "{FILE}", line 12', "SyntaxError: never closed"]).change(GUILTY, {FILE: [12]}, author="")
    (found,) = scene.match(FAULTY_COMMIT)
    assert found.confidence == 0.9
    assert " by " not in found.text


def test_frame_of_a_cause_counts(scene, stack):
    """The commit may have broken what was raised first."""
    sentence = "The above exception was the direct cause of the following exception:"
    outer = stack("RuntimeError: no total", "/srv/shop/services/httpd.py:9:answer")
    scene.logs([*stack(BROKEN, *FRAMES), "", sentence, "", *outer]).change(GUILTY, {FILE: [41]})

    assert scene.match(FAULTY_COMMIT)[0].confidence == 0.9


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (timedelta(minutes=59), True),
        (timedelta(hours=2), False),
        (timedelta(seconds=-90), True),
        (timedelta(minutes=-3), False),
    ],
)
def test_change_lies_in_the_window_before_the_onset(scene, stack, before, found):
    """Clocks differ by up to two minutes; what is dated later came later."""
    scene.logs(stack(BROKEN, *FRAMES)).change(GUILTY, {FILE: [41]}, before=before)

    matches = scene.match(FAULTY_COMMIT)

    assert bool(matches) is found
    if before == timedelta(seconds=-90):
        assert "1m 30s after the onset: clocks differ, or the alert began for another reason." in matches[0].text


def test_process_started_before_the_commit_does_not_run_it(scene, stack):
    """What was not loaded cannot fail."""
    scene.state("running").logs(stack(BROKEN, *FRAMES)).change(GUILTY, {FILE: [41]})

    assert scene.match(FAULTY_COMMIT) == []


def test_failure_that_is_older_than_the_commit_is_not_its_work(failing, stack):
    """The same exception in the same function was logged half an hour before anybody changed it."""
    failing.logs(["2026-11-23T09:20:00Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)], stream="old")

    assert failing.change(GUILTY, {FILE: [41]}).match(FAULTY_COMMIT) == []


def test_older_failure_of_another_kind_excuses_nothing(failing, stack):
    """Another exception, another function, or a plain line before the commit is another story."""
    for words in (stack("OSError: x", *FRAMES), stack(BROKEN, f"{FILE}:3:other"), ["ERROR x"]):
        failing.logs(["2026-11-23T09:20:00Z INFO x", "", *words, "2026-11-23T09:20:01Z INFO x"], stream=words[-1])

    assert failing.change(GUILTY, {FILE: [41]}).match(FAULTY_COMMIT)


@pytest.mark.parametrize(
    "error", ["MemoryError", "OSError: [Errno 28] No space left on device", "OSError: Too many open files"]
)
def test_exhaustion_is_not_faulty_code(scene, stack, error):
    """The code is where it shows, not what is wrong."""
    scene.logs(stack(error, *FRAMES)).change(GUILTY, {FILE: [41]})

    assert scene.match(FAULTY_COMMIT) == []


@pytest.mark.parametrize(
    "facts",
    [{"revertible": False}, {"kind": "deployment"}, {"repository": ""}, {"repository": "git:repository/other/x/y"}],
)
def test_change_that_cannot_be_reverted_here_needs_a_person(failing, facts):
    """It is still blamed; somebody has to mend it."""
    (found,) = failing.change(GUILTY, {FILE: [41]}, **facts).match(FAULTY_COMMIT)

    assert found.suggestions == ()
    assert "abc1234" in found.person_must


@pytest.mark.parametrize(
    ("system", "action"), [("github", "github.open_pull_request"), ("gitlab", "gitlab.open_merge_request")]
)
def test_commit_of_a_forge_is_taken_back_by_a_request(failing, system, action):
    """Nothing runs otherwise before a person merges it, so that nothing is restarted; the request says why."""
    failing.change(GUILTY, {FILE: [41]}, repository=f"{system}:repository/shop/shop", revertible=None)

    assert failing.match(FAULTY_COMMIT)[0].suggestions == ()
    failing.actions |= {action}
    (found,) = failing.match(FAULTY_COMMIT)

    (suggestion,) = found.suggestions
    assert (suggestion.name, suggestion.target.ref) == (action, f"{system}:repository/shop/shop")
    assert suggestion.parameters["revert"] == GUILTY
    assert suggestion.parameters["why"] == f"Incident {failing.build().scope.incident_id}: {found.text}"
    assert set(suggestion.parameters) == {"revert", "why"}


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_request_that_its_own_dry_run_refuses_is_not_suggested(failing, system):
    """A first commit or a merge on a forge: a person reads it, and no plan is drafted only to be refused."""
    failing.actions |= {"github.open_pull_request", "gitlab.open_merge_request"}
    failing.change(GUILTY, {FILE: [41]}, repository=f"{system}:repository/shop/shop", revertible=False)

    (found,) = failing.match(FAULTY_COMMIT)

    assert found.suggestions == ()
    assert "abc1234" in found.person_must


@pytest.mark.parametrize("missing", ["git.revert_commit", "supervisor.restart"])
def test_half_a_cure_is_not_suggested(failing, missing):
    """A revert without a restart changes nothing that runs."""
    failing.actions -= {missing}

    assert failing.change(GUILTY, {FILE: [41]}).match(FAULTY_COMMIT)[0].suggestions == ()


def test_diff_that_was_not_read_blames_nobody(failing):
    """A change may be named a cause only if its diff was read."""
    assert failing.change(GUILTY, {FILE: [41]}, diff_read=False).match(FAULTY_COMMIT) == []


def test_plain_error_lines_and_other_files_blame_nobody(failing):
    """Without a frame in a changed file there is nothing to go by."""
    assert (
        failing.logs(["ERROR x"], stream="stdout").change(GUILTY, {"services/profile.py": [41]}).match(FAULTY_COMMIT)
        == []
    )


@pytest.fixture
def container(scene, stack):
    """Give a container with a traceback into line 41, and the commit that wrote it."""
    scene.add(EvidenceKind.LOGS, CONTAINER, [*stack(BROKEN, *FRAMES)], {"stream": "stderr"})
    return scene.change(GUILTY, {FILE: [41]}, before=timedelta(minutes=10))


def deploy(scene, ref, *, before, kind="deployment"):
    """Say that a container was created from another image than the one before."""
    facts = ChangeFacts(id="docker:1", kind=kind, title="2 for 1", changed_at=ONSET - before, diff_read=True)
    return scene.add(EvidenceKind.CHANGE, ref, ["+layer COPY checkout.py"], facts)


def test_container_goes_back_to_the_image_before_the_commit(container):
    """Where images run, a commit taken back changes nothing: the release that brought it is taken back."""
    deploy(container, CONTAINER, before=timedelta(minutes=5))

    (found,) = container.match(FAULTY_COMMIT)

    assert [(item.name, item.target.ref, dict(item.parameters)) for item in found.suggestions] == [
        ("docker.recreate_with_previous_image", CONTAINER, {"image": "previous"})
    ]


def test_container_of_an_unknown_release_gets_a_request(container):
    """Which image brought it is not known; the forge that holds the commit can take it back."""
    container.evidence.pop()
    container.change(GUILTY, {FILE: [41]}, repository="github:repository/shop/shop", before=timedelta(minutes=10))
    container.actions |= {"github.open_pull_request"}

    (found,) = container.match(FAULTY_COMMIT)

    assert [item.name for item in found.suggestions] == ["github.open_pull_request"]


@pytest.mark.parametrize(
    ("ref", "before", "kind"),
    [
        (CONTAINER, timedelta(minutes=50), "deployment"),
        ("docker:container/profile", timedelta(minutes=5), "deployment"),
        (CONTAINER, timedelta(minutes=5), "release"),
    ],
)
def test_release_that_did_not_bring_the_commit_is_not_taken_back(container, ref, before, kind):
    """It was deployed before the commit, or is another container's, or is no deployment."""
    deploy(container, ref, before=before, kind=kind)

    (found,) = container.match(FAULTY_COMMIT)

    assert found.suggestions == ()
    assert found.person_must.startswith("Read commit abc1234")


def test_commit_that_a_rollout_brought_is_taken_back_by_the_revision_before():
    """In a cluster the way back has a number; without proof that it ran there is none."""
    frames = build_stack(BROKEN, *FRAMES)
    town = RolledTown().rolled(ready=1)
    town.changes = [
        ((GUILTY, {FILE: [41]}), {"before": timedelta(minutes=3)}, Entity.parse("service/web")),
        (
            ("shop/deployment/web@2", {}),
            {"kind": "rollout", "ref": "revision 2"},
            Entity.parse("kubernetes:deployment/shop/web"),
        ),
    ]
    proven, unproven = town.case(), _without(town, "readyReplicas")

    found = [_match_with_log(case, frames) for case in (proven, unproven)]

    assert [(item.name, dict(item.parameters)) for item in found[0].suggestions] == [
        ("kubernetes.rollback_to_revision", {"revision": 1})
    ]
    assert (found[1].suggestions, bool(found[1].person_must)) == ((), True)


def _without(town, count):
    """Return the case of a town whose replica sets do not tell a count."""
    for body in town.bodies:
        body["status"].pop(count, None)
    return town.case()


def _match_with_log(case, lines):
    """Return what the signature finds when the deployment's pods wrote these lines."""
    scene = Scene().add(EvidenceKind.LOGS, "kubernetes:deployment/shop/web", lines, {"path": "shop__web-2-a__app.log"})
    with_log = replace(case, evidence=(*case.evidence, *scene.evidence))
    (found,) = FAULTY_COMMIT.match(with_log)
    return found


REMOVES = [
    f"--- a/{FILE}",
    f"+++ b/{FILE}",
    "@@ -40,2 +40,2 @@ def total_cents(lines):",
    "-    total_cents_code()",
    "+    x",
]


def test_revert_of_the_failing_line_is_not_guilty_of_it(failing):
    """The log still holds the failures from before; to revert the revert would bring them back."""
    failing.change(DECOY, {FILE: [41]}, diff=REMOVES, before=timedelta(seconds=10), title='Revert "Speed up totals"')

    assert failing.match(FAULTY_COMMIT) == []
    assert failing.diagnose().changes[0].why.startswith("Ruled out: it took away the very lines that fail")


def test_line_that_moved_or_stands_twice_is_still_judged(failing):
    """What a commit takes away and writes anew, or what stands beside it, may be what fails."""
    failing.change(GUILTY, {FILE: [41]}, diff=[*REMOVES, "+        total_cents_code()"])

    assert failing.match(FAULTY_COMMIT)[0].confidence == 0.9


def test_own_commit_is_never_blamed(failing):
    """A person approved it as the answer to a fault."""
    failing.change(DECOY, {FILE: [41]}, is_own=True)

    assert failing.match(FAULTY_COMMIT) == []
    assert failing.diagnose().changes[0].why == "Ruled out: Fermata made it, as a person approved."


def test_quoted_line_that_the_commit_did_not_write_is_no_proof_of_the_line_number(failing):
    """Numbers drift with every commit after the failure; the quoted line does not."""
    diff = [f"+++ b/{FILE}", "@@ -40,2 +40,3 @@ def total_cents(lines):", "+    another_line()"]

    (found,) = failing.change(GUILTY, {FILE: [41]}, diff=diff).match(FAULTY_COMMIT)

    assert (found.confidence, "changed total_cents" in found.text) == (0.6, True)


def test_hidden_line_of_a_diff_may_be_the_quoted_one(failing):
    """What is hidden cannot be compared."""
    diff = [f"+++ b/{FILE}", "+    token = <redacted 9f86d081>"]

    assert failing.change(GUILTY, {FILE: [41]}, diff=diff).match(FAULTY_COMMIT)[0].confidence == 0.9


def test_commit_taken_back_before_the_start_is_no_cause_and_hides_none(failing):
    """Its failures go on to stand in the log; what fails now has another cause, and a person has to look for it."""
    failing.change(GUILTY, {FILE: [41]}, diff=DIFF, taken_back_at=ONSET - timedelta(seconds=30), revertible=False)

    assert failing.match(FAULTY_COMMIT) == []
    diagnosis = failing.diagnose()
    assert diagnosis.guilty_change is None
    assert diagnosis.changes[0].why == "Ruled out: it was taken back at 2026-11-23 09:50:30 UTC."


def test_commit_taken_back_after_the_start_still_runs_and_needs_a_restart_only(failing):
    """The repository is right again; the process is not."""
    failing.change(GUILTY, {FILE: [41]}, diff=DIFF, taken_back_at=ONSET - timedelta(seconds=10), revertible=False)

    (found,) = failing.match(FAULTY_COMMIT)

    assert [item.name for item in found.suggestions] == ["supervisor.restart"]
    assert "It was taken back at 09:50:50 UTC, after what runs was started." in found.text


def test_log_not_written_to_since_the_commit_holds_nothing_of_it(failing):
    """A log without times: the file says when its last line was written."""
    failing.evidence.pop()
    failing.change(GUILTY, {FILE: [41]}, before=timedelta(minutes=1))
    log = failing.logs(build_stack(BROKEN, *FRAMES)).evidence.pop()
    assert failing.add(log.kind, log.entity.ref, [line.text for line in log.lines], log.facts).match(FAULTY_COMMIT)
    failing.evidence.pop()

    facts = LogFacts(newest_at=ONSET - timedelta(minutes=4))
    failing.add(log.kind, log.entity.ref, [line.text for line in log.lines], facts)

    assert failing.match(FAULTY_COMMIT) == []


def test_image_runs_a_commit_until_something_else_is_deployed(scene, stack):
    """A repository that is right again changes no image."""
    back = ONSET - timedelta(seconds=40)
    scene.add(EvidenceKind.LOGS, CONTAINER, stack(BROKEN, *FRAMES), {})
    scene.change(GUILTY, {FILE: [41]}, before=timedelta(minutes=3), taken_back_at=back)
    assert scene.match(FAULTY_COMMIT)

    deployed = ChangeFacts(
        id="d1", kind="deployment", title="v3", changed_at=back + timedelta(seconds=9), diff_read=True
    )
    scene.add(EvidenceKind.CHANGE, CONTAINER, ["v3"], deployed)

    assert scene.match(FAULTY_COMMIT) == []


COPIED = ["2026-11-23T09:50:55Z ERROR checkout: unhandled", "Traceback (most recent call last):",
          '  File "/app/store.py", line 10, in <module>', '    SECRET = os.environ["WEBHOOK_SECRET"]',
          "KeyError: 'WEBHOOK_SECRET'"]  # fmt: skip
ADDED = ["--- a/api/store.py", "+++ b/api/store.py", "@@ -9,1 +9,2 @@", '+SECRET = os.environ["WEBHOOK_SECRET"]']


def match_copied(scene, *, path="api/store.py", added=(10,), diff=ADDED, lines=COPIED):
    """Return what is made of a traceback of an image and a commit of the repository it was built from."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20)).logs(lines)
    return scene.change(GUILTY, {path: list(added)}, diff=diff).match(FAULTY_COMMIT)


def test_file_that_an_image_copied_to_another_folder_is_the_same(scene):
    """`COPY api /app`: name, number and text of the failing line agree."""
    (found,) = match_copied(scene)

    assert found.confidence == 0.9
    assert "wrote api/store.py:10" in found.text


@pytest.mark.parametrize(
    "other",
    [
        {"added": [11]},
        {"path": "api/stores.py"},
        {"diff": ["+++ b/api/store.py", "+SECRET = None"]},
        {"diff": ["+++ b/api/store.py", *("-" + ADDED[-1][1:], "+x = 1")]},
        {"lines": [*COPIED[:3], COPIED[-1]]},
        {"lines": [*COPIED[:3], "    pass", COPIED[-1]], "diff": ["+++ b/api/store.py", "+pass"]},
    ],
)
def test_file_of_another_folder_that_merely_has_the_name_is_another(scene, other):
    """`store.py` stands in many folders."""
    assert match_copied(scene, **other) == []


EMERG = '2026-11-23T09:50:59Z [emerg] unknown directive "proxy_conect_timeout" in /etc/nginx/nginx.conf:6'
TYPO = ["+++ b/edge/nginx.conf", "@@ -6 +6 @@", "-  proxy_connect_timeout 2s;", "+  proxy_conect_timeout 2s;"]


def match_refused(scene, *, phase="crash_loop", lines=(EMERG,), path="edge/nginx.conf", added=(6,), diff=TYPO, **facts):
    """Return what is made of a proxy that refuses its settings, and a commit that wrote them."""
    scene.state(phase, exit_code=1).logs(list(lines))
    return scene.change(GUILTY, {path: list(added)}, diff=diff, **facts).match(FAULTY_COMMIT)


@pytest.mark.parametrize(
    "line",
    [
        EMERG,
        '2026-11-23T09:50:59Z FATAL unrecognized parameter "proxy_conect_timeout" in file "/etc/x/nginx.conf" line 6',
        "2026-11-23T09:50:59Z [ALERT] ERROR parsing [/etc/nginx.conf:6] : unknown keyword 'proxy_conect_timeout'",
    ],
)
def test_commit_that_wrote_the_refused_setting_is_blamed(scene, line):
    """The program names the file, the line and the word: all three are the commit's."""
    (found,) = match_refused(scene, lines=[line])

    assert found.confidence == 0.9
    assert "wrote edge/nginx.conf:6, where checkout fails" in found.text
    assert found.citations[1].quote == TYPO[-1]


@pytest.mark.parametrize(
    "other",
    [
        {"phase": "running"},
        {"added": [7]},
        {"path": "edge/other.conf"},
        {"diff": ["+++ b/edge/nginx.conf", "+  proxy_read_timeout 2s;"]},
        {"lines": [EMERG, "2026-11-23T09:51:01Z ERROR something else"]},
        {"lines": [EMERG.replace("unknown directive", "host not found in upstream")]},
        {"lines": [EMERG.replace("09:50:59", "09:40:00")]},
        {"before": timedelta(minutes=-5)},
    ],
)
def test_refused_setting_that_is_not_the_commits_blames_nobody(scene, other):
    """Another line, file or word; what runs, ends on something else, or refused it before the commit."""
    assert match_refused(scene, **other) == []


def test_stack_is_judged_by_its_frames_alone(scene, stack):
    """A quoted word and a number in its message are no reference to settings."""
    assert match_refused(scene, lines=stack('ValueError: "proxy_conect_timeout" in nginx.conf:6')) == []
