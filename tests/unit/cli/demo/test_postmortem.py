"""What the demo shows of the draft of its own incident: what happened, when, by whom, and nothing else."""

from datetime import timedelta

import pytest

from fermata.cli.demo.postmortem import list_told
from fermata.domain.trail import Entry, KeyTime, MessageKind, PostmortemDraft, Status
from fermata.testing.records import NOON

SECOND = timedelta(seconds=1)


def make_draft(**times):
    """Give a draft with key times in seconds after noon."""
    entry = Entry(NOON, "Alert CheckoutDown fired", ("alertmanager",), ("j1",), MessageKind.MILESTONE)
    measured = Entry(NOON + SECOND, "errors rose", (), ("m1",), MessageKind.OBSERVATION)
    guess = Entry(NOON, "It was DNS", ("ana",), ("j2",), MessageKind.HYPOTHESIS, Status.RULED_OUT)
    return PostmortemDraft(
        entries=(entry, measured, guess),
        key_times={name: KeyTime(NOON + after * SECOND, "j1", "it") for name, after in times.items()},
        impact=(measured,),
        factors=(entry,),
        dropped=(),
    )


def test_draft_is_told_in_the_order_of_the_document():
    """Times, impact, the lines with who did them, the candidates; what was ruled out is left to the document."""
    told = list(list_told(make_draft(started=0)))

    assert told[1:] == [
        ("", "Impact: errors rose"),
        ("12:00:00", "Alert CheckoutDown fired  (alertmanager)"),
        ("12:00:01", "errors rose"),
        ("", "Contributing factor, a candidate: Alert CheckoutDown fired"),
    ]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({}, "Nothing tells when it began."),
        (
            {"started": 0, "detected": 0, "mitigated": 23, "resolved": 23},
            "Began 12:00:00, working again and over after 23s.",
        ),
        ({"started": 0, "detected": 5}, "Began 12:00:00, noticed after 5s, not working again and not over."),
    ],
)
def test_times_are_one_sentence(times, words):
    """What is not known to have happened is said not to have."""
    assert next(iter(list_told(make_draft(**times)))) == ("", words)
