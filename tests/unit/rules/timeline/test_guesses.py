import pytest
from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.rules.timeline.guesses import is_premature, list_relapses, settle_guesses


def settle(*lines):
    """Return (by, guess) of each cause that was ruled out, and all that may not be told as fact."""
    found = settle_guesses(heard(*lines))
    pairs = [(item.by.message.id, item.guess.message.id if item.guess else None) for item in found.ruled_out]
    return pairs, found.withdrawn


def test_guess_is_taken_back_by_its_words_together_with_its_chorus():
    """Those who guessed the same are withdrawn with it; another guess is not."""
    pairs, withdrawn = settle(
        ("12:00", "ana", "I suspect the redis upgrade"),
        ("12:01", "bob", "probably redis, the upgrade was big"),
        ("12:02", "cy", "might be the kafka client"),
        ("12:05", "dee", "it's not redis, the upgrade went to staging only"),
    )

    assert pairs == [("m4", "m2")]
    assert withdrawn == {"m1", "m2", "m4"}


def test_guess_is_taken_back_in_its_thread():
    """In a thread nobody repeats what it is about."""
    pairs, _ = settle(
        ("12:00", "ana", "I suspect the kafka client"),
        ("12:01", "bob", "maybe the redis upgrade"),
        ("12:05", "dee", "ruled that out, versions are the same", "m1"),
    )

    assert pairs == [("m3", "m1")]


def test_scratch_that_means_what_its_author_said_last():
    """It takes back claims of any kind, but only one's own."""
    pairs, withdrawn = settle(
        ("12:00", "ana", "payments are failing with 502 errors too"),
        ("12:01", "bob", "checkout pods crash looping, 40% errors"),
        ("12:02", "ana", "scratch that, wrong dashboard"),
    )

    assert pairs == []  # It is not known whether that was a guess.
    assert withdrawn == {"m1", "m3"}


def test_guess_without_telling_words_is_taken_back_alone():
    """Where nothing tells what it was about, nobody else can have said the same."""
    pairs, withdrawn = settle(
        ("12:00", "ana", "could it be us?"),
        ("12:00", "ana", "maybe the deploy"),
        ("12:02", "ana", "scratch that"),
    )

    assert pairs == [("m3", "m2")]
    assert withdrawn == {"m2", "m3"}


def test_cause_that_nobody_guessed_is_ruled_out_all_the_same():
    """Excluding something is news even when nobody had named it; taking back nothing is none."""
    pairs, withdrawn = settle(("12:00", "ana", "it's not dns, resolvers answer"), ("12:30", "bob", "never mind"))

    assert pairs == [("m1", None)]
    assert withdrawn == {"m1", "m2"}


def test_end_that_did_not_hold_is_premature():
    """An end counts only when nobody says within the hour that it is back."""
    end, *later = heard(
        ("12:00", "ana", "errors are back to baseline"),
        ("12:01", "pager", "errors are climbing again"),
        ("12:02", "cy", "errors are back to normal"),
        ("12:10", "bob", "errors are climbing again"),
    )

    assert is_premature(end, list_relapses(later))
    assert not is_premature(end, list_relapses(later[:2]))


def test_relapse_hours_later_is_another_matter():
    """After an hour the end stands."""
    end, *later = heard(("12:00", "ana", "errors are back to baseline"), ("13:30", "bob", "errors are climbing again"))

    assert not is_premature(end, list_relapses(later))


def test_relapse_told_with_its_own_end_does_not_count():
    """Who says in one breath that it regressed and recovered tells of an end."""
    end, *later = heard(
        ("12:00", "ana", "errors are back to baseline"),
        ("12:10", "bob", "it regressed for a minute. All clear again"),
    )

    assert not is_premature(end, list_relapses(later))


def test_who_contrasts_two_causes_takes_back_the_one_they_had_named():
    """A contrast, power and not the kernel, takes back the kernel of whoever had said that it is."""
    pairs, withdrawn = settle(
        ("12:00", "ana", "kernel 6.6.41 again, the hosts reboot-loop"),
        ("12:01", "bob", "kernel panics on all hosts"),
        ("12:05", "ana", "power then, not kernel"),
    )

    assert pairs == [("m3", "m1")]
    assert withdrawn == {"m1", "m3"}


def test_who_says_no_by_name_takes_back_what_that_one_said():
    """What somebody is corrected in is no fact; what they did before is one, and so is what was said long ago."""
    said = ("12:00", "ana", "errors started with config 209")

    assert settle(said, ("12:04", "bob", "no ana, that's the merge at 12:01"))[1] == {"m1"}
    assert settle(said, ("12:04", "bob", "no cy, that's the merge at 12:01"))[1] == set()
    assert settle(said, ("12:14", "bob", "no ana, that's the merge at 12:01"))[1] == set()


def test_scratch_that_means_its_authors_guess_before_whatever_they_said_since():
    """What was said in between is no guess, and stands."""
    pairs, withdrawn = settle(
        ("12:00", "ana", "I suspect the redis upgrade"),
        ("12:01", "ana", "checkout pods crash looping, 40% errors"),
        ("12:02", "ana", "scratch that, wrong dashboard"),
    )

    assert pairs == [("m3", "m1")]
    assert withdrawn == {"m1", "m3"}


