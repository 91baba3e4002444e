"""What an answer that is none is called: whoever reads it has to know whom to look at."""

import pytest
from pydantic_ai.messages import ModelResponse, TextPart

from fermata.domain.model import AttemptOutcome
from fermata.models.calling import BadAnswer, refuse_broken


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"refusal": "I'm sorry, I can't."}, "the model declined to answer: \"I'm sorry, I can't.\""),
        ({"finish_reason": "refusal"}, "the model declined to answer"),
        ({"finish_reason": "content_filter"}, "the provider's content filter cut the answer off"),
        (None, "the provider's content filter cut the answer off"),
    ],
)
def test_model_that_declines_is_told_from_a_filter(details, why):
    """One is changed by another prompt or model, the other one by the provider's settings."""
    response = ModelResponse(parts=[TextPart("{")], finish_reason="content_filter", provider_details=details)

    with pytest.raises(BadAnswer) as caught:
        refuse_broken(response)

    assert (str(caught.value), caught.value.outcome) == (why, AttemptOutcome.REFUSED)


def test_long_refusal_is_cut_behind_its_secrets():
    """It may repeat the prompt."""
    said = "no, password=correct-horse-battery " + "x" * 500
    response = ModelResponse(parts=[], finish_reason="content_filter", provider_details={"refusal": said})

    with pytest.raises(BadAnswer) as caught:
        refuse_broken(response)

    assert "correct-horse" not in str(caught.value)
    assert len(str(caught.value)) < 180


def test_end_by_an_error_is_the_providers_doing():
    """OpenRouter's own word for it, which the adapter takes for no end at all; half an answer says nothing then."""
    response = ModelResponse(parts=[TextPart('{"a')], provider_details={"finish_reason": "error"})

    with pytest.raises(BadAnswer, match="ended the answer with an error") as caught:
        refuse_broken(response)

    assert caught.value.outcome is AttemptOutcome.OVERLOADED
