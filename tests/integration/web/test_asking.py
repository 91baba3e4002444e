"""Not sure yet: snoozing, looking again and asking, over real HTTP."""

from datetime import timedelta

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.domain.incident import IncidentState

INCIDENT = f"/incidents/{story.INCIDENT_ID}"
CSRF = {"csrf": "csrf-secret-1"}


async def test_snooze_is_asked_as_the_person_at_the_page(ada, house):
    """For the time that was chosen; the answer stands on the incident's page."""
    answer = await ada.post(f"{INCIDENT}/snooze", data=CSRF | {"minutes": "120"})

    assert (answer.status_code, answer.headers["location"]) == (303, INCIDENT)
    assert house.asked == [("page", "ada", story.INCIDENT_ID, timedelta(hours=2))]
    assert "Snoozed." in (await ada.get(INCIDENT)).text


@pytest.mark.parametrize("minutes", ["", "1", "99999999", "-30", "x"])
async def test_time_that_is_not_on_the_page_is_refused(ada, house, minutes):
    """The page offers three; the rest is somebody's script."""
    assert (await ada.post(f"{INCIDENT}/snooze", data=CSRF | {"minutes": minutes})).status_code == 400
    assert house.asked == []


async def test_looking_again_needs_no_question(ada, house):
    """An empty field asks for another look."""
    answer = await ada.post(f"{INCIDENT}/more", data=CSRF | {"question": "  "})

    assert (answer.status_code, house.asked[0][-1]) == (303, "")
    assert "Looking again." in (await ada.get(INCIDENT)).text


async def test_question_is_answered_whole(ada, house):
    """However long the answer; what was asked stays text, and another question is at hand."""
    answer = await ada.post(f"{INCIDENT}/more", data=CSRF | {"question": "<b>why</b>"})

    assert answer.status_code == 200
    assert answer.text.count("&lt;b&gt;why&lt;/b&gt;") >= 100
    assert f'action="{INCIDENT}/more"' in answer.text
    assert "<b>why" not in answer.text


async def test_incident_is_ended_by_hand_with_the_word_of_a_chat(ada, house):
    """One way to end it, whoever asks for it where."""
    answer = await ada.post(f"{INCIDENT}/resolve", data=CSRF | {"reason": " rolled back by hand "})

    assert (answer.status_code, answer.headers["location"]) == (303, INCIDENT)
    assert house.asked == [("page", "ada", f"resolve {story.INCIDENT_ID} rolled back by hand")]
    assert "It is resolved." in (await ada.get(INCIDENT)).text


@pytest.mark.parametrize("what", ["snooze", "more", "resolve"])
async def test_asking_needs_the_session_and_its_form(ada, client, house, what):
    """No secret, no session, a foreign page, or no incident's id: nobody is asked."""
    good = CSRF | {"minutes": "30", "question": ""}
    assert (await ada.post(f"{INCIDENT}/{what}", data=good | {"csrf": "other"})).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await ada.post(f"{INCIDENT}/{what}", data=good, headers=foreign)).status_code == 403
    assert (await ada.post(f"/incidents/IN%20C/{what}", data=good)).status_code == 404
    ada.cookies.clear()
    assert (await ada.post(f"{INCIDENT}/{what}", data=good)).status_code == 401
    assert house.asked == []


async def test_page_says_until_when_it_keeps_still(ada, house):
    """And offers neither for an incident that is over."""
    snoozed = make_journal(("incident.snoozed", {"until": "2026-11-23T05:00:00+00:00"}, 5))
    house.views[story.INCIDENT_ID] = make_view(journal=snoozed)
    page = (await ada.get(INCIDENT)).text
    house.views[story.INCIDENT_ID] = make_view(incident=story.make_incident(state=IncidentState.RESOLVED))
    over = (await ada.get(INCIDENT)).text

    assert "Snoozed until <time" in page
    assert ("Ask for more" in page, "Ask for more" in over) == (True, False)
