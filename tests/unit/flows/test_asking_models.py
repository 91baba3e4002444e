"""Asking about several briefs at once: in their order, within one deadline, and never raising for a model."""

from datetime import timedelta

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, nobody

from fermata.domain.analysis import Prompt
from fermata.domain.model import ModelRequest, TaskKind, Tier
from fermata.flows.asking_models import Course, Round, ask_each, choose_next, share_patience
from fermata.rules.brief import SMALL


def write(brief):
    """Make a request about a brief."""
    return ModelRequest(
        kind=TaskKind.PARSE, prompt_name="p", prompt_digest="d", instructions="Read.", content=brief, output_schema={}
    )


def read(brief, answer):
    """Accept words; refuse the rest."""
    return (answer.value, ()) if isinstance(answer.value, str) else (None, [f"nothing about {brief}", "no words"])


async def ask(*steps, briefs=("one", "two", "three")):
    """Ask a script; give what was read and the course."""
    course = Round()
    gateway = ScriptedGateway(*steps)
    found = await ask_each(gateway, briefs, write=write, read=read, course=course, deadline=timedelta(milliseconds=50))
    return found, course


async def test_answers_come_in_the_order_of_the_briefs_and_refused_ones_are_left_out():
    """Each fault is told with who said it, and what was tried is counted whatever became of it."""
    found, course = await ask("first", 2, "third")

    assert found == [("one", "first"), ("three", "third")]
    assert course.refusals == ["acme/high: nothing about two", "acme/high: no words"]
    assert (course.answers, course.target, str(course.cost_usd)) == (3, "acme/high", "0.03")


async def test_answers_about_each_brief_are_noted():
    """One that cannot be read did not stand."""
    gateway = ScriptedGateway("first", 2)

    await ask_each(gateway, ["a", "b"], write=write, read=read, course=Round(), deadline=timedelta(seconds=1))

    assert gateway.faults == ["", "nothing about b"]


async def test_what_was_answered_before_the_deadline_stays():
    """One that hangs costs its own answer only."""
    found, course = await ask("first", "hang", "third")

    assert [brief for brief, _ in found] == ["one", "three"]
    assert course.refusals == ["No answer within 50ms (`analysis.deadline`)."]


async def test_models_are_told_how_long_they_have():
    """A little less than the deadline, so that a call that is given up still says who was asked and what it cost."""
    gateway = ScriptedGateway("first")

    await ask_each(gateway, ["one"], write=write, read=read, course=Round(), deadline=timedelta(seconds=20))

    assert [request.patience_s for request in gateway.requests] == [19]


def test_nothing_left_is_a_moment():
    """A request cannot wait for less than nothing."""
    assert share_patience(-3) > 0


async def test_models_that_fail_leave_nothing_and_say_why():
    """Whether nobody answered or the gateway itself broke; nobody is asked twice."""
    nothing, quiet = await ask(nobody(), briefs=("one",))
    broken, loud = await ask(RuntimeError("boom"), briefs=("one",))

    assert nothing == broken == []
    assert quiet.refusals == ["No model answered: acme/sage is unreachable."]
    assert len(quiet.attempts) == 1
    assert loud.refusals[0].startswith("Asking a model failed: it crashed (RuntimeError)")


@pytest.mark.parametrize(("tier", "next_tier"), [(Tier.MEDIUM, Tier.HIGH), (Tier.HIGH, Tier.HIGH)])
async def test_who_was_refused_twice_is_passed_over(tier, next_tier):
    """A dearer one is asked, or another one of the tier; nobody is where that was the last."""
    prompt = Prompt(name="p", text="Read.")
    course = Course(prompt=prompt, deadline=timedelta(seconds=1), size=SMALL, charged_to=None)

    class Two(ScriptedGateway):
        """Two targets, whatever they are called."""

        def can_ask(self, kind, passed_over=()):
            """Answer whether one is left."""
            return len(passed_over) < 2

    given = await Two("x").ask(write("one"))

    def refuse(target):
        answer = given.model_copy(update={"target": target, "tier": tier})
        return choose_next(Two(), TaskKind.DIAGNOSE, course, answer, ["wrong"]), course.tier, course.passed_over

    assert refuse("acme/one") == (True, tier, ())
    assert refuse("acme/one") == (True, next_tier, ("acme/one",))
    assert course.reasons == ()
    assert refuse("acme/two") == (False, next_tier, ("acme/one", "acme/two"))
