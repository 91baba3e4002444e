"""The target must still be the one of the dry run."""

import pytest

from fermata.kit.errors import GuardRefused
from fermata.rules.drift import refuse_drift


def test_unchanged_target_passes(build_action):
    """The version of the dry run is the version now."""
    refuse_drift(build_action(version="v1"), "v1")


@pytest.mark.parametrize(("version", "words"), [("v2", "v2 now"), ("", "unknown now")])
def test_changed_target_is_refused(build_action, version, words):
    """A target that moved since the dry run, or that cannot say its version, is not touched."""
    with pytest.raises(GuardRefused, match=f"version v1 then, {words}") as caught:
        refuse_drift(build_action(version="v1"), version)

    assert caught.value.rule == "drift"
    assert caught.value.facts["expected"] == "v1"
