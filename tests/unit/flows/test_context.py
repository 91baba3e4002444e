"""What flows are given: who is who in a channel, and which probe reads what."""

from dataclasses import replace

from fermata.domain.entity import Entity


def test_person_is_found_by_the_channels_own_handle(stage):
    """A handle counts in its channel only; unknown ones are nobody."""
    assert stage.context.find_person("console", "alice").id == "alice"
    assert stage.context.find_person("chat", "alice") is None
    assert stage.context.find_person("console", "mallory") is None


def test_probe_is_found_by_what_it_can_read(stage):
    """An entity that no probe handles has none."""
    assert stage.context.find_probe(Entity(system="rehearsal", kind="process", name="checkout")) is not None
    assert stage.context.find_probe(Entity(kind="service", name="checkout")) is None


def test_issue_is_no_cure(stage):
    """A ticket tells people; nothing that fails is mended by one."""
    context = stage.context
    both = dict.fromkeys(["supervisor.restart", "github.create_issue"], next(iter(context.actions.values())))

    assert replace(context, actions=both).cures == {"supervisor.restart"}
