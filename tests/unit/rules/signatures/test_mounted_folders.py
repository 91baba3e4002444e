import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MountFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.mounted_folders import MOUNTED_FOLDER

CONTAINER = "docker:container/checkout"
PATH = "/etc/shop/app.json"
MOUNT = f"mount: bind of /srv/shop/app.json at {PATH}, read-only"
PYTHON = [
    "Traceback (most recent call last):",
    '  File "/app/conf.py", line 2, in <module>',
    f"IsADirectoryError: [Errno 21] Is a directory: '{PATH}'",
]


def mount(scene, *, logs=PYTHON, path=PATH, source="bind of /srv/shop/app.json", phase=WorkloadPhase.CRASH_LOOP):
    """Say what a container has mounted, and what it fails with."""
    mounts = (MountFacts(path=path, source=source, is_read_only=True),)
    record = StateFacts(phase=phase, system_state="restarting", exit_code=1, mounts=mounts)
    scene.add(EvidenceKind.STATE, CONTAINER, ["checkout is restarting", "ended with exit code 1", MOUNT], record)
    return scene.add(EvidenceKind.LOGS, CONTAINER, list(logs), {"stream": "stderr"})


@pytest.mark.parametrize(
    "logs",
    [
        PYTHON,
        [f'2026/11/27 17:15:00 [emerg] 1#1: pread() "{PATH}" failed (21: Is a directory)'],
        [f"panic: read {PATH}: is a directory"],
        [f"ERROR java.io.FileNotFoundException: {PATH} (Is a directory)"],
        [
            "    at Object.<anonymous> (/app/conf.js:2:8)",
            f"ERROR EISDIR: illegal operation on a directory, open '{PATH}'",
        ],
    ],
)
def test_folder_that_stands_where_a_program_reads_a_file_is_named(scene, logs):
    """The engine made it, since the file to mount was not there; the program says only what it found."""
    leading = mount(scene, logs=logs).diagnose().leading

    assert leading.cause == "mounted_folder_for_file"
    assert (
        f"reads a file at {PATH}, and what is mounted there, /srv/shop/app.json of its host, is a folder"
        in leading.text
    )
    assert [citation.quote for citation in leading.citations] == [logs[-1], MOUNT]
    assert "then create checkout anew" in leading.person_must


@pytest.mark.parametrize(
    "values",
    [
        {"path": "/etc/shop"},
        {"path": "/etc/shop/app.json/x"},
        {"path": "/shop/app.json"},
        {"source": "volume shop_conf"},
        {"logs": [*PYTHON[:2], f"FileNotFoundError: [Errno 2] No such file or directory: '{PATH}'"]},
        {"logs": [*PYTHON[:2], "IsADirectoryError: [Errno 21] Is a directory: '/tmp/x'"]},
        {"logs": [*PYTHON[:2], f"IsADirectoryError: [Errno 21] Is a directory: '{PATH}.d'"]},
    ],
)
def test_folder_that_nothing_of_the_host_stands_at_is_the_programs_own(scene, values):
    """It is mounted elsewhere, is a volume, or the failure is about another path or of another kind."""
    assert mount(scene, **values).match(MOUNTED_FOLDER) == []


def test_folder_of_who_is_well_and_not_alerted_is_not_told(scene):
    """What a neighbour logs is its own."""
    scene.names = ["mailer"]

    assert mount(scene, phase=WorkloadPhase.RUNNING).match(MOUNTED_FOLDER) == []


def test_folder_of_who_is_not_looked_at_is_not_told(scene):
    """Only a log is known of it."""
    scene.add(EvidenceKind.LOGS, CONTAINER, PYTHON, {"stream": "stderr"})

    assert scene.match(MOUNTED_FOLDER) == []
