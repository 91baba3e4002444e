import pytest
from tests.unit.rules.timeline.trail_scene import message

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import endings
from fermata.rules.timeline.reading import Stage, read_message


@pytest.mark.parametrize(
    "text",
    [
        "declaring a sev1",
        "calling it. sev2. me = IC",
        "I am raising this to a Major Incident",
        "i open incident, severity 1",
        "this is now an incident",
        "sev1",
        "INC opened, sev 2",
        "taking command",
        "ok incident, I take it",
        "calling it an outage",
        "calling it: major. I have lead",
        "treat it as a data exposure",
        "incident",
        "incident it is. I lead",
        "Incident: EU logins broken",
        "this is a major",
        "incident 311, i lead",
        "red level",
    ],
)
def test_declarations_are_known(text):
    """People declare in many ways, by name, by grade or by taking the lead."""
    assert endings.DECLARED.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "incident is resolved",
        "I close the incident",
        "closing this out",
        "all clear",
        "now really: resolved 18:20 UTC",
        "incident finish",
        "stable, I'm closing the page",
        "that's a wrap",
        "status changed to resolved",
        "311 is over",
        "that's us resolved",
        "green level",
        "books agree to the cent, done here",
    ],
)
def test_ends_are_known(text):
    """So do they end one."""
    assert endings.RESOLVED.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "errors are back to baseline",
        "5xx 0.1%",
        "lag is down to 10k",
        "all 140 stores sign again",
        "bleeding stopped",
        "works again",
        "payments are going through",
    ],
)
def test_mitigations_are_known(text):
    """Users stopped hurting: a measure came back, or what they do works."""
    assert endings.MITIGATED.search(text)


@pytest.mark.parametrize(
    "text", ["spoke too soon", "NOT resolved, 30k in queue", 'I take "resolved" back', "that was the automation"]
)
def test_ends_that_did_not_hold_are_known(text):
    """An end may be taken back."""
    assert endings.RELAPSED.search(text)


@pytest.mark.parametrize(
    ("text", "grade"), [("P3 -> P1", 1), ("severity: 2", 2), ("SEV-1", 1), ("priority 4", 4), ("p95 is 3 s", None)]
)
def test_grade_is_the_last_that_a_text_names(text, grade):
    """Raising one names both."""
    assert endings.find_grade(text) == grade


@pytest.mark.parametrize("text", ["declaring victory", "declaring bankruptcy on my inbox"])
def test_what_else_people_declare_is_no_incident(text):
    """It is said of anything."""
    assert endings.DECLARED.search(text) is None


@pytest.mark.parametrize("text", ["I declare the incident resolved", "P0 closed, all is normal", "P1 is over"])
def test_end_that_names_its_grade_is_no_declaration(text):
    """Who declares it over declares nothing."""
    assert endings.RESOLVED.search(text)
    assert not endings.DECLARED.search(text)


@pytest.mark.parametrize(
    ("clause", "text", "is_end"),
    [
        ("we are done", "all queues are empty. we are done", True),
        ("we are done", "20 min and we are done", True),
        ("we are done", "maybe we can replay it, 20 min and we are done", False),
        ("closing the incident", "if it holds closing the incident", False),
        ("closing the incident", "we waited to see if it holds. closing the incident", True),
        ("closing our side", "queue 122, closing our side", False),
        ("our thing is over", "our thing is over", False),
        ("the P1 stays open", "the P1 stays open", False),
    ],
)
def test_thought_of_an_end_and_the_end_of_a_part_are_none(clause, text, is_end):
    """A hedge in an earlier part of the sentence reaches the part that ends it."""
    assert endings.is_end_of_it(clause, text) is is_end


def test_we_are_back_is_no_relapse():
    """What is back may be the trouble; who is back is well."""
    assert endings.RESOLVED.search("that's it, we're back for real")
    assert not endings.RELAPSED.search("that's it, we're back for real")
    assert endings.RELAPSED.search("errors again, we're down again")


@pytest.mark.parametrize("text", ["P1 owner.", "The P1 stays open with us", "P1 ticket with the vendor"])
def test_ticket_that_somebody_has_declares_nothing(text):
    """A vendor has grades of its own."""
    assert not endings.DECLARED.search(text)
    assert endings.DECLARED.search("P1, all hands")


@pytest.mark.parametrize(
    "text", ["INC0041187 set to resolved, thanks", "MIM-2026-041 resolved.", "it got moved to closed"]
)
def test_state_of_a_case_is_an_end(text):
    """A case has many forms of a name, and is moved along."""
    assert endings.RESOLVED.search(text)


def test_ticket_of_a_customer_is_no_incident():
    """Support closes its tickets all day."""
    assert not endings.is_end_of_it("#81215 was a typo, closing it", "#81215 was a typo, closing it")
    assert not endings.is_end_of_it("Case 88715 closed by the customer", "Case 88715 closed by the customer")
    assert endings.is_end_of_it("closing #81215, incident over", "closing #81215, incident over")


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("here and taking command. Leila db", True),
        ("i'm the incident commander", True),
        ("sev1, i'm taking command", False),
        ("declaring, me as IC", False),
        ("rolled back", False),
    ],
)
def test_who_leads_may_be_said_before_it_is_declared(text, only):
    """A lead is taken of what is not called an incident yet."""
    assert endings.only_commands(text) is only


@pytest.mark.parametrize(
    "text",
    [
        "incident: resolved",
        "incident: none today",
        "incident: false alarm",
        "Incident: update 3",
        "incident: all good, closed",
        "the incident it isolated",
    ],
)
def test_heading_of_an_update_declares_nothing(text):
    """Whoever begins with the word may tell how it ended."""
    assert not endings.DECLARED.search(text)


@pytest.mark.parametrize("text", ["Nordlys is back, their case is closed", "the customer's ticket was resolved"])
def test_end_of_a_customers_case_is_no_end(text):
    """It is theirs, not the incident's."""
    assert not endings.is_end_of_it(text, text)
    assert endings.is_end_of_it("the case is closed", "the case is closed")


@pytest.mark.parametrize(
    "text",
    ["success rate down to 70%", "checkout success dropped to 70%", "availability is down to 91%", "approvals fell"],
)
def test_fall_of_what_serves_people_is_no_relief(text):
    """Of errors the same words would be."""
    (clause,) = read_message(message(1, "12:00", "ana", text)).clauses

    assert (clause.kind, clause.stage) == (MessageKind.OBSERVATION, None)


@pytest.mark.parametrize(
    "text",
    [
        "errors down to 2%",
        "success rate is back to 99%",
        "success rate dropped to 70% but is back to 99%",
        "success rate dropped earlier, errors down to 0.1% now",
    ],
)
def test_relief_beside_what_serves_people_is_told(text):
    """It is back, or what went down is what hurt."""
    (clause,) = read_message(message(1, "12:00", "ana", text)).clauses

    assert clause.stage is Stage.MITIGATED
