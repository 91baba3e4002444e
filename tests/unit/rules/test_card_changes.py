"""Where no cause was found, the card names what changed: the most suspect first, with the lines that changed."""

from datetime import timedelta

import pytest
from tests.unit.rules.card_scene import LOG, NOON, compose_usual, find_section, list_rows

from fermata.domain.diagnosis import ChangeVerdict, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, StateFacts, WorkloadPhase

HEADING = "What changed near it, and is not shown to be the cause"
DIFF = ("--- a", "+++ b", "@@ db @@", "-size = large", "+size = small")


def make_change(name, *, author="", lines=DIFF, is_dated=True):
    """Build a change that was seen."""
    facts = ChangeFacts(id=name, title=name, changed_at=NOON, author=author, diff_read=True, is_dated=is_dated)
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.CHANGE,
        collector="terraform.changes",
        entity=LOG.entity,
        title=f"Terraform {name}",
        query="diff",
        observed_at=NOON,
        fresh_until=NOON + timedelta(minutes=5),
        lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, 1)),
        facts=facts.to_json(),
    )


def compose_weighed(*verdicts, evidence=None, verdict=Verdict.UNDETERMINED, **changes):
    """Compose the card of a look that found no cause, and weighed changes."""
    weighed = tuple(ChangeVerdict(id=name, blame=blame, why=f"{name} is near") for name, blame in verdicts)
    seen = evidence if evidence is not None else [make_change(name) for name, _ in verdicts]
    checks = ("Look.",) if verdict is Verdict.UNDETERMINED else ()
    diagnosis = Diagnosis(verdict=verdict, checks=checks, changes=weighed)
    return compose_usual(diagnosis=diagnosis, evidence=(LOG, *seen), plan=None, proposal=None, **changes)


def test_change_near_an_unexplained_alert_stands_on_the_card():
    """When, by whom, how suspect and why, and the lines of its diff."""
    card = compose_weighed(("serial-5", 0.12), evidence=[make_change("serial-5", author="Dev")])

    assert list_rows(card, HEADING) == {
        "Terraform serial-5": "2026-11-23 12:00:00 UTC, by Dev; suspicion 0.12 of 1: serial-5 is near"
    }
    quotes = find_section(card, HEADING).quotes
    assert [(quote.line, quote.text) for quote in quotes] == [(4, "-size = large"), (5, "+size = small")]


def test_most_suspect_changes_are_named_and_the_others_counted():
    """What is ruled out is not named, nor what an earlier look saw and is gone."""
    verdicts = [("a", 0.4), ("b", 0.3), ("c", 0.2), ("d", 0.1), ("e", 0.0), ("gone", 0.5)]

    card = compose_weighed(*verdicts, evidence=[make_change(name, lines=("words",)) for name in "abcde"])

    assert list(list_rows(card, HEADING)) == ["Terraform a", "Terraform b", "Terraform c", "More"]
    assert list_rows(card, HEADING)["More"] == "1 further change is less suspect"
    assert find_section(card, HEADING).quotes == ()


def test_changes_are_not_listed_where_nothing_is_wrong_or_none_may_have_done_it():
    """They would only distract."""
    healthy = compose_weighed(("a", 0.4), verdict=Verdict.HEALTHY)
    cleared = compose_weighed(("a", 0.0))
    unread = compose_weighed(("a", 0.4), evidence=[make_change("a").model_copy(update={"facts": {"id": "a"}})])

    assert [find_section(card, HEADING) for card in (healthy, cleared, unread)] == [None, None, None]


def test_option_that_went_is_quoted():
    """Behind the sign of a diff its dashes look like a header's; and several changes are counted as such."""
    lines = ("--- a/run.args", "+++ b/run.args", "@@ -1 +1 @@", "---max-connections=100", "+--max-connections=10")
    verdicts = [(name, 0.2) for name in "abcde"]

    card = compose_weighed(*verdicts, evidence=[make_change(name, lines=lines) for name in "abcde"])

    assert [quote.text for quote in find_section(card, HEADING).quotes][:2] == list(lines[3:])
    assert list_rows(card, HEADING)["More"] == "2 further changes are less suspect"


