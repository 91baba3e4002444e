"""When a config map was last written, as its managed fields tell it."""

import pytest

from fermata.integrations.kubernetes.written import find_written, is_unseen


def entry(at, manager="kubectl-replace", part="f:data"):
    """Give what one writer left."""
    return {"manager": manager, "time": f"2026-11-25T{at}Z" if at else None, "fieldsV1": {part: {}}}


def find(*entries, made="2026-11-25T10:00:00Z"):
    """Return what is found of a config map."""
    return find_written({"metadata": {"creationTimestamp": made, "managedFields": list(entries)}})


def test_last_writer_of_its_data_is_told_with_the_time():
    """Labels are none of what it holds."""
    found = find(entry("10:00:00", "helm"), entry("11:00:00"), entry("12:00:00", "labeller", "f:metadata"))

    assert (found.by, found.at.isoformat()) == ("kubectl-replace", "2026-11-25T11:00:00+00:00")


@pytest.mark.parametrize(
    ("entries", "made"),
    [
        ([entry("10:00:04")], "2026-11-25T10:00:00Z"),
        ([entry("")], "2026-11-25T10:00:00Z"),
        ([], "2026-11-25T10:00:00Z"),
        ([entry("11:00:00")], None),
    ],
    ids=["made_just_then", "undated", "nothing_kept", "nobody_knows_when_it_was_made"],
)
def test_what_was_only_made_was_not_written_since(entries, made):
    """Whoever makes it writes it as well."""
    assert find(*entries, made=made) is None


@pytest.mark.parametrize(
    ("starts", "expected"), [(["10:30"], True), (["10:30", "11:30"], False), (["10:30", None], False), ([], False)]
)
def test_variables_keep_what_they_had_when_their_container_started(starts, expected):
    """What was written since reaches mounted files only."""
    states = [{"running": {"startedAt": f"2026-11-25T{at}:00Z"}} if at else {"waiting": {}} for at in starts]
    pods = [{"status": {"containerStatuses": [{"state": state}]}} for state in states]

    assert is_unseen(find(entry("11:00:00")), pods) is expected
