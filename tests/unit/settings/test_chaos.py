"""Nothing may be broken anywhere until the settings say where, how far and when."""

from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from fermata.domain.sandbox import RunLimits
from fermata.kit.errors import UserError
from fermata.rules.slots import Slot
from fermata.settings import load_settings
from fermata.settings.chaos import ChaosSettings, SlotSettings


def test_nothing_said_is_nowhere():
    """The defaults are the rules' own, and allow no place."""
    limits = ChaosSettings().build()

    assert limits == RunLimits()
    assert limits.namespaces == limits.targets == ()


def test_every_limit_reaches_the_rules():
    """What is written is what is judged by."""
    values = {
        "namespaces": ("shop-staging",),
        "targets": ("checkout->payment",),
        "longest": timedelta(minutes=1),
        "longest_lease": timedelta(seconds=10),
        "max_percent": 10,
        "sandbox_label": "a=b",
        "production_words": ("prod",),
    }

    assert ChaosSettings(**values).build() == RunLimits(**values)


@pytest.mark.parametrize(
    "changes",
    [
        {"longest": "2h"},
        {"longest": "0s"},
        {"longest_lease": "16m"},
        {"max_percent": 0},
        {"max_percent": 101},
        {"sandbox_label": "allowed"},
        {"sandbox_label": ""},
        {"namespaces": ("",)},
        {"production_word": ("prod",)},
    ],
)
def test_limit_beyond_reason_is_refused(changes):
    """A cap that caps nothing, and a key that nobody reads."""
    with pytest.raises(ValidationError):
        ChaosSettings(**changes)


def test_slot_is_written_as_a_day_and_a_time():
    """As rules take it; a bare number is no time of day."""
    slot = SlotSettings(weekday="tuesday", begins="10:00", lasts="1h").build()

    assert slot == Slot(weekday=1, begins=time(10), lasts=timedelta(hours=1))
    with pytest.raises(ValidationError, match="10 is no time of day"):
        SlotSettings(weekday="tuesday", begins=10)


def test_announcement_to_nobody_is_refused(tmp_path):
    """A channel that no section configures would never show a card."""
    file = tmp_path / "fermata.yaml"
    file.write_text("chaos: {announce: ['slack:C0123']}\n")

    with pytest.raises(UserError, match=r"chaos\.announce names slack, and there is no such section"):
        load_settings(file, {})
