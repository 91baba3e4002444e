from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.kit.errors import GuardRefused
from fermata.rules.citations import MAX_QUOTE, cite, find_text, refuse_bad_citations

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def log():
    """Give a log with a hole between its lines 5 and 9."""
    lines = {3: "starting", 4: "Traceback (most recent call last):", 5: "MemoryError", 9: "  " + "x" * 900}
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.LOGS,
        collector="supervisor.logs",
        entity=Entity.parse("supervisor:process/checkout"),
        title="checkout: stderr",
        query="supervisor.tailProcessStderrLog('checkout', 0, 65536)",
        observed_at=NOON,
        fresh_until=NOON + timedelta(minutes=5),
        lines=tuple(EvidenceLine(number=number, text=text) for number, text in lines.items()),
    )


def _claim(log, first, last, quote):
    return Citation(evidence_id=log.id, first_line=first, last_line=last, quote=quote)


def test_built_citation_passes_its_own_guard(log):
    """What `cite` returns stands where it says."""
    citation = cite(log, 4, 5)

    assert citation.quote == "Traceback (most recent call last):\nMemoryError"
    refuse_bad_citations([citation], [log])


def test_quote_is_given_by_the_caller_or_cut_to_what_people_read(log):
    """A chosen quote is kept as it is; without one a long line is cut, still verbatim."""
    assert cite(log, 5, quote="Memory").quote == "Memory"
    assert cite(log, 9).quote == "x" * MAX_QUOTE


@pytest.mark.parametrize(("first", "last"), [(6, 6), (5, 9), (1, 3), (1, 10**9)])
def test_lines_that_do_not_exist_cannot_be_cited(log, first, last):
    """Every line of a span must be there, also those in its middle; an absurd span costs nothing."""
    assert find_text(log, first, last) is None
    with pytest.raises(GuardRefused, match="does not hold all of these lines") as refusal:
        refuse_bad_citations([_claim(log, first, last, "MemoryError")], [log])
    assert refusal.value.rule == "citation"
    assert refusal.value.facts["last_line"] == last
    with pytest.raises(GuardRefused):
        cite(log, first, last)


def test_unknown_evidence_is_refused(log):
    """A claim on evidence that nobody collected is worth nothing."""
    with pytest.raises(GuardRefused, match="no such evidence"):
        refuse_bad_citations([_claim(log, 5, 5, "MemoryError")], [])


@pytest.mark.parametrize("quote", ["memoryerror", "MemoryError\nstarting", "MemoryError."])
def test_words_that_nobody_wrote_are_refused(log, quote):
    """A quote is verbatim: case, order and every character."""
    with pytest.raises(GuardRefused, match="quoted words do not stand"):
        refuse_bad_citations([_claim(log, 3, 5, quote)], [log])


def test_blank_quote_proves_nothing(log):
    """Blank words stand in every line, and so say nothing about this one."""
    with pytest.raises(GuardRefused, match="blank"):
        refuse_bad_citations([_claim(log, 4, 4, " ")], [log])


def test_one_bad_citation_spoils_the_claim(log):
    """All citations are looked at, not only the first."""
    with pytest.raises(GuardRefused):
        refuse_bad_citations([_claim(log, 5, 5, "MemoryError"), _claim(log, 3, 3, "stopping")], [log])
