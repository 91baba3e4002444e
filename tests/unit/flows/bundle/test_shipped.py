"""What ships is held against what the integrations offer."""

from tests.unit.flows.bundle.test_diagnose import SECTIONS, list_answers

from fermata.flows.bundle.diagnose import SHIPPED_ACTIONS
from fermata.flows.bundle.shipped import SHIPPED_SPECS
from fermata.integrations import resolve_system
from fermata.kit.clock import SystemClock


def test_shipped_specs_are_those_of_the_integrations():
    """Names, risks and parameters to the letter, and none is missing but the follow-ups, which answer no fault."""
    offered = {}
    for name, section in SECTIONS.items():
        system = resolve_system(name)
        built = system(system.Settings.model_validate(section), SystemClock())
        offered |= {action.spec.name: action.spec for action in list_answers(built)}

    assert {name: spec.to_json() for name, spec in SHIPPED_SPECS.items()} == {
        name: spec.to_json() for name, spec in offered.items()
    }
    assert set(SHIPPED_SPECS) == SHIPPED_ACTIONS
