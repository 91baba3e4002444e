import pytest
from tests.unit.flows.postmortem.talk import TALK, make_heard
from tests.unit.flows.stage import ALICE

from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.kit.errors import UserError


async def test_teams_own_template_is_used_wherever_a_draft_is_asked_for(tell, tmp_path):
    """The page and the chat draft with it as well; one that went missing is named, and nothing is drafted."""
    path = tmp_path / "own.md"
    path.write_text("# Ours: $heading\n\n$timeline\n")
    talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk, observer={"rooms": ["slack:C1"], "template": str(path)})

    drafted = await generate_postmortem(stage.context, incident_id, ALICE)
    named = await generate_postmortem(stage.context, incident_id, ALICE, "# By hand: $heading\n")
    path.unlink()

    assert drafted.postmortem.text.startswith("# Ours: ")
    assert named.postmortem.text.startswith("# By hand: ")
    with pytest.raises(UserError, match="cannot be read"):
        await generate_postmortem(stage.context, incident_id, ALICE)
