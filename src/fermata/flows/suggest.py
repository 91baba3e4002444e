"""Asking a cheap model for an action, where a diagnosis stands and nobody names one.

Called by the analyst, once for an accepted diagnosis. What comes back is looked up as any suggestion is: an action of
the catalogue, on what was observed before any model was asked, with parameters of its schema. The dry run, the policy
and the hold come after it, as for any other; without an answer a person acts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from fermata.domain.action import ActionSpec
from fermata.domain.analysis import Prompt
from fermata.domain.diagnosis import ActionSuggestion, Diagnosis
from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, ModelRequest, TaskKind
from fermata.flows.asking_models import note_judgement, share_patience, tell_why
from fermata.flows.boundary import contain
from fermata.kit.errors import GuardRefused
from fermata.ports.model import ModelGateway, NoModelAnswered
from fermata.rules.acceptance import PLAN_SCHEMA, Judgement, drop_widened_targets, judge_plan
from fermata.rules.brief import PLANNING, compose_brief, compose_dropped
from fermata.rules.second_opinion import wants_plan
from fermata.rules.signatures import Case

_ANSWER_TOKENS = 600
"""Two actions with their parameters; reserved at its full price."""
_MOST_BAD_ANSWERS = 2
"""One, and one more after it was told what was wrong: a person acts as well, so that none dearer is asked for it."""
_LATE = (
    "No model chose an action within what the diagnosis left of its deadline (`analysis.deadline`, "
    "`analysis.deadline_critical`)."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of asking."""

    suggestions: tuple[ActionSuggestion, ...] = ()
    left_out: tuple[str, ...] = ()
    """Why there is none, or not all that was answered; empty when nothing fits."""
    attempts: tuple[Attempt, ...] = ()
    by: str = ""
    """`provider/model` that chose; empty when nobody answered."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Asks for actions."""

    gateway: ModelGateway
    prompt: Prompt
    specs: Mapping[str, ActionSpec]

    async def choose(
        self,
        case: Case,
        diagnosis: Diagnosis,
        *,
        first: Case,
        timeout_s: float,
        charged_to: IncidentId | None,
        dropped: Sequence[str] = (),
    ) -> Choice:
        """Return actions for the leading hypothesis, or why there are none. Never raises for a model's fault.

        Args:
            case: With what was gathered for models.
            first: As it was before any was asked: an action reaches no further.
            timeout_s: What is left of the analysis' deadline.
            charged_to: Whose budget pays.
            dropped: Why what was suggested before does not hold.
        """
        if timeout_s <= 0 or not wants_plan(first, diagnosis) or not self.gateway.can_ask(TaskKind.PLAN):
            return Choice()
        brief = compose_brief(case, diagnosis, self.specs, PLANNING, by="the diagnosis to act on")
        request = ModelRequest(
            kind=TaskKind.PLAN,
            prompt_name=self.prompt.name,
            prompt_digest=self.prompt.digest,
            instructions=self.prompt.text,
            content="\n\n".join(filter(None, (brief.text, compose_dropped(dropped)))),
            output_schema=PLAN_SCHEMA,
            max_output_tokens=_ANSWER_TOKENS,
            most_bad_answers=_MOST_BAD_ANSWERS,
            incident_id=charged_to,
            patience_s=share_patience(timeout_s),
        )

        async def work() -> Choice:
            async with asyncio.timeout(timeout_s):
                answer = await self.gateway.ask(request)
            found, told = judge_plan(answer.value, case, diagnosis, self.specs)
            # A second step that is dropped takes nothing from a first that stands.
            await note_judgement(self.gateway, answer, () if found else told)
            return self._frame(Choice(found, told, answer.attempts, answer.target), first, diagnosis)

        brought = await contain("choosing an action", lambda: _say_why_not(work))
        return brought.value or Choice(left_out=(f"No model chose an action: {brought.failure}.",))

    def _frame(self, choice: Choice, first: Case, diagnosis: Diagnosis) -> Choice:
        """Drop what only a model's own questions brought in."""
        leading = diagnosis.hypotheses[0].model_copy(update={"suggestions": choice.suggestions})
        framed = drop_widened_targets(Judgement(hypotheses=(leading,), left_out=choice.left_out), first, diagnosis)
        return replace(choice, suggestions=framed.hypotheses[0].suggestions, left_out=framed.left_out)


async def _say_why_not(work: Callable[[], Awaitable[Choice]]) -> Choice:
    try:
        return await work()
    except TimeoutError:
        return Choice(left_out=(_LATE,))
    except NoModelAnswered as error:
        why = (f"No model chose an action: {tell_why(error)}.",)
        return Choice(left_out=why, attempts=tuple(error.attempts))
    except GuardRefused as error:
        return Choice(left_out=(f"No model was asked for an action: {error.what} ({error.why}).",))
