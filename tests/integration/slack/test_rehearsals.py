"""A rehearsal in a strict Slack: its card is taken whole, with its buttons, and follows what becomes of it."""

from fermata.domain.held_experiment import ExperimentState
from fermata.flows.experiments.cards import compose_card
from fermata.testing.experiments import make_held, make_result

KEY = "exp-1"


async def test_card_of_a_rehearsal_is_one_message_from_its_proposal_to_its_verdict(space, channel):
    """The buttons carry the experiment where those of a plan carry its incident."""
    waiting = compose_card(make_held(preview="ttl_s: 3"))
    done = compose_card(make_held(state=ExperimentState.DONE, verdict="collapsed"), make_result())

    receipt = await channel.deliver(waiting, key=KEY, receipt=None)
    (asked,) = space.list_cards()
    buttons = str(asked.blocks)
    again = await channel.deliver(done, key=KEY, receipt=receipt)
    (shown,) = space.list_cards()

    assert "exp-1:" in buttons
    assert "exp-1:" not in str(shown.blocks)
    assert "collapsed" in str(shown.blocks)
    assert again
