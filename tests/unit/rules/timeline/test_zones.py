from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fermata.rules.timeline.zones import find_zone

PLACES = {"kathmandu": ZoneInfo("Asia/Kathmandu")}


@pytest.mark.parametrize(
    ("behind", "key"),
    [
        (" pacific", "America/Los_Angeles"),
        (" PT", "America/Los_Angeles"),
        (" eastern, i think", "America/New_York"),
        (" sharp, redmond time", "America/Los_Angeles"),
        (" zurich time", "Europe/Zurich"),
        (" in paris", "Europe/Paris"),
        (" our (Berlin) time", "Europe/Berlin"),
        (" danish time", "Europe/Copenhagen"),
        (" London time", "Europe/London"),
        (" helsinki time", "Europe/Helsinki"),
        (" tokyo time", "Asia/Tokyo"),
        (" indian time", "Asia/Kolkata"),
        (" kathmandu time", "Asia/Kathmandu"),
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        datetime(2026, 1, 15, 12, tzinfo=UTC),
        datetime(2026, 3, 7, 12, tzinfo=UTC),
        datetime(2026, 3, 9, 12, tzinfo=UTC),
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 30, 12, tzinfo=UTC),
        datetime(2026, 7, 2, 12, tzinfo=UTC),
        datetime(2026, 10, 24, 12, tzinfo=UTC),
        datetime(2026, 10, 26, 12, tzinfo=UTC),
        datetime(2026, 10, 31, 12, tzinfo=UTC),
        datetime(2026, 11, 2, 12, tzinfo=UTC),
    ],
)
def test_place_behind_a_time_of_day_is_whose_it_is(behind, key, said):
    """By the place's law of that season, or by where in the channel somebody lives."""
    zone = find_zone(behind, said, PLACES)

    assert said.astimezone(zone).utcoffset() == said.astimezone(ZoneInfo(key)).utcoffset()


@pytest.mark.parametrize(
    "behind",
    [
        *(
            "",
            " today",
            " kathmandu",
            " berlin is down",
            " in production",
            " on the central cluster",
            ". pacific",
            " time",
        ),
        *(" central db went down", " pacific region failed over", " in singapore all pods died", " in london region"),
        *(" et on a redemarre", " et 15:00", " pt 2 of the migration ran"),
    ],
)
def test_word_that_names_no_place_leaves_the_zone_open(behind):
    """A city is named beside a time of day for many reasons."""
    assert find_zone(behind, datetime(2026, 7, 2, 12, tzinfo=UTC), PLACES) is None
