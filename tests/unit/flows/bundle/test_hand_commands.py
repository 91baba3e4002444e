"""What somebody typed in a session is a change by hand where it was done and a time stands beside it."""

import pytest

from fermata.domain.facts import ChangeFacts


def read(folder, *lines):
    """Give the facts of the changes in a session."""
    folder.write("objects/session.txt", "\n".join(lines) + "\n")
    return [ChangeFacts.from_json(item.facts) for item in folder.list_evidence("change")]


@pytest.mark.parametrize(
    ("command", "said", "is_read"),
    [
        ("kubectl set image deployment/web web=shop/web:2", "deployment.apps/web image updated", True),
        ("kubectl scale deploy web --replicas=0", "deployment.apps/web scaled", True),
        ("kubectl edit deployment web", "deployment.apps/web edited", False),
        ("kubectl rollout undo deployment/web", "deployment.apps/web rolled back", False),
    ],
)
def test_command_that_was_typed_and_done_is_a_change(folder, command, said, is_read):
    """What an editor did the command does not tell."""
    (facts,) = read(folder, f"2026-11-28T02:45:03Z dana@bastion:~$ {command}", said)

    assert (facts.service, facts.kind, facts.diff_read) == ("web", "config", is_read)
    assert facts.title == f"Typed by hand: {command}"
    assert f"{facts.changed_at:%H:%M:%S}" == "02:45:03"


@pytest.mark.parametrize(
    "lines",
    [
        ("dana@bastion:~$ kubectl scale deploy web --replicas=0", "deployment.apps/web scaled"),
        (
            "2026-11-28T02:45:03Z dana@bastion:~$ kubectl scale deploy web --replicas=0",
            "error: no objects passed",
        ),
        ("2026-11-28T02:45:03Z dana@bastion:~$ kubectl edit deploy web", "Edit cancelled, no changes made."),
        ("2026-11-28T02:45:03Z dana@bastion:~$ kubectl get deploy web", "deployment.apps/web scaled"),
    ],
)
def test_command_without_a_time_or_an_effect_is_none(folder, lines):
    """Remedies are typed as well: when it was decides what it was."""
    assert read(folder, *lines) == []
