import pytest

from fermata.rules.timeline.posts import State, find_post, tells_impact


@pytest.mark.parametrize(
    ("text", "state", "sentence"),
    [
        ("Investigating - Uploads fail for some users.", State.INVESTIGATING, "Uploads fail for some users."),
        ("**Monitoring** - A fix is out.", State.MONITORING, "A fix is out."),
        ("[Identified] A lock blocks all writes", State.IDENTIFIED, "A lock blocks all writes"),
        ('Incident "Slow" updated: Identified - a lock blocks writes', State.IDENTIFIED, "a lock blocks writes"),
        ("Vendor status: Investigating - rejects on US codes", State.INVESTIGATING, "rejects on US codes"),
        ("Resolved - This incident has been resolved.", State.RESOLVED, "This incident has been resolved."),
        ("Title\nStatus: Fixing\nWe have found the cause.", State.IDENTIFIED, "We have found the cause."),
        ("Incident moved from Investigating to Monitoring", State.MONITORING, None),
        ("Incident published: logins are slow - Investigating", State.INVESTIGATING, None),
        ("Status page: incident updated to Resolved", State.RESOLVED, None),
        ('Status page: "Slow logins" set to Resolved, by ana', State.RESOLVED, None),
        ('New entry by ana: "global network issues" - investigating', State.INVESTIGATING, None),
        ("update by sam: Everything works as usual since noon. Resolved.", State.RESOLVED, None),
        ("acme.com status changed: MAJOR OUTAGE \u2192 OPERATIONAL", State.RESOLVED, None),
        ("status.acme.com: major -> good (green), set by ana", State.RESOLVED, None),
        ("status.acme.com: good -> minor (yellow), set by ana", State.INVESTIGATING, None),
    ],
)
def test_labels_of_status_pages_are_known(text, state, sentence):
    """Before the prose, in a heading, or in a field of its own."""
    post = find_post(text, is_bot=True)

    assert post.state is state
    assert post.sentences[0] == (sentence or text)


@pytest.mark.parametrize(
    ("text", "is_bot"),
    [
        ("[RESOLVED] HighLatency checkout", True),
        ("Resolved: disk full on db-1", True),
        ("HighLatency checkout - resolved", True),
        ("checkout deployed to production", True),
        ("status of the deploy: queued -> running", True),
        ("Ticket update by ana: the printer on floor 3 is fine again. Resolved", True),
        ("Support case status: voucher of a customer - resolved", True),
        ("status.acme.com: major -> good", False),
        ("update - we restarted redis", False),
        ("investigating: db cpu", False),
        ("Vendor status: Investigating - we see rejects", False),
    ],
)
def test_monitors_and_people_at_work_post_nothing(text, is_bot):
    """A monitor's end has no prose, and a person's label is said of what they do."""
    assert find_post(text, is_bot=is_bot) is None


def test_person_may_write_as_a_page_does():
    """Whoever keeps the status page by hand pastes what it says."""
    post = find_post("Resolved - This incident has been resolved for all customers.", is_bot=False)

    assert post.state is State.RESOLVED


def test_sentence_with_the_news_comes_first():
    """What was done goes before what is said in every post, and that is left out."""
    post = find_post(
        "Update - Users may see errors. We are continuing to work on a fix. We have disabled exports. "
        "We apologise for the inconvenience.",
        is_bot=True,
    )

    assert post.sentences == ("We have disabled exports.", "Users may see errors.")
    assert post.is_new


def test_post_without_news_keeps_a_sentence_for_its_state():
    """That it is looked at is news once, and only its state says so."""
    post = find_post("Investigating - We are currently investigating this issue.", is_bot=True)

    assert (post.sentences, post.is_new) == (("We are currently investigating this issue.",), False)


@pytest.mark.parametrize(
    ("sentence", "is_impact"),
    [
        ("Users in the region will see a failure to connect.", True),
        ("We are experiencing elevated error rates.", True),
        ("Users will no longer see errors.", False),
        ("We have disabled exports, users may see a banner.", False),
        ("A lock blocks all writes.", False),
    ],
)
def test_impact_is_what_users_feel(sentence, is_impact):
    """Not what was done about it, nor that it is over."""
    assert tells_impact(sentence) is is_impact


def test_post_that_a_bot_quotes_is_read_like_one():
    """A mirror of a status page says whose words it has, and quotes them; people quote what they like."""
    told = find_post('dashboard: "Everything is back but us-central1. No estimate yet for it"', is_bot=True)
    led = find_post('posted to status page: "Monitoring - We failed over and see errors fall"', is_bot=True)

    assert (told.state, told.is_new) == (State.UPDATE, True)
    assert led.state is State.MONITORING
    assert find_post('dashboard: "Everything is back but us-central1"', is_bot=False) is None
    assert find_post('status page: "We continue to monitor the situation"', is_bot=True).is_new is False
