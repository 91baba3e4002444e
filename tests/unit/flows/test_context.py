"""What flows are given: who is who in a channel, and which probe reads what."""

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
