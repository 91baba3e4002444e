import pytest

from fermata.rules.timeline.mentions import blames_stranger, resolve_mentions

NAMES = {"ana", "Ana Maria Lopez", "Marek Z"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("@Ana Maria Lopez restarted the primary", "Ana Maria Lopez restarted the primary"),
        ("Declaring SEV2, @Marek Z you take comms", "Declaring SEV2, Marek Z you take comms"),
        ("declaring SEV2, @U02ABC you take comms", "declaring SEV2, U02ABC you take comms"),
        ("rolled back by @ana.", "rolled back by ana."),
        ("@ana and @Marek Z are on the call", "ana and Marek Z are on the call"),
        ("@ana's on the call", "ana's on the call"),
        ("paging @sre-oncall", "paging sre-oncall"),
    ],
)
def test_mention_that_is_said_of_somebody_keeps_the_whole_name(text, line):
    """Who did it or is to do it is what the line is about."""
    assert resolve_mentions(text, NAMES) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("@Ana Maria Lopez: the pool is full", " the pool is full"),
        ("@ana the pool is full", " the pool is full"),
        ("hey @ana, the pool is full", "hey  the pool is full"),
        ("the pool is full, @ana", "the pool is full, "),
        ("the pool is full cc @ana @Marek Z", "the pool is full"),
        ("rolled back, thanks @ana!", "rolled back, thanks !"),
        ("<@U12> <!here> @here @channel: the pool is full", "    the pool is full"),
    ],
)
def test_mention_that_only_calls_somebody_is_left_out(text, line):
    """The timeline is addressed to nobody."""
    assert resolve_mentions(text, NAMES) == line


@pytest.mark.parametrize("text", ["the pool is full", "upgraded @types/node to 20", "ops@acme.io got the mail"])
def test_what_mentions_nobody_stays(text):
    """Packages and addresses hold the same sign."""
    assert resolve_mentions(text, NAMES) == text


def test_stranger_is_not_blamed_either():
    """Whose name is not known has no less of a name."""
    assert blames_stranger("@U02ABC forgot to run the migration", NAMES)
    assert not blames_stranger("@U02ABC restarted the primary", NAMES)
    assert not blames_stranger("@ana restarted the primary", NAMES)
    assert not blames_stranger("the pool is full", NAMES)
