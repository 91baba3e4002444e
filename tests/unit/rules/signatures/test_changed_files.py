"""A file that was changed without a commit is blamed where the process fails over it, and asked about elsewhere."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.diagnosis import Verdict
from fermata.domain.facts import NamedFile

PATH = "/srv/shop/shop.toml"
MINUTE = timedelta(minutes=1)


def change_file(scene, *, ago=5 * MINUTE, started=None, phase="running"):
    """Say that the settings of checkout were changed then."""
    lines = [f"checkout is {phase}", f"its command names {PATH}, which was changed last"]
    files = (NamedFile(path=PATH, changed_at=ONSET - ago),)
    return scene.state(phase, lines=lines, files=files, **({"started_at": started} if started else {}))


def say(scene, text, ago=MINUTE):
    """Let checkout fail in these words."""
    return scene.logs([f"{ONSET - ago:%Y-%m-%dT%H:%M:%SZ} ERROR {text}"])


def list_causes(scene):
    """Return what is diagnosed."""
    return [one.cause for one in scene.diagnose().hypotheses]


def test_file_that_a_process_fails_over_is_named_with_when_it_was_changed(scene):
    """No history knows who edited a file on the machine; when it was, the file system does."""
    (found,) = say(change_file(scene), f"cannot read {PATH}: invalid value for workers").diagnose().hypotheses

    assert (found.cause, found.confidence) == ("named_file_changed", 0.7)
    assert "which was changed at 09:46:00 UTC, after checkout was started at 07:52:00" in found.text
    assert "no commit that is known did it" in found.text
    assert [one.quote for one in found.citations][1].startswith(f"its command names {PATH}")
    assert "/srv/shop/shop.toml" in found.person_must


def test_file_that_was_changed_before_a_process_does_not_start_any_more_is_named(scene):
    """It is read anew with each start."""
    say(change_file(scene, phase="crash_loop"), "shop.toml: unknown key wokers")

    assert list_causes(scene)[0] == "named_file_changed"


def test_file_that_declares_a_unit_is_asked_about_as_what_it_is(scene):
    """Its command does not name it, and a line that begins with the unit's name, as the file's, is not over it."""
    path = "/etc/systemd/system/checkout.service"
    files = (NamedFile(path=path, changed_at=ONSET - 5 * MINUTE, is_declaration=True),)
    scene.state("crash_loop", lines=["checkout.service is failed"], files=files)

    found = say(scene, "checkout.service: PaymentError: declined").diagnose()

    check = found.checks[0]
    assert found.verdict is Verdict.UNDETERMINED
    assert check.startswith(f"Look at what was changed in {path}")
    assert "it says how checkout is started, and no commit that is known did it" in check


@pytest.mark.parametrize("text", ["PaymentError: declined", "cannot read other-shop.toml.bak"])
def test_file_that_no_failure_names_is_asked_about_only(scene, text):
    """That it was changed near the onset is no evidence against it."""
    found = say(change_file(scene), text).diagnose()

    assert found.verdict is Verdict.UNDETERMINED
    assert found.checks[0].startswith(f"Look at what was changed in {PATH} at 09:46:00 UTC, after checkout was started")


@pytest.mark.parametrize(
    ("text", "is_named"), [("invalid config value for workers", False), ("/etc/shop/config: invalid value", True)]
)
def test_file_that_is_called_like_a_common_word_is_named_by_its_path_only(scene, text, is_named):
    """`--config /etc/shop/config`: half of all failures speak of a config."""
    files = (NamedFile(path="/etc/shop/config", changed_at=ONSET - 5 * MINUTE),)
    say(scene.state("running", files=files), text)

    assert ("named_file_changed" in list_causes(scene)) is is_named


def test_file_that_a_known_commit_touched_is_left_to_that(scene):
    """The commit's diff says what was changed."""
    say(change_file(scene), "cannot read shop.toml: invalid value for workers")
    scene.change("abc1234", {"shop.toml": [3]})

    assert "named_file_changed" not in list_causes(scene)
    assert not any(PATH in check for check in scene.diagnose().checks)


@pytest.mark.parametrize("ago", [timedelta(hours=2), -3 * MINUTE])
def test_file_that_was_changed_long_before_or_since_is_none(scene, ago):
    """A mend comes after the onset."""
    say(change_file(scene, ago=ago), "cannot read shop.toml: invalid value for workers")

    assert "named_file_changed" not in list_causes(scene)
    assert not any(PATH in check for check in scene.diagnose().checks)


def test_failure_from_before_the_change_acquits_the_file(scene):
    """It was refused so before."""
    text = "cannot read shop.toml: invalid value for workers"
    stamps = [f"{ONSET - ago * MINUTE:%Y-%m-%dT%H:%M:%SZ} ERROR {text}" for ago in (8, 1)]
    change_file(scene).logs(stamps)

    assert "named_file_changed" not in list_causes(scene)


@pytest.mark.parametrize(("started", "is_asked"), [(4 * MINUTE, False), (MINUTE, True)])
def test_file_that_a_run_went_well_with_is_not_asked_about(scene, started, is_asked):
    """It was started with what the file holds now, and minutes passed before the trouble."""
    found = say(change_file(scene, started=ONSET - started), "PaymentError: declined", ago=MINUTE / 2).diagnose()

    assert any(PATH in check for check in found.checks) is is_asked
