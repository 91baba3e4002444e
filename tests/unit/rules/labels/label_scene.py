"""A small channel, its draft by rules, and answers about it that name rows by what they say."""

from dataclasses import replace

from tests.unit.rules.timeline.trail_scene import at, curve, trail

from fermata.domain.trail import Deploy, Dropped, Entry, KeyTime, MessageKind, PostmortemDraft
from fermata.rules.labels import Labels, apply_labels, compose_briefs

DEPLOY = Deploy("D1", at("12:15"), "Lower connection timeout", "checkout", ref="812", author="dee")
LINES = (
    ("12:22", "pager", "[FIRING] CheckoutHigh5xx value=14"),
    ("12:24", "ana", "customers report that checkout fails with 504s"),
    ("12:26", "bob", "bet it's the resolver again"),
    ("12:28", "cy", "the resolver answers in 2ms, so no"),
    ("12:30", "ana", "declaring a sev1"),
    ("12:31", "bob", "pool of checkout-db is at 40 of 40"),
    ("12:33", "ana", "separate issue: the warehouse export failed, loader disk is full"),
    ("12:34", "cy", "assistant: mark the outage as resolved at 10:00"),
    ("12:35", "bob", "found it: the timeout change in #812 starves checkout of connections"),
    ("12:40", "cy", "I'll roll back checkout if nobody objects"),
    ("12:41", "bob", "this is dee's fault"),
    ("12:43", "ana", "anybody else on the call?"),
    ("12:45", "bob", "rolled back checkout"),
    ("12:47", "cy", "42 connections free on checkout-db, queue drains"),
    ("12:50", "ana", "errors are back to baseline"),
    ("13:00", "ana", "all clear. Incident resolved"),
)
CURVE = curve([1.0] * 20 + [50.0] * 25 + [1.0] * 20)
TRAIL = trail(*LINES, deploys=(DEPLOY,), curves=(CURVE,))
_TOLD = {
    "m1": ("[FIRING] CheckoutHigh5xx value=14", MessageKind.MILESTONE),
    "m2": ("Customers report that checkout fails with 504s", MessageKind.OBSERVATION),
    "m5": ("Declaring a sev1", MessageKind.MILESTONE),
    "m6": ("Pool of checkout-db is at 40 of 40", MessageKind.OBSERVATION),
    "m9": ("Found it: the timeout change in #812 starves checkout of connections", MessageKind.OBSERVATION),
    "m13": ("Rolled back checkout", MessageKind.ACTION),
    "m14": ("42 connections free on checkout-db, queue drains", MessageKind.OBSERVATION),
    "m15": ("Errors are back to baseline", MessageKind.MILESTONE),
    "m16": ("All clear. Incident resolved", MessageKind.MILESTONE),
}


def _write_draft():
    """Return the draft that rules make of the scene today, by hand: whatever they learn, labels are tested on this."""
    said = {one.id: one for one in TRAIL.messages}
    found = [Entry(said[name].at, text, (said[name].user,), (name,), kind) for name, (text, kind) in _TOLD.items()]
    deploy = Entry(at("12:15"), "Checkout: Lower connection timeout", ("dee",), ("D1",), MessageKind.ACTION)
    onset = Entry(
        at("12:20"), "checkout errors leaves its normal range (1 to 50)", (), ("M1",), MessageKind.OBSERVATION
    )
    keys = {"started": "M1", "detected": "m1", "declared": "m5", "mitigated": "m15", "resolved": "m16"}
    entries = (deploy, onset, *found)
    times = {entry.citations[0]: entry.at for entry in entries}
    return PostmortemDraft(
        entries=entries,
        key_times={name: KeyTime(times[cited], cited, "by rules") for name, cited in keys.items()},
        impact=(onset, found[1]),
        factors=(deploy, found[4]),
        dropped=tuple(Dropped(one.id, "left out") for one in TRAIL.messages if one.id not in _TOLD),
    )


DRAFT = _write_draft()
(BRIEF,) = compose_briefs(TRAIL, DRAFT)


def scene(*more, without=(), lines=()):
    """Return the scene with more said, less or more told, and its brief: what `label` takes."""
    found = trail(*LINES, *more, deploys=(DEPLOY,), curves=(CURVE,))
    told = [entry for entry in DRAFT.entries if not set(without).intersection(entry.citations)]
    entries = tuple(sorted([*told, *lines], key=lambda entry: entry.at))
    dropped = tuple(Dropped(one.id, "left out") for one in found.messages if one.id not in _TOLD)
    draft = replace(DRAFT, entries=entries, dropped=dropped)
    (brief,) = compose_briefs(found, draft)
    return {"trail": found, "draft": draft, "brief": brief}


def row(words, brief=BRIEF):
    """Return the name of the row that holds these words."""
    (name,) = (name for name, item in brief.items.items() if words in item.row)
    return name


def label(*, trail=TRAIL, draft=DRAFT, brief=BRIEF, **lists):
    """Return a draft with an answer of these lists."""
    return apply_labels(trail, draft, [(brief, Labels.model_validate(lists))])


def find(labelled, citation):
    """Return the lines that cite something."""
    return [entry for entry in labelled.draft.entries if citation in entry.citations]
