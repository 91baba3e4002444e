"""Which system and which form an experiment is written in."""

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment

from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.validation import find_system
from fermata.rules.chaosspecs.writing import SYSTEMS, Form, write_spec


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_gets_its_own_document(system):
    """And is known again by it."""
    assert find_system(write_spec(make_experiment(system=system))) == system


@pytest.mark.parametrize(("form", "kind"), [(Form.WORKFLOW, "Workflow"), (Form.SCHEDULE, "Schedule")])
def test_chaos_mesh_has_two_forms_more(form, kind):
    """Others have the fault alone."""
    assert write_spec(make_experiment(), form, cron="0 10 * * 2")["kind"] == kind
    with pytest.raises(UserError, match=f"gremlin has no {form.value}"):
        write_spec(make_experiment(system="gremlin"), form)


def test_unknown_system_is_refused():
    """With those that are known."""
    with pytest.raises(UserError, match="Known are chaosmesh, gremlin"):
        write_spec(make_experiment(system="litmus"))