def test_change_of_unknown_time_is_shown_without_one():
    """Where it is looked for is no time that anybody saw."""
    card = compose_weighed(("a", 0.5), evidence=[make_change("a", is_dated=False)])

    (section,) = [section for section in card.sections if section.heading == HEADING]
    assert section.rows[0].text == "time unknown; suspicion 0.50 of 1: a is near"


API = Entity.parse("docker:container/api/shop_api_1")
OWN = "What changed in the settings of shop_api_1"
LIMITS = (
    *("--- a/compose.yaml", "+++ b/compose.yaml", "@@ -12,7 +12,7 @@ services: api: environment:"),
    *('-      CACHE_DEPTH: "1"', '+      CACHE_DEPTH: "900"'),
)


def make_facts(kind, facts):
    """Build what was seen of the container."""
    return make_change("x").model_copy(update={"kind": kind, "entity": API, "facts": facts.to_json()})


def make_commit(name, lines=LIMITS, **facts):
    """Build a commit that was read, a minute before the container was made."""
    item = make_change(name, lines=lines)
    read = ChangeFacts.from_json(item.facts).model_copy(update={"changed_at": NOON - timedelta(minutes=1)} | facts)
    return item.model_copy(update={"facts": read.to_json()})


def compose_identified(*evidence, made_at=NOON, guilty=None, variables=None, entity=API):
    """Compose the card of a cause that sits in a container."""
    line = LOG.lines[0]
    citation = Citation(evidence_id=LOG.id, first_line=line.number, last_line=line.number, quote=line.text)
    leading = Hypothesis(
        cause="memory_limit_exceeded",
        text="It.",
        confidence=0.9,
        entity=entity,
        citations=(citation,),
        person_must="Act.",
    )
    state = StateFacts(phase=WorkloadPhase.RUNNING, system_state="running", created_at=made_at, names=("api",))
    own = [make_facts(EvidenceKind.STATE, state)]
    if variables is not None:
        own.append(make_facts(EvidenceKind.ENVIRONMENT, EnvironmentFacts(variables=variables, origin="docker")))
    diagnosis = Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(leading,), guilty_change=guilty)
    return compose_usual(diagnosis=diagnosis, evidence=(LOG, *own, *evidence), plan=None, proposal=None)


def test_commit_to_the_settings_of_what_a_cause_sits_in_stands_beside_it():
    """A limit that is raised is raised in vain where a setting asks for more."""
    card = compose_identified(make_commit("depth", author="Nora"), make_commit("other", lines=DIFF))

    assert list_rows(card, OWN) == {"Terraform depth": "2026-11-23 11:59:00 UTC, by Nora"}
    assert [quote.text for quote in find_section(card, OWN).quotes] == list(LIMITS[3:])


def test_variable_of_an_env_file_is_a_setting_of_who_has_it():
    """The latest commit first."""
    lines = ("--- a/.env", "+++ b/.env", "@@ -1 +1 @@", "-DEPTH=1", "+DEPTH=9")
    later = make_commit("later", lines=lines, changed_at=NOON)

    card = compose_identified(make_commit("depth"), later, variables={"DEPTH": "9"})

    assert list(list_rows(card, OWN)) == ["Terraform later", "Terraform depth"]


@pytest.mark.parametrize(
    ("facts", "made"),
    [
        ({}, {"guilty": "depth"}),
        ({}, {"made_at": None}),
        ({}, {"entity": Entity.parse("postgres:database/shop")}),
        ({"diff_read": False}, {}),
        ({"taken_back_at": NOON - timedelta(seconds=30)}, {}),
        ({"changed_at": NOON + timedelta(minutes=1)}, {}),
    ],
    ids=["guilty", "unknown when it was made", "no state", "not read", "taken back", "later"],
)
def test_commit_that_says_nothing_new_of_what_runs_is_left_out(facts, made):
    """The guilty one stands with the cause, and others are not what runs."""
    assert find_section(compose_identified(make_commit("depth", **facts), **made), OWN) is None


def test_settings_are_not_listed_without_a_cause():
    """Then all that changed near it is."""
    assert find_section(compose_weighed(("a", 0.4), evidence=[make_commit("a")]), OWN) is None
