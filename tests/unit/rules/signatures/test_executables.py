from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.executables import PROGRAM_OF_ANOTHER_SYSTEM
from fermata.rules.signatures.process import START_REFUSED

CONTAINER = "docker:container/checkout"
SAID = "exec /usr/local/bin/checkout: exec format error"
REFUSED = 'runc create failed: unable to start container process: exec: "/entrypoint.sh": permission denied: unknown'
TITLE = "checkout: bakery/checkout:3 took the place of bakery/checkout:2"


def loop(scene, *, logs=(SAID, ""), phase=WorkloadPhase.CRASH_LOOP, **facts):
    """Say that a container ends again and again, and what it says."""
    state = StateFacts(phase=phase, system_state="restarting", exit_code=1, **facts)
    scene.add(EvidenceKind.STATE, CONTAINER, ["checkout is restarting", "ended with exit code 1"], state)
    return scene.add(EvidenceKind.LOGS, CONTAINER, list(logs), {"stream": "stderr"}) if logs else scene


def release(scene):
    """Say that it was made from a new image nine seconds before the alert."""
    change = ChangeFacts(
        id="docker:1", kind="deployment", title=TITLE, changed_at=ONSET - timedelta(seconds=9), diff_read=True
    )
    return scene.add(EvidenceKind.CHANGE, CONTAINER, ["checkout was created", "-FROM 2", "+FROM 3"], change)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (SAID, "/usr/local/bin/checkout"),
        ("standard_init_linux.go:228: exec user process caused: exec format error", "its program"),
        ('standard_init_linux.go:190: exec user process caused "exec format error"', "its program"),
    ],
)
def test_program_of_another_processor_is_built_by_a_person(scene, said, path):
    """Without a new image there is no way back, and no restart helps."""
    diagnosis = loop(scene, logs=(said,)).diagnose()

    assert diagnosis.leading.cause == "program_of_another_system"
    assert f"cannot execute {path}: it is made for another processor" in diagnosis.leading.text
    assert (diagnosis.guilty_change, diagnosis.leading.suggestions) == (None, ())
    assert diagnosis.leading.person_must.startswith("Build what checkout runs for the processor of its host")


def test_new_image_of_another_processor_is_taken_back(scene):
    """The image before ran on this host."""
    diagnosis = release(loop(scene)).diagnose()

    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("program_of_another_system", "docker:1")
    assert [action.name for action in diagnosis.leading.suggestions] == ["docker.recreate_with_previous_image"]
    assert diagnosis.leading.person_must == ""


@pytest.mark.parametrize(
    "values",
    [
        {"phase": WorkloadPhase.RUNNING},
        {"logs": ()},
        {"logs": ("", " ")},
        {"logs": (SAID, "listening on :8000")},
        {"logs": ("OSError: [Errno 8] Exec format error: '/usr/bin/convert'",)},
    ],
)
def test_program_that_runs_is_not_of_another_processor(scene, values):
    """It runs, says nothing, goes on after it, or only its child cannot be executed."""
    assert loop(scene, **values).match(PROGRAM_OF_ANOTHER_SYSTEM) == []


def test_new_image_whose_program_cannot_be_started_is_taken_back(scene):
    """The engine says what is wrong with it; the image before it could be started."""
    lines = [f"checkout is created: {REFUSED}"]
    record = StateFacts(phase=WorkloadPhase.EXITED, system_state="created", exit_code=126, start_error=REFUSED)
    scene.add(EvidenceKind.STATE, CONTAINER, lines, record)

    diagnosis = release(scene).diagnose()

    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("start_refused", "docker:1")
    assert [action.name for action in diagnosis.leading.suggestions] == ["docker.recreate_with_previous_image"]
    assert diagnosis.leading.person_must == ""


@pytest.mark.parametrize(
    "error", ["driver failed programming external connectivity: port is already allocated", "network x not found"]
)
def test_new_image_is_innocent_of_what_its_host_refuses(scene, error):
    """A port that is taken is taken for the image before, too."""
    record = StateFacts(phase=WorkloadPhase.EXITED, system_state="created", exit_code=128, start_error=error)
    scene.add(EvidenceKind.STATE, CONTAINER, [f"checkout is created: {error}"], record)

    (found,) = release(scene).match(START_REFUSED)

    assert found.suggestions == ()
    assert found.person_must
    assert scene.diagnose().leading.cause == "start_refused"
    assert scene.diagnose().guilty_change is None


def test_program_of_another_processor_that_an_engine_refuses_at_once_is_told(scene):
    """Other engines say it before anything runs."""
    error = "failed to create task: exec /app/run: exec format error"
    record = StateFacts(phase=WorkloadPhase.EXITED, system_state="created", exit_code=255, start_error=error)
    scene.add(EvidenceKind.STATE, CONTAINER, [f"checkout is created: {error}"], record)

    (found,) = scene.match(START_REFUSED)

    assert found.person_must.startswith("Build what checkout runs for the processor of its host")
