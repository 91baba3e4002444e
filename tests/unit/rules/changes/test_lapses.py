"""Credentials that ended or were replaced, and caches that were emptied."""

import pytest

from fermata.rules.changes.lapses import find_credential, find_emptied_cache

ENDED = "ERROR parcels answered 401: API token t-1 expired at 2026-05-20T11:57:00Z"
REFUSED = "ERROR order # not saved: FATAL: password authentication failed for user shop"
ROTATED = "INFO database: rotated static role password: name=shop"
SLOW = "ERROR query took #ms, pool timeout"


def test_credential_that_expired_is_found_by_its_one_end(incident):
    """All failures name the same end: it is one credential of ours, not each user's."""
    incident.calm("shop").log("shop", (-3, 30, ENDED))

    (found,) = find_credential(incident.read())

    assert (found.cause, found.service, found.confidence) == ("credential_expired", "shop", 0.9)
    assert "expired" in found.quotes[0].text


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("ERROR session of u#: token expired", 30),
        ("ERROR token of u# expired at 2026-05-20T11:57:00Z", 30),
        (ENDED, 2),
        ("ERROR certificate of attendance # expired in queue", 30),
    ],
    ids=["no end", "another user's each", "too few", "another thing"],
)
def test_what_is_no_credential_of_ours_is_not_found(incident, line, count):
    """Tokens of users end all the time."""
    incident.calm("shop").log("shop", (-3, count, line))

    assert list(find_credential(incident.read())) == []


def test_key_of_a_party_is_one_credential_without_any_date(incident):
    """There is one of it, so that nothing has to say which."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR maps: your API key has expired"))

    (found,) = find_credential(incident.read())

    assert found.text.startswith("A credential has expired;")


@pytest.mark.parametrize(
    "rotated",
    [
        ROTATED,
        "INFO setSecret: Successfully set password for user app in PostgreSQL DB for secret arn arn:aws:sm:prod/app.",
        "INFO finishSecret: Successfully set AWSCURRENT stage to version 77 for secret prod/app.",
        "INFO statement: ALTER ROLE app WITH PASSWORD '***'",
    ],
)
def test_password_that_was_replaced_is_found_before_the_refusals(incident, rotated):
    """Both lines are quoted: who replaced it, and who was refused."""
    incident.calm("shop").log("vault", (-110, 3, "INFO lease renewed"), (-4, 1, rotated)).log("shop", (-3, 30, REFUSED))

    (found,) = find_credential(incident.read())

    assert (found.confidence, found.service) == (0.85, "shop")
    assert [quote.text.split(" ", 1)[1][:5] for quote in found.quotes] == ["INFO ", "ERROR"]


@pytest.mark.parametrize(
    ("rotated", "line"),
    [((-50, ROTATED), REFUSED), ((-4, ROTATED), "ERROR boom"), ((-4, "INFO rotated the log"), REFUSED)],
    ids=["long before", "nobody is refused", "another rotation"],
)
def test_refusals_that_no_rotation_explains_are_left_to_others(incident, rotated, line):
    """A log that is rotated is no password."""
    at, text = rotated
    incident.calm("shop").log("vault", (-110, 3, "INFO lease renewed"), (at, 1, text)).log("shop", (-3, 30, line))

    assert list(find_credential(incident.read())) == []


@pytest.mark.parametrize(("kinds", "service"), [({"sessions": "cache"}, "sessions"), ({}, "cache-1")])
def test_cache_that_was_restarted_as_it_began_is_found(incident, kinds, service):
    """What it held is asked of the store behind it, which is slow since."""
    incident.calm("shop").calm("cache-1", "INFO hit").log("shop", (-3, 60, SLOW), (-3, 60, "INFO cache miss for #"))
    incident.log("cache-1", (-4, 1, "systemd[1]: Stopped memcached.service - memcached daemon."))
    incident.graph("shop>sessions", **kinds) if kinds else None

    (found,) = find_emptied_cache(incident.read())

    assert (found.cause, found.service, len(found.quotes)) == ("cache_emptied", service, 2)


@pytest.mark.parametrize(
    ("at", "text", "line"),
    [
        (-4, "systemd[1]: Stopped memcached.service", "ERROR boom"),
        (-40, "systemd[1]: Stopped memcached.service", SLOW),
        (-4, "systemd[1]: Stopped apt-daily.service", SLOW),
        (-4, "memcached: slab 3 is full", SLOW),
    ],
    ids=["nothing is asked for more", "long before", "another unit", "no restart"],
)
def test_what_empties_no_cache_is_not_found(incident, at, text, line):
    """Units start and stop all day."""
    incident.calm("shop").calm("host", "INFO ok").log("shop", (-3, 60, line)).log("host", (at, 1, text))

    assert list(find_emptied_cache(incident.read())) == []