def list_withdrawn(*lines):
    """Return the numbers of the lines that may not be told as facts."""
    return {int(name[1:]) for name in settle_guesses(heard(*lines)).withdrawn}


def test_own_change_that_somebody_wonders_about_is_a_guess_once_it_is_denied():
    """Whoever denies it, and soon; a change that nobody denies stays a fact."""
    wonders = ("12:00", "luis", "i shipped planner 2.19 at 11:40. could it crash them?")
    softly = ("12:01", "agnes", "it can be my batching radius from 11:58, the solver is slow with it")
    denied = ("12:10", "luis", "robots talk to the broker directly, so not the planner")

    assert 1 in list_withdrawn(wonders, denied)
    assert 1 not in list_withdrawn(wonders, ("12:10", "luis", "robots talk to the planner directly"))
    assert 1 not in list_withdrawn(wonders, ("12:10", "pager", "[FIRING] not the planner"))
    assert 1 not in list_withdrawn(("12:00", "luis", "i shipped planner 2.19 at 11:40. fine"), denied)
    assert 1 not in list_withdrawn(wonders, ("17:00", "luis", "robots talk to the broker directly, so not the planner"))
    assert 1 in list_withdrawn(softly, ("12:05", "agnes", "solver 0.4 sec, normal. so no, not batching"))


def test_who_misread_something_means_what_shares_its_words():
    """Not what they said last."""
    misread = ("12:00", "wren", "newest doc in the index is 08:02 my time")
    between = ("12:02", "wren", "indexer pods restart every minute with timeouts")
    back = ("12:04", "wren", "ok the graph is right, i misread the doc")

    assert list_withdrawn(misread, between, back) == {1, 3}


def test_who_dated_a_start_is_corrected_by_name():
    """A start that is told is no action."""
    dated = ("12:00", "estelle", "started: deployed config 209 at 11:21, I checked in the forge")
    done = ("12:00", "estelle", "deployed config 209, rolled back the pods")
    corrects = ("12:04", "thiago", "no estelle, that's the merge. pods failed at 11:34")

    assert 1 in list_withdrawn(dated, corrects)
    assert 1 not in list_withdrawn(done, corrects)


def test_exclusion_of_one_word_is_of_the_guess_that_has_it():
    """In a short channel a word that everybody says may be all that names what is innocent."""
    pairs, _ = settle(
        ("12:00", "bob", "deployed orders v88, could be that"),
        ("12:01", "bob", "rolling back v88"),
        ("12:02", "bob", "v88 is gone, v87 live"),
        ("12:03", "cy", "v88 or not, 502 errors"),
        ("12:04", "bob", "so v88 is innocent"),
    )

    assert pairs == [("m5", "m1")]


def test_no_of_an_hour_later_answers_something_else():
    """Who begins with a no speaks of what was just said, or of its thread."""
    asked = ("12:00", "ana", "maybe the paypal gateway is the cause")

    assert settle(asked, ("13:09", "bob", "no paypal was fine"))[0] == [("m2", None)]
    assert settle(asked, ("12:05", "bob", "no paypal was fine"))[0] == [("m2", "m1")]
    assert settle(asked, ("13:09", "bob", "no paypal was fine", "m1"))[0] == [("m2", "m1")]


def test_stage_that_is_taken_back_by_its_name_did_not_hold():
    """Whoever sets the status back says that it is back; one that was never called is not taken back."""
    items = heard(
        ("12:30", "ana", "mitigated"),
        ("12:40", "bob", "reverting the status, errors in sydney only"),
        ("12:41", "bob", "changing the status page text"),
        ("12:50", "ana", "mitigated"),
        ("13:10", "bob", "changing the status back to started"),
        ("13:20", "ana", "not mitigated, still 9% errors"),
    )

    assert list_relapses(items) == [at("13:10"), at("13:20")]


@pytest.mark.parametrize("text", ["nvm found it", "never mind, got it", "found it, nvm", "nvm, found the dashboard"])
def test_who_found_what_they_looked_for_takes_back_no_fact(text):
    """It is their question that is done with."""
    _, withdrawn = settle(
        ("12:00", "ana", "checkout is down, errors for all customers"),
        ("12:02", "ana", text),
    )

    assert "m1" not in withdrawn


def test_who_got_it_wrong_takes_it_back():
    """That is no finding, whatever verb it is told with."""
    _, withdrawn = settle(
        ("12:00", "ana", "the cache eviction broke checkout"), ("12:02", "ana", "nvm, I got it wrong")
    )

    assert "m1" in withdrawn


def test_what_was_done_last_shields_what_was_told_before():
    """An action cannot be unsaid, and nobody knows what of it is meant; the report before it stands."""
    _, withdrawn = settle(
        ("12:00", "ana", "checkout is down, errors for all customers"),
        ("12:01", "ana", "rolled back checkout to v41"),
        ("12:02", "ana", "scratch that"),
    )

    assert withdrawn == {"m3"}
